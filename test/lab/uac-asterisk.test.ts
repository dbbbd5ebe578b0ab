import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AsteriskPlace, type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { defaultFiles, SIP_ALICE } from './servers/asterisk-config.js'
import { choosePort } from './servers/ports.js'
import { describeLab } from './support/lab.js'
import { pbxkit, scratchFile } from './support/program.js'

const extensions = `[test]
exten => short,1,Answer()
 same => n,Wait(0.2)
 same => n,Hangup()

exten => long,1,Answer()
 same => n,Wait(30)

exten => busy,1,Busy(5)

exten => ring,1,Ringing()
 same => n,Wait(30)

exten => state,hint,Custom:lamp
`

await describeLab('uac options and uac send with Asterisk 22', () => {
  let asterisk: RunningAsterisk
  let tlsPort: number
  let ca: string
  let password: string

  beforeAll(async () => {
    tlsPort = await choosePort(undefined, new Set())
    password = scratchFile('password', `${SIP_ALICE.password}\n`)
    asterisk = await startAsterisk({
      name: 'uac',
      files: {
        'extensions.conf': extensions,
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

  const login = () => ['--auth-user', SIP_ALICE.username, '--auth-password-file', password, '--auth-realm', 'asterisk']
  const call = (extension: string, ...flags: string[]) =>
    pbxkit(['uac', 'send', 'INVITE', `sip:${extension}@127.0.0.1:${asterisk.sipPort}`, ...login(), '--json', '--quiet', ...flags])

  it('pings it over UDP, TCP, TLS and a WebSocket', async () => {
    const uris = [
      `sip:127.0.0.1:${asterisk.sipPort}`,
      `sip:127.0.0.1:${asterisk.sipPort};transport=tcp`,
      `sip:127.0.0.1:${tlsPort};transport=tls`,
      `sip:127.0.0.1:${asterisk.httpPort};transport=ws`
    ]
    for (const uri of uris) {
      const { status, stdout, stderr } = await pbxkit(['uac', 'options', uri, '--tls-ca', ca, '--ws-path', '/ws'])
      expect({ uri, status, stderr }).toEqual({ uri, status: 0, stderr: '' })
      expect(stdout.toString()).toMatch(/^seq=1 \d{3} .*\(Asterisk PBX 22/)
    }
  })

  it('registers over UDP, TCP and a WebSocket', async () => {
    for (const way of ['', ';transport=tcp']) {
      const uri = `sip:127.0.0.1:${asterisk.sipPort}${way}`
      const ended = await pbxkit(['uac', 'send', 'REGISTER', uri, ...login(), '--expires', '60'])
      expect({ status: ended.status, stderr: ended.stderr }).toEqual({ status: 0, stderr: '' })
    }
    const uri = `sip:127.0.0.1:${asterisk.httpPort};transport=ws`
    const webSocket = await pbxkit([
      'uac',
      'send',
      'REGISTER',
      uri,
      ...login(),
      '--expires',
      '60',
      '--ws-path',
      '/ws',
      '--show',
      'headers'
    ])
    expect({ status: webSocket.status, stderr: webSocket.stderr }).toEqual({ status: 0, stderr: '' })
    // When the WebSocket is closed Asterisk forgets it.
    expect(webSocket.stdout.toString()).toMatch(/^Contact: <sip:pbxkit@[0-9a-f]+\.invalid;transport=ws>;expires=/m)
  })

  it('calls, and hangs up', async () => {
    const { status, stdout } = await call('long', '--bye-after', '300ms')
    expect(status).toBe(0)
    expect(JSON.parse(stdout.toString())).toMatchObject({ status: 200, call: { endedBy: 'us', bye: 200, forks: 0 } })
    expect(await asterisk.rx('core show channels count')).toContain('0 active channels')
  })

  it('is hung up on, and knows by whom', async () => {
    const { status, stdout } = await call('short', '--bye-after', '30')
    expect(status).toBe(0)
    expect(JSON.parse(stdout.toString())).toMatchObject({ status: 200, call: { endedBy: 'peer' } })
  })

  it('calls over TCP and TLS, and the call is ended on the same connection', async () => {
    for (const uri of [`sip:short@127.0.0.1:${asterisk.sipPort};transport=tcp`, `sip:short@127.0.0.1:${tlsPort};transport=tls`]) {
      const flags = ['--tls-ca', ca, '--bye-after', '30', '--json', '--quiet']
      const { status, stdout } = await pbxkit(['uac', 'send', 'INVITE', uri, ...login(), ...flags])
      expect({ uri, status }).toEqual({ uri, status: 0 })
      expect(JSON.parse(stdout.toString())).toMatchObject({ status: 200, call: { endedBy: 'peer' } })
    }
  })

  it('is told that somebody is busy, and that there is no such extension', async () => {
    const busy = await call('busy')
    expect({ status: busy.status, code: JSON.parse(busy.stdout.toString()).status }).toEqual({ status: 1, code: 486 })
    const missing = await call('nobody', '--expect', '404')
    expect({ status: missing.status, code: JSON.parse(missing.stdout.toString()).status }).toEqual({ status: 0, code: 404 })
  })

  it('cancels a call that nobody answers', async () => {
    const { status, stdout } = await call('ring', '--cancel-after', '500ms', '--expect', '487')
    expect({ status, code: JSON.parse(stdout.toString()).status }).toEqual({ status: 0, code: 487 })
    expect(await asterisk.rx('core show channels count')).toContain('0 active channels')
  })

  it('subscribes, is notified of a state, and unsubscribes', async () => {
    const uri = `sip:state@127.0.0.1:${asterisk.sipPort}`
    const flags = ['--event', 'presence', '-H', 'Accept: application/pidf+xml', '--wait', '1.5', ...login()]
    const { status, stdout, stderr } = await pbxkit(['uac', 'send', 'SUBSCRIBE', uri, ...flags])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.toString()).toMatch(/^NOTIFY presence active;expires=\d+\n<\?xml[\s\S]*<presence[\s\S]*\n200 OK [\d.]+ ms\n$/)
    expect(await asterisk.rx('pjsip show subscriptions inbound')).not.toContain('state')
  })
})
