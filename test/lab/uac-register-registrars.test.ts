import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type AsteriskPlace, type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { defaultFiles, SIP_ALICE } from './servers/asterisk-config.js'
import { selfSigned } from './servers/certificate.js'
import { type KamailioPlace, type RunningKamailio, startKamailio } from './servers/kamailio.js'
import { REGISTRAR } from './servers/kamailio-registrar.js'
import { choosePort } from './servers/ports.js'
import { waitUntil } from './servers/wait.js'
import { describeLab } from './support/lab.js'
import { Program, pbxkit, scratchFile, scratchFolder } from './support/program.js'

/** A running `uac register --json`, with a control socket of its own. */
function register(args: readonly string[]): { program: Program; control: string } {
  const control = `${scratchFolder('control')}/uac.sock`
  const program = new Program(['uac', 'register', ...args, '--json', '--control', control])
  onTestFinished(() => program.kill('SIGKILL'))
  return { program, control }
}

const event = (program: Program, kind: string) =>
  program.prints(() => program.documents.find((one) => one.event === kind), `the event ${kind}`)

await describeLab(
  'uac register with Kamailio',
  () => {
    let kamailio: RunningKamailio
    let sha256: RunningKamailio
    let ca: string

    beforeAll(async () => {
      const certificates = scratchFolder('tls')
      await selfSigned(certificates)
      ca = path.join(certificates, 'self-signed.crt')
      const withTls = (place: KamailioPlace) =>
        REGISTRAR(place)
          .replace('mpath=', `enable_tls=yes\nlisten=tls:127.0.0.1:${place.tlsPort}\nmpath=`)
          .replace(
            'loadmodule "ctl.so"',
            `loadmodule "ctl.so"
loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "${certificates}/self-signed.crt")
modparam("tls", "private_key", "${certificates}/self-signed.key")`
          )
      const withSha256 = (place: KamailioPlace) =>
        withTls(place).replace('modparam("auth", ', 'modparam("auth", "algorithm", "SHA-256")\nmodparam("auth", ')
      kamailio = await startKamailio({ name: 'register', config: withTls })
      sha256 = await startKamailio({ name: 'register-sha256', config: withSha256 })
    })

    afterAll(() => Promise.all([kamailio?.stop(), sha256?.stop()]))

    it('answers SHA-256 over UDP, TCP and TLS, with the password and with a HA1; with the HA1 of MD5, or --no-md5 at the other one, not at all', async () => {
      const { port, tlsPort } = sha256
      const ha1 = (algorithm: string) => createHash(algorithm).update('alice:127.0.0.1:pw-alice').digest('hex')
      const ways = [`sip:127.0.0.1:${port}`, `sip:127.0.0.1:${port};transport=tcp`, `sip:localhost:${tlsPort};transport=tls`]
      const secrets = ['pw-alice,', `,${ha1('sha256')}`]
      const rows = ways.flatMap((way, at) => secrets.map((secret, nth) => `${at}${nth},alice,127.0.0.1,${secret},${way},60`))
      const head = 'l_uuid,r_username,r_domain,auth_password,auth_ha1,auth_proxy,expires'
      const once = (rows: readonly string[], ...flags: string[]) => {
        const file = scratchFile('accounts.csv', `${head}\n${rows.join('\n')}\n`)
        return pbxkit(['uac', 'register', '--file', file, '--once', '--json', '--trace', '--tls-ca', ca, ...flags])
      }
      const all = await once(rows)
      const results = all.stdout
        .toString()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(results.map(({ l_uuid, ok, reason }) => ({ l_uuid, ok, reason }))).toHaveLength(6)
      expect(results.filter(({ ok }) => !ok)).toEqual([])
      expect(all.stderr.match(/Authorization: Digest .*algorithm="?SHA-256/g)).toHaveLength(6)
      const old = await once([`old,alice,127.0.0.1,,${ha1('md5')},${ways[0]},60`])
      expect(JSON.parse(old.stdout.toString())).toMatchObject({ ok: false, reason: 'unsupported digest' })
      const strict = await once([`strict,alice,127.0.0.1,pw-alice,,sip:127.0.0.1:${kamailio.port},60`], '--no-md5')
      expect(strict.status).toBe(77)
      expect(JSON.parse(strict.stdout.toString())).toMatchObject({ ok: false, reason: 'unsupported digest' })
    })

    it('registers a file of accounts over UDP, TCP and TLS, refreshes with one request, and takes all back', async () => {
      const { port, tlsPort } = kamailio
      const accounts = scratchFile(
        'accounts.csv',
        `l_uuid,l_username,l_domain,r_username,r_domain,auth_password,auth_proxy,expires,realm
udp,100,pbx.local,alice,127.0.0.1,pw-alice,sip:127.0.0.1:${port},60,127.0.0.1
tcp,101,pbx.local,bob,127.0.0.1,pw-bob,sip:127.0.0.1:${port};transport=tcp,60,
tls,102,pbx.local,carol,127.0.0.1,pw-carol,sip:localhost:${tlsPort};transport=tls,60,
wrong,103,pbx.local,dave,127.0.0.1,nonsense,sip:127.0.0.1:${port},60,
`
      )
      const { program, control } = register(['--file', accounts, '--tls-ca', ca, '--redirect', 'lookup'])
      const ask = (...words: string[]) => pbxkit(['uac', ...words, '--control', control, '--json'])
      await program.prints(() => program.documents.length >= 4, 'four events')
      const states = Object.fromEntries(program.documents.map((one) => [one.l_uuid, one.state]))
      expect(states).toEqual({ udp: 'registered', tcp: 'registered', tls: 'registered', wrong: 'rejected' })
      expect(program.documents.find(({ l_uuid }) => l_uuid === 'wrong')).toMatchObject({ code: 401, reason: 'wrong password' })

      // Three need a challenge, which costs two; the wrong one has two, too.
      const before = await ask('status')
      expect(before.status).toBe(1)
      expect(JSON.parse(before.stdout.toString())).toMatchObject({ regtotal: 4, regactive: 3, requests: 8, repeats: 0 })
      expect((await ask('refresh', 'udp')).status).toBe(0)
      await event(program, 'refreshed')
      expect(JSON.parse((await ask('status')).stdout.toString())).toMatchObject({ requests: 9 })

      const info = await ask('info', 'udp')
      expect(info.stdout.toString()).not.toContain('pw-alice')
      expect(JSON.parse(info.stdout.toString())[0]).toMatchObject({ l_uuid: 'udp', auth_password: '***', registered: true })
      const lookup = await pbxkit(['uac', 'lookup', 'udp', '--control', control])
      expect(lookup.stdout.toString()).toBe('sip:100@pbx.local\n')
      expect((await ask('info', 'nobody')).status).toBe(1)

      // A call that Kamailio brings to the account is sent on.
      const bob = scratchFile('bob', 'pw-bob\n')
      const call = [
        'INVITE',
        `sip:alice@127.0.0.1:${port}`,
        '--auth-user',
        'bob',
        '--auth-password-file',
        bob,
        '--json',
        '--expect',
        '302'
      ]
      const sent = await pbxkit(['uac', 'send', ...call])
      expect(JSON.parse(sent.stdout.toString())).toMatchObject({ status: 302, headers: { Contact: ['<sip:100@pbx.local>'] } })

      expect((await ask('disable', '--by', 'l_uuid', 't*')).status).toBe(0)
      await program.prints(() => program.documents.filter((one) => one.event === 'disabled').length === 2, 'two disabled')
      program.kill('SIGTERM')
      expect((await program.end()).status).toBe(0)
      const left = [
        'uac',
        'register',
        `sip:alice@127.0.0.1:${port}`,
        '--fetch',
        '--json',
        '--password-file',
        scratchFile('alice', 'pw-alice\n')
      ]
      const fetched = await pbxkit(left)
      expect(JSON.parse(fetched.stdout.toString())).toMatchObject({ ok: true, bindings: [] })
    })
  },
  'kamailio'
)

await describeLab('uac register with Asterisk 22', () => {
  let asterisk: RunningAsterisk
  let tlsPort: number
  let ca: string
  let password: string

  beforeAll(async () => {
    tlsPort = await choosePort(undefined, new Set())
    password = scratchFile('password', `${SIP_ALICE.password}\n`)
    asterisk = await startAsterisk({
      name: 'register',
      files: {
        'pjsip.conf': ({ ports, dir }: AsteriskPlace) => `${defaultFiles(ports, dir)['pjsip.conf']}
[transport-ws]
type = transport
protocol = ws
bind = 127.0.0.1

[transport-tls]
type = transport
protocol = tls
bind = 127.0.0.1:${tlsPort}
cert_file = ${dir}/etc/tls.crt
priv_key_file = ${dir}/etc/tls.key
method = tlsv1_2
`
      }
    })
    ca = scratchFile('asterisk.crt', asterisk.certificate)
  })

  afterAll(() => asterisk?.stop())

  it('registers over UDP, TCP, TLS and a WebSocket, gets its calls, and leaves nothing behind', async () => {
    const uris = [
      `sip:127.0.0.1:${asterisk.httpPort};transport=ws`,
      `sip:127.0.0.1:${asterisk.sipPort}`,
      `sip:127.0.0.1:${asterisk.sipPort};transport=tcp`,
      `sip:127.0.0.1:${tlsPort};transport=tls`
    ]
    for (const proxy of uris) {
      const flags = [
        '--proxy',
        proxy,
        '--password-file',
        password,
        '--tls-ca',
        ca,
        '--ws-path',
        '/ws',
        '--expires',
        '60',
        '--trace'
      ]
      const { program } = register([`sip:${SIP_ALICE.username}@127.0.0.1`, ...flags])
      expect(await event(program, 'registered')).toMatchObject({ code: 200, state: 'registered' })
      expect(await asterisk.rx('pjsip show contacts')).toContain(`${SIP_ALICE.username}/sip:`)
      await asterisk.rx(`channel originate PJSIP/${SIP_ALICE.username} application Wait 1`)
      // Nobody is there to take it: the call is answered all the same.
      await program.says(/SIP\/2\.0 486 Busy Here/)
      program.kill('SIGTERM')
      expect((await program.end()).status).toBe(0)
      expect(await asterisk.rx('pjsip show contacts')).not.toContain(`${SIP_ALICE.username}/sip:`)
    }
  })

  it('answers a challenge of SHA-256 with the password and with a HA1, and its own best where both are offered', async () => {
    const user = 'sha'
    const ha1 = createHash('sha256').update(`${user}:asterisk:sha-secret`).digest('hex')
    const md5 = createHash('md5').update(`${user}:asterisk:sha-secret`).digest('hex')
    const objects = (algorithms: string) => `
[${user}]
type = endpoint
context = test
auth = ${user}
aors = ${user}

[${user}]
type = auth
auth_type = digest
username = ${user}
realm = asterisk
password_digest = SHA-256:${ha1}
password_digest = MD5:${md5}
supported_algorithms_uas = ${algorithms}
supported_algorithms_uac = ${algorithms}

[${user}]
type = aor
max_contacts = 1
remove_existing = yes
`
    const file = `${asterisk.dir}/etc/pjsip.conf`
    const plain = readFileSync(file, 'utf8')
    for (const [offered, used] of [
      ['SHA-256', 'SHA-256'],
      ['MD5,SHA-256', 'SHA-256'],
      ['MD5', 'MD5']
    ]) {
      writeFileSync(file, plain + objects(offered!))
      await asterisk.rx('module reload res_pjsip.so')
      expect(await waitUntil(async () => (await asterisk.rx(`pjsip show auth ${user}`)).includes('SHA-256'), 20_000)).toBe(true)
      const secrets = [`auth_password,${'sha-secret'}`, ...(used === 'SHA-256' ? [`auth_ha1,${ha1}`] : [`auth_ha1,${md5}`])].map(
        (one) => one.split(',')
      )
      for (const [column, secret] of secrets) {
        const accounts = scratchFile(
          'sha.csv',
          `l_uuid,r_username,r_domain,${column},auth_proxy,expires\n${user},${user},127.0.0.1,${secret},sip:127.0.0.1:${asterisk.sipPort},60\n`
        )
        const ended = await pbxkit(['uac', 'register', '--file', accounts, '--once', '--json', '--trace'])
        expect({ offered, column, ...JSON.parse(ended.stdout.toString()) }).toMatchObject({ ok: true })
        expect(ended.stderr).toMatch(new RegExp(`Authorization: Digest .*algorithm="?${used}`))
      }
    }
  }, 120_000)
})
