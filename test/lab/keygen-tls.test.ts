import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { AMI_ADMIN } from './servers/asterisk-config.js'
import { describeLab } from './support/lab.js'
import { pbxkit, scratchFolder } from './support/program.js'
import { Target } from './support/targets.js'

await describeLab('what keygen makes, in Asterisk 22', () => {
  let asterisk: RunningAsterisk
  let ca: string
  let auth: string
  let md5: string

  beforeAll(async () => {
    const keygen = async (...args: string[]) => {
      const { status, stdout, stderr } = await pbxkit(['keygen', ...args])
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
      return stdout.toString()
    }
    const folder = scratchFolder('keygen')
    ca = `${folder}/ca.crt`
    await keygen('--type', 'tls', '--usage', 'ca', '--subject', 'Lab CA', '--out', `${folder}/ca`)
    const base = ['--type', 'tls', '--san', 'localhost', '--san', '127.0.0.1', '--ca', ca, '--out', `${folder}/pbx`]
    const { snippets } = JSON.parse(await keygen(...base, '--json')) as { snippets: Record<string, string> }
    const account = ['--type', 'sip', '--username', 'carol', '--realm', 'asterisk', '--generate', '--json']
    const { password } = JSON.parse(await keygen(...account)) as { password: string }
    const hashed = await pbxkit(['keygen', ...account.slice(0, 6), '--secret-file', '-', '--format', 'conf'], { input: password })
    auth = hashed.stdout.toString()
    md5 = /MD5:(\w{32})/.exec(auth)![1]!
    const read = (name: string) => readFileSync(`${folder}/${name}`, 'utf8')
    // As printed, but for the folder, which Asterisk sees elsewhere, and the ports, which are picked.
    const at = (text: string, dir: string, port: number) =>
      text.replaceAll(`${folder}/`, `${dir}/etc/`).replace(/0\.0\.0\.0:\d+/, `127.0.0.1:${port}`)
    asterisk = await startAsterisk({
      name: 'keygen',
      files: {
        'pbx.crt': read('pbx.crt'),
        'pbx.key': read('pbx.key'),
        'manager.conf': ({ dir, ports }) => `${at(snippets.manager!, dir, ports.amiTls)}enabled = yes
bindaddr = 127.0.0.1
port = ${ports.ami}

[${AMI_ADMIN.username}]
secret = ${AMI_ADMIN.secret}
read = all
write = all
`,
        'pjsip.conf': ({ dir, ports }) => `${at(snippets.pjsip!, dir, ports.sip)}\n${auth}`
      }
    })
  })

  afterAll(() => asterisk?.stop())

  it('AMI over TLS is what clients that trust the authority verify, by name and by address', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const target = new Target('', asterisk.amiTlsPort, AMI_ADMIN)
      const [, , ...others] = target.flags
      const { status, stdout, stderr } = await pbxkit(
        ['ami', 'send', 'Ping', '--tls-ca', ca, '--host', host, ...others],
        target.options()
      )
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(stdout.toString()).toContain('Ping: Pong')
    }
  })

  it('the transport of PJSIP loads it', async () => {
    expect(await asterisk.rx('pjsip show transports')).toMatch(/transport-tls\s+tls\s/)
    const shown = await asterisk.rx('pjsip show transport transport-tls')
    expect(shown).toMatch(/cert_file\s*:.*pbx\.crt/)
  })

  it('the hashes of an account are taken as its digests', async () => {
    const shown = await asterisk.rx('pjsip show auth carol')
    expect(shown).toContain(md5)
    expect(shown).toMatch(/SHA-512-256:\w{64}/i)
  })
})
