import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { pbxkit, program, Running, temporaryFolder, writeFile } from './support/pbxkit.js'

const keygen = (...args: string[]) => pbxkit(['keygen', ...args])
const modeOf = (file: string) => fs.statSync(file).mode & 0o777

describe('keygen', () => {
  it('prints a key for VoIPmonitor and nothing else', async () => {
    const { status, stdout, stderr } = await keygen('--type', 'voipmonitor')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^manager_aes_key = [\w+/]{43}=\nmanager_aes_iv = [\w+/]{22}==\n$/)
  })

  it('answers the challenge of the documentation with a secret from a pipe', async () => {
    const args = ['keygen', '--type', 'ami', '--challenge', '125065091', '--secret-file', '-']
    const { status, stdout, stderr } = await pbxkit(args, { input: 'yoyodyne11\n' })
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'e83a9e59e7c8d1bb6554982275d05016\n', stderr: '' })
  })

  it('says what is missing in a pipe, instead of asking or guessing', async () => {
    expect(await keygen()).toMatchObject({ status: 64, stdout: '', stderr: expect.stringContaining('--type is missing') })
    expect(await keygen('--type', 'sip')).toMatchObject({ status: 64, stderr: expect.stringContaining('--username is missing') })
    const account = ['--type', 'sip', '--username', 'alice', '--realm', 'asterisk']
    expect(await keygen(...account)).toMatchObject({ status: 64, stdout: '', stderr: expect.stringContaining('--generate') })
    expect(await keygen('--type', 'tls')).toMatchObject({ status: 64, stderr: expect.stringContaining('--san is missing') })
    expect(await keygen('--type', 'proxykey', '--format', 'php')).toMatchObject({ status: 64, stdout: '' })
  })

  it('does not hash the secret that a profile has for logging in', async () => {
    const config = writeFile(`secret = other\nsecret-file = ${writeFile('other\n')}\n`, { name: 'config.ini' })
    const { status } = await keygen('--type', 'sip', '--username', 'alice', '--realm', 'asterisk', '--config', config)
    expect(status).toBe(64)
  })

  it('writes a file for its owner alone, and never over another one', async () => {
    const file = path.join(temporaryFolder(), 'proxy.key')
    const args = ['--type', 'proxykey', '--out', file]
    const first = await keygen(...args)
    const secret = fs.readFileSync(file, 'utf8')
    expect(first).toMatchObject({ status: 0, stdout: '' })
    expect(first.stderr).not.toContain(secret.trim())
    expect(modeOf(file)).toBe(0o600)
    expect(await keygen(...args)).toMatchObject({ status: 64, stdout: '', stderr: expect.stringContaining('already') })
    expect(fs.readFileSync(file, 'utf8')).toBe(secret)
    expect(await keygen(...args, '--force', '--json')).toMatchObject({ status: 0, stdout: expect.stringContaining(file) })
    expect(fs.readFileSync(file, 'utf8')).toMatch(/^\w{32}\n$/)
    expect(fs.readFileSync(file, 'utf8')).not.toBe(secret)
    expect(fs.readdirSync(path.dirname(file))).toEqual(['proxy.key'])
  })

  it.each([
    [['--type', 'password', '--length', '12', '--alphabet', 'digits'], 'password'],
    [['--type', 'ami', '--username', 'panel'], 'secret'],
    [['--type', 'proxykey'], 'proxyKey'],
    [['--type', 'sip', '--username', 'alice', '--realm', 'asterisk', '--generate'], 'password'],
    [['--type', 'tunnel', '--username', 'alice', '--generate', '--iterations', '4096'], 'password'],
    [['--type', 'password', '--algorithm', 'scrypt', '--generate'], 'password']
  ])('%j tells the secret on stdout, as one JSON document, and not on stderr', async (args, name) => {
    const { status, stdout, stderr } = await keygen(...args, '--json')
    const secret = JSON.parse(stdout)[name] as string
    expect(status).toBe(0)
    expect(secret.length).toBeGreaterThanOrEqual(12)
    expect(stderr).not.toContain(secret)
  })
})

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

describe.skipIf(!hasOpenssl)('a certificate of keygen (needs openssl)', () => {
  const openssl = (...args: string[]) => spawnSync('openssl', args, { encoding: 'utf8' })
  const made = async (...args: string[]) => {
    const base = path.join(temporaryFolder(), 'x')
    const { status, stdout, stderr } = await keygen('--type', 'tls', '--out', base, ...args)
    expect(status, stderr).toBe(0)
    return { base, cert: `${base}.crt`, key: `${base}.key`, stdout }
  }

  it.each(['ec-p256', 'ec-p384', 'rsa-2048'])(
    'of an authority with %s: openssl verifies the chain, strictly, and by name',
    async (type) => {
      const ca = await made('--usage', 'ca', '--subject', 'Lab CA', '--key-type', type)
      const server = await made('--san', 'pbx.example.org', '--san', '10.0.0.1', '--ca', ca.cert, '--key-type', type)
      const client = await made('--usage', 'client', '--subject', 'proxy', '--ca', ca.cert)
      const verify = (...args: string[]) => openssl('verify', '-x509_strict', '-CAfile', ca.cert, ...args)
      const [asServer, asClient] = [
        ['-purpose', 'sslserver'],
        ['-purpose', 'sslclient']
      ]
      expect(verify(...asServer, '-verify_hostname', 'pbx.example.org', server.cert).status).toBe(0)
      expect(verify(...asServer, '-verify_ip', '10.0.0.1', server.cert).status).toBe(0)
      expect(verify(...asServer, '-verify_hostname', 'other.example.org', server.cert).status).not.toBe(0)
      expect(verify(...asClient, client.cert).status).toBe(0)
      expect(verify(...asServer, client.cert).status).not.toBe(0)
    }
  )

  it('shows its names and what it is for', async () => {
    const { cert, key } = await made('--san', 'pbx.example.org', '--san', '10.0.0.1', '--usage', 'both')
    const { stdout } = openssl('x509', '-in', cert, '-noout', '-text')
    expect(stdout).toContain('DNS:pbx.example.org, IP Address:10.0.0.1')
    expect(stdout).toContain('TLS Web Server Authentication, TLS Web Client Authentication')
    expect(stdout).toMatch(/Basic Constraints: critical\s+CA:FALSE/)
    expect(openssl('pkey', '-in', key, '-noout', '-check').stdout).toContain('Key is valid')
    expect([modeOf(cert), modeOf(key)]).toEqual([0o600, 0o600])
  })

  it('signed by itself serves TLS, which s_client verifies', async () => {
    const { base } = await made('--san', 'localhost', '--files', 'single')
    const pem = fs.readFileSync(`${base}.pem`)
    const server = tls.createServer({ cert: pem, key: pem }, (socket) => socket.on('error', () => {}).resume())
    server.on('tlsClientError', () => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    const child = spawn(
      'openssl',
      [
        ...['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', '-CAfile', `${base}.pem`],
        ...['-verify_return_error', '-verify_hostname', 'localhost']
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] }
    )
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const status = await new Promise((resolve) => child.once('close', resolve))
    expect(said).toContain('Verify return code: 0 (ok)')
    expect(status).toBe(0)
  })

  it('is checked: good, then with a wrong name and another key', async () => {
    const [mine, other] = [await made('--san', 'pbx.example.org'), await made('--san', 'pbx.example.org')]
    const good = await keygen('--check', mine.cert, '--key', mine.key, '--san', 'pbx.example.org')
    expect(good).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('Nothing is wrong.') })
    expect((await pbxkit(['keygen', '--check', '/no/such.crt'])).stdout).toMatch(/^SEVERITY/)
    const bad = await keygen('--check', mine.cert, '--key', other.key, '--san', 'other.example.org', '--json')
    expect(bad.status).toBe(1)
    const codes = (JSON.parse(bad.stdout).findings as { code: string }[]).map(({ code }) => code)
    expect(codes).toEqual(['name-missing', 'key-mismatch'])
  })

  it('is watched: a line for what is there, another when it has changed, and a stop that is a success', async () => {
    const { base, cert, key } = await made('--san', 'pbx.example.org')
    const watch = new Running(['keygen', '--check', cert, '--key', key, '--watch', '--every', '20ms'])
    await watch.says(/"findings":\[\]\}\n/, 'stdout')
    fs.chmodSync(`${base}.key`, 0o644)
    await watch.says(/"readable-by-others"/, 'stdout')
    watch.child.kill('SIGTERM')
    const { status, stdout } = await watch.exit
    expect({ status, lines: stdout.trim().split('\n').length }).toEqual({ status: 0, lines: 2 })
  })
})

const script = path.join(import.meta.dirname, 'support/terminal.py')
const hasPython = spawnSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode']).status === 0

describe.skipIf(!hasPython)('keygen on a terminal (needs python3)', () => {
  async function onTerminal(args: string[], steps: [text: string, reply: string][]) {
    const home = temporaryFolder()
    const { PBXKIT_SECRET: _secret, ...inherited } = process.env
    const child = spawn('python3', [script, JSON.stringify(steps), process.execPath, program, 'keygen', ...args], {
      env: { ...inherited, HOME: home, XDG_CONFIG_HOME: home, TERM: 'xterm' },
      stdio: ['ignore', 'pipe', 'inherit']
    })
    let shown = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text
    })
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
    return { status, shown }
  }

  it('asks what to make when it is called bare', async () => {
    const { status, shown } = await onTerminal([], [['What to make', '\r']])
    expect(shown).toContain('manager_aes_key = ')
    expect(status).toBe(0)
  })

  it('asks for the account and, twice and masked, for its password', async () => {
    const { status, shown } = await onTerminal(
      ['--type', 'tunnel', '--algorithm', 'md5'],
      [
        ['User:', 'jicksta\r'],
        ['Password:', 'sesame\r'],
        ['Once more:', 'sesame\r']
      ]
    )
    expect(shown).toContain('******')
    expect(shown).not.toContain('sesame')
    expect(shown).toMatch(/^[0-9a-f]{32}\r$/m)
    expect(status).toBe(0)
  })

  it('hashes nothing when the two passwords differ', async () => {
    const { status, shown } = await onTerminal(
      ['--type', 'tunnel', '--username', 'jicksta'],
      [
        ['Password:', 'sesame\r'],
        ['Once more:', 'sesam\r']
      ]
    )
    expect(shown).toContain('differ')
    expect(status).toBe(64)
  })
})
