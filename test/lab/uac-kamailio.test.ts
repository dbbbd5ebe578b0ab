import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { selfSigned } from './servers/certificate.js'
import { type KamailioPlace, type RunningKamailio, startKamailio } from './servers/kamailio.js'
import { REGISTRAR } from './servers/kamailio-registrar.js'
import { installPackages } from './servers/packages.js'
import { choosePort } from './servers/ports.js'
import { isBound, waitUntil } from './servers/wait.js'
import { describeLab } from './support/lab.js'
import { type Ended, Program, pbxkit, scratchFile, scratchFolder } from './support/program.js'

/** The registrar with TLS, which its user `sipp` reaches at a port of loopback. */
function config(certificates: string, sippPort: number) {
  return (place: KamailioPlace) =>
    REGISTRAR(place)
      .replace('mpath=', `enable_tls=yes\nlisten=tls:127.0.0.1:${place.tlsPort}\nmpath=`)
      // Kamailio 5.6 speaks TLS 1.0 and nothing else unless it is told.
      .replace(
        'loadmodule "ctl.so"',
        `loadmodule "ctl.so"
loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "${certificates}/self-signed.crt")
modparam("tls", "private_key", "${certificates}/self-signed.key")`
      )
      .replace(
        '  if (!lookup("location"))',
        `  if ($rU == "sipp") { $du = "sip:127.0.0.1:${sippPort}"; record_route(); t_relay(); exit; }\n$&`
      )
}

/** Answers a call, echoes the routes as SIPp's own uas does not, and wants its BYE. */
const answeringScenario = `<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="answers, and wants a BYE">
  <recv request="INVITE" rrs="true"/>
  <send><![CDATA[
SIP/2.0 180 Ringing
[last_Via:]
[last_Record-Route:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
Content-Length: 0

]]></send>
  <send retrans="500"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_Record-Route:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 6000 RTP/AVP 0
a=inactive
]]></send>
  <recv request="ACK"/>
  <recv request="BYE"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
`

await describeLab(
  'uac options and uac send with Kamailio 5.6 and SIPp',
  () => {
    let kamailio: RunningKamailio
    let sippPort: number
    let ca: string
    let password: string

    beforeAll(async () => {
      const certificates = scratchFolder('tls')
      await selfSigned(certificates)
      ca = path.join(certificates, 'self-signed.crt')
      password = scratchFile('password', 'pw-alice\n')
      sippPort = await choosePort(undefined, new Set())
      kamailio = await startKamailio({ name: 'uac', config: config(certificates, sippPort) })
    })

    afterAll(() => kamailio?.stop())

    const login = () => ['--auth-user', 'alice', '--auth-password-file', password]
    const ways = () => [
      `sip:127.0.0.1:${kamailio.port}`,
      `sip:127.0.0.1:${kamailio.port};transport=tcp`,
      `sip:localhost:${kamailio.tlsPort};transport=tls`,
      `sips:localhost:${kamailio.tlsPort}`
    ]

    function expectDone({ status, stderr }: Ended): void {
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    }

    /** A SIPp that plays one call; its own exit status says whether all came as the scenario wants. */
    async function sipp(scenario: string[], port: number): Promise<Program> {
      const words = ['-i', '127.0.0.1', '-p', String(port), '-m', '1', '-nostdin', '-timeout', '20', '-timeout_error']
      const program = new Program([...scenario, ...words], { command: ['sipp'] })
      onTestFinished(() => program.kill('SIGKILL'))
      expect(await waitUntil(() => isBound(port), 10_000)).toBe(true)
      return program
    }

    it('pings it over UDP, TCP and TLS', async () => {
      for (const uri of ways()) {
        const ended = await pbxkit(['uac', 'options', uri, '--tls-ca', ca, '--count', '3', '--interval', '10ms'])
        expectDone(ended)
        expect(ended.stdout.toString()).toContain('3 sent, 3 answered, 0% loss')
      }
    })

    it('refuses a certificate that nobody vouches for, or of another name, and takes a pinned one', async () => {
      const uri = `sip:localhost:${kamailio.tlsPort};transport=tls`
      const untrusted = await pbxkit(['uac', 'options', uri])
      expect(untrusted.status).toBe(69)
      expect(untrusted.stdout.toString()).toContain('is not trusted')
      const elsewhere = ['--resolve', `pbx.example.org:${kamailio.tlsPort}:127.0.0.1`]
      const misnamed = await pbxkit(['uac', 'options', `sips:pbx.example.org:${kamailio.tlsPort}`, '--tls-ca', ca, ...elsewhere])
      expect(misnamed.status).toBe(69)
      const pin = `sha256:${new X509Certificate(readFileSync(ca)).fingerprint256}`
      expectDone(await pbxkit(['uac', 'options', `sips:pbx.example.org:${kamailio.tlsPort}`, '--tls-pin', pin, ...elsewhere]))
    })

    it('registers with a digest over UDP, TCP and TLS, and takes the bindings back', async () => {
      for (const uri of ways()) {
        const flags = ['--from', 'sip:alice@127.0.0.1', '--tls-ca', ca, ...login()]
        const ended = await pbxkit(['uac', 'send', 'REGISTER', uri, ...flags, '--expires', '60', '--show', 'headers'])
        expectDone(ended)
        expect(ended.stdout.toString()).toMatch(/^Contact: .*expires=60$/m)
        const gone = await pbxkit([
          'uac',
          'send',
          'REGISTER',
          uri,
          ...flags,
          '-H',
          'Contact: *',
          '--expires',
          '0',
          '--show',
          'headers'
        ])
        expectDone(gone)
        expect(gone.stdout.toString()).not.toMatch(/^Contact:/m)
      }
    })

    it('says 77 for a wrong password, and asks only once', async () => {
      const wrong = scratchFile('wrong', 'no\n')
      const flags = ['--auth-user', 'alice', '--auth-password-file', wrong, '--trace']
      const { status, stderr } = await pbxkit(['uac', 'send', 'REGISTER', `sip:127.0.0.1:${kamailio.port}`, ...flags])
      expect(status).toBe(77)
      expect(stderr.match(/──▶/g)).toHaveLength(2)
      expect(stderr).toContain('the password, or the user, is wrong')
    })

    it('gets a MESSAGE through it to a phone, which has bound a port of its own', async () => {
      const phonePort = await choosePort(undefined, new Set([sippPort]))
      const phone = await sipp(['-sf', messageScenario()], phonePort)
      const bob = scratchFile('bob', 'pw-bob\n')
      const registrar = `sip:127.0.0.1:${kamailio.port}`
      const registering = ['--auth-user', 'bob', '--auth-password-file', bob, '--contact', `<sip:bob@127.0.0.1:${phonePort}>`]
      expectDone(await pbxkit(['uac', 'send', 'REGISTER', registrar, ...registering]))
      const ended = await pbxkit([
        'uac',
        'send',
        'MESSAGE',
        `sip:bob@127.0.0.1:${kamailio.port}`,
        '--body',
        'Hello Bob',
        ...login()
      ])
      expectDone(ended)
      expect(ended.stdout.toString()).toMatch(/^200 OK /)
      expect((await phone.end()).status).toBe(0)
      const unknown = await pbxkit(['uac', 'send', 'MESSAGE', `sip:nobody@127.0.0.1:${kamailio.port}`, '--body', 'x', ...login()])
      expect({ status: unknown.status, line: unknown.stdout.toString().slice(0, 14) }).toEqual({
        status: 1,
        line: '404 Not Found '
      })
    })

    it('calls SIPp through it: challenged, answered, acknowledged and ended by the recorded route', async () => {
      const phone = await sipp(['-sf', scratchFile('uas.xml', answeringScenario)], sippPort)
      const flags = [...login(), '--bye-after', '200ms', '--json', '--quiet']
      const ended = await pbxkit(['uac', 'send', 'INVITE', `sip:sipp@127.0.0.1:${kamailio.port}`, ...flags])
      expectDone(ended)
      expect(JSON.parse(ended.stdout.toString())).toMatchObject({ status: 200, call: { endedBy: 'us', forks: 0, bye: 200 } })
      expect((await phone.end()).status).toBe(0)
    })

    it('finds the proxy by Max-Forwards', async () => {
      const { status, stdout } = await pbxkit(['uac', 'options', `sip:a@127.0.0.1:${kamailio.port}`, '--traceroute'])
      expect(status).toBe(0)
      expect(stdout.toString()).toMatch(/^ {2}1 {2}483 Too Many Hops .*\n {2}2 {2}200 OK from 127\.0\.0\.1:/)
    })

    it('is led to it by NAPTR and SRV of a name server, past a server that is not there', async () => {
      await installPackages(['dnsmasq-base'])
      const taken = new Set([sippPort])
      const [dns, dead] = [await choosePort(undefined, taken), await choosePort(undefined, taken)]
      const records = [
        '--naptr-record=lab.test,10,10,s,SIP+D2T,,_sip._tcp.lab.test',
        `--srv-host=_sip._tcp.lab.test,sip.lab.test,${dead},1,1`,
        `--srv-host=_sip._tcp.lab.test,sip.lab.test,${kamailio.port},2,1`,
        '--host-record=sip.lab.test,127.0.0.1'
      ]
      const words = [
        '--keep-in-foreground',
        '--conf-file=/dev/null',
        '--no-resolv',
        '--no-hosts',
        '--pid-file=',
        '--bind-interfaces'
      ]
      const server = new Program([...words, '--listen-address=127.0.0.1', `--port=${dns}`, ...records], { command: ['dnsmasq'] })
      onTestFinished(() => server.kill('SIGKILL'))
      expect(await waitUntil(() => isBound(dns), 10_000)).toBe(true)
      const ask = (...flags: string[]) => pbxkit(['uac', 'options', 'sip:lab.test', '--dns-server', `127.0.0.1:${dns}`, ...flags])
      const ended = await ask()
      expectDone(ended)
      expect(ended.stdout.toString()).toContain(`200 OK from tcp 127.0.0.1:${kamailio.port}`)
      const all = await ask('--all-targets')
      expect(all.status).toBe(1)
      expect(all.stdout.toString()).toContain(`(tcp 127.0.0.1:${dead}): seq=1 Cannot connect`)
    })

    function messageScenario(): string {
      const scenario = answeringScenario
        .replace('name="answers, and wants a BYE"', 'name="takes a MESSAGE"')
        .replace(/<recv request="INVITE"[\s\S]*<recv request="BYE"\/>/, '<recv request="MESSAGE"/>')
        .replace('[last_To:]', '[last_To:];tag=1')
      return scratchFile('message.xml', scenario)
    }
  },
  'kamailio'
)
