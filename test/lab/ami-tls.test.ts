import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { AMI_ADMIN } from './servers/asterisk-config.js'
import { describeLab } from './support/lab.js'
import { type Ended, pbxkit, scratchFile } from './support/program.js'
import { startProxyWith, Target } from './support/targets.js'

await describeLab('TLS to Asterisk 22', () => {
  let asterisk: RunningAsterisk
  let target: Target
  let ca: string
  let pin: string

  beforeAll(async () => {
    asterisk = await startAsterisk({ name: 'tls' })
    target = new Target('TLS', asterisk.amiTlsPort, AMI_ADMIN)
    ca = scratchFile('asterisk.crt', asterisk.certificate)
    pin = new X509Certificate(asterisk.certificate).fingerprint256
  })

  afterAll(() => asterisk?.stop())

  function expectPong({ status, stdout, stderr }: Ended): void {
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.toString()).toContain('Ping: Pong')
  }

  it('refuses a certificate that nobody vouches for, with 69, and says what to do', async () => {
    const { status, stdout, stderr } = await target.send(['Ping', '--tls'])
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 69, stdout: '' })
    expect(stderr).toContain('is not trusted')
    expect(stderr).toContain('--tls-ca')
  })

  it('says so as JSON with --json, and with the same status', async () => {
    const { status, stdout, stderr } = await target.send(['Ping', '--tls', '--json'])
    const { error } = JSON.parse(stdout.toString())
    expect({ status, stderr }).toEqual({ status: 69, stderr: '' })
    expect(error).toMatchObject({ code: 'E_TLS', exit: 69, details: { reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' } })
  })

  it('is fine with --tls-ca, by address and by name', async () => {
    expectPong(await target.send(['Ping', '--tls-ca', ca]))
    const [, , ...others] = target.flags
    expectPong(await pbxkit(['ami', 'send', 'Ping', '--tls-ca', ca, '--host', 'localhost', ...others], target.options()))
  })

  it('is fine with --tls-pin, with and without colons', async () => {
    expectPong(await target.send(['Ping', '--tls-pin', `sha256:${pin}`]))
    expectPong(await target.send(['Ping', '--tls-pin', `sha256:${pin.replaceAll(':', '').toLowerCase()}`]))
  })

  it('refuses another certificate than the pinned one, and another authority', async () => {
    const other = await startAsterisk({ name: 'other' })
    try {
      const elsewhere = new Target('', other.amiTlsPort, AMI_ADMIN)
      const pinned = await elsewhere.send(['Ping', '--tls-pin', `sha256:${pin}`])
      expect(pinned.status).toBe(69)
      expect(pinned.stderr).toContain('is not the pinned one')
      expect((await elsewhere.send(['Ping', '--tls-ca', ca])).status).toBe(69)
    } finally {
      await other.stop()
    }
  })

  it('with --insecure works, and warns on stderr', async () => {
    const { status, stdout, stderr } = await target.send(['Ping', '--tls', '--insecure'])
    expect(status).toBe(0)
    expect(stdout.toString()).toContain('Ping: Pong')
    expect(stderr).toMatch(/not verified \(--insecure\)/)
  })

  it('a plain port asked for TLS ends with 69, a TLS port asked without with a hint', async () => {
    const plain = new Target('', asterisk.amiPort, AMI_ADMIN)
    expect((await plain.send(['Ping', '--tls-ca', ca])).status).toBe(69)
    const silent = await target.send(['Ping', '--timeout', '500ms'])
    expect([69, 75]).toContain(silent.status)
  })

  it('carries a large answer whole', async () => {
    const { stdout } = await target.send(['Command', '-F', 'Command=core show help', '--tls-ca', ca])
    expect(stdout.toString()).toBe(await asterisk.rx('core show help'))
  })

  for (const [how, line] of [
    ['tls-ca', () => `tls-ca = ${ca}`],
    ['tls-pin', () => `tls-pin = sha256:${pin}`],
    ['insecure', () => 'tls = yes\ninsecure = yes']
  ] as const) {
    it(`the proxy reaches Asterisk with ${how}`, async () => {
      const proxy = await startProxyWith(
        `[server pbx]\nhost = 127.0.0.1\nport = ${asterisk.amiTlsPort}\nusername = ${AMI_ADMIN.username}\nsecret = ${AMI_ADMIN.secret}\n${line()}\n`
      )
      try {
        await proxy.connected('pbx')
        const { stdout } = await proxy.target.send(['Command', '-F', 'Command=core show help'])
        expect(stdout.toString()).toBe(await asterisk.rx('core show help'))
        const client = await proxy.target.login()
        expect((await client.ask('Action: PJSIPShowEndpoints\r\n')).get('EventList')).toBe('start')
        await client.event({ Event: 'EndpointListComplete' })
        client.destroy()
      } finally {
        await proxy.service.stop()
      }
    })
  }

  it('the proxy warns of a server whose certificate it does not verify, as `ami send` does', async () => {
    const proxy = await startProxyWith(
      `[server pbx]\nhost = 127.0.0.1\nport = ${asterisk.amiTlsPort}\nusername = ${AMI_ADMIN.username}\nsecret = ${AMI_ADMIN.secret}\ntls = yes\ninsecure = yes\n`
    )
    try {
      await proxy.connected('pbx')
      expect(proxy.service.program.stderr).toMatch(/not verified/)
    } finally {
      await proxy.service.stop()
    }
  })

  it('the proxy does not log in to an Asterisk whose certificate it cannot verify', async () => {
    const proxy = await startProxyWith(
      `[server pbx]\nhost = 127.0.0.1\nport = ${asterisk.amiTlsPort}\nusername = ${AMI_ADMIN.username}\nsecret = ${AMI_ADMIN.secret}\ntls = yes\n`
    )
    try {
      await proxy.service.program.says(/is not trusted/)
      const { status, stdout } = await proxy.target.send(['Ping'])
      expect(status).toBe(1)
      expect(stdout.toString()).toMatch(/No server is connected: pbx: .*is not trusted/)
    } finally {
      await proxy.service.stop()
    }
  })
})
