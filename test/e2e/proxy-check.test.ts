import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { pbxkit, root, writeFile } from './support/pbxkit.js'

const tls = path.join(root, 'test/fixtures/tls')
const good = '[server pbx]\nhost = 127.0.0.1\nusername = a\nsecret = Upstream1\n'
const user = '[user panel]\nsecret = $2b$10$abcdefghijklmnopqrstuuAbCdEfGhIjKlMnOpQrStUvWxYz01234\n'
const check = (args: string[], env: Record<string, string> = {}) => pbxkit(['proxy', 'check', ...args], { env })

describe('proxy check', () => {
  it('shows where each setting comes from: flag, environment, line of a file, default', async () => {
    const config = writeFile(`; own\nauth-timeout = 5\n${good}${user}`)
    const result = await check(['--config', config, '--listen', '127.0.0.1:5', '--format', 'json'], { PBXKIT_BANNER: 'Hello' })
    expect(result).toMatchObject({ status: 0, stderr: '' })
    const { settings, usable } = JSON.parse(result.stdout)
    const setting = (wanted: string) => settings.find(({ name }: { name: string }) => name === wanted)
    expect(usable).toBe(true)
    expect(setting('listen')).toEqual({ name: 'listen', value: ['127.0.0.1:5'], source: 'flag' })
    expect(setting('banner')).toEqual({ name: 'banner', value: 'Hello', source: 'environment', variable: 'PBXKIT_BANNER' })
    expect(setting('auth-timeout')).toEqual({ name: 'auth-timeout', value: 5, source: 'file', file: config, line: 2 })
    expect(setting('max-queue-age')).toEqual({ name: 'max-queue-age', value: 30, source: 'default' })
    expect(result.stdout).not.toMatch(/Upstream1|\$2b/)
  })

  it('ends with 78 when it is not usable, and with --strict when it is weak', async () => {
    const weak = writeFile(`${good}[user panel]\nsecret = Open1\n`)
    const wrong = writeFile(`${good}${user}bogus = 1\n`)
    expect(await check(['--config', weak])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('usable: 0 errors, 1 warnings')
    })
    expect(await check(['--config', weak, '--strict'])).toMatchObject({
      status: 78,
      stdout: expect.stringContaining('(plain-secrets)')
    })
    const result = await check(['--config', wrong])
    expect(result.status).toBe(78)
    expect(result.stdout).toContain(`error: ${wrong}:7: [user panel]: unknown setting "bogus"`)
    expect(result.stdout).not.toMatch(/Open1/)
  })

  it('reads an astmanproxy.conf: all that is wrong with it, what has no effect, lines and defaults', async () => {
    const conf = writeFile(
      'host = pbx, 5038, u, Secret1, on, off\nautofilter = perhaps\nlistenport = many\ninputformat = xml\nnonsense = 1\nproxykey = Key1\n'
    )
    const { status, stdout } = await check(['--config', conf, '--json', '--no-auth-required'])
    const { findings, settings } = JSON.parse(stdout)
    const at = (code: string) =>
      findings.filter((one: { code: string }) => one.code === code).map(({ line }: { line: number }) => line)
    expect(status).toBe(78)
    expect(at('bad-value')).toEqual([2, 3])
    expect(at('superseded')).toEqual([4])
    expect(at('unknown-key')).toEqual([5])
    expect(settings).toContainEqual({ name: 'filter-local', value: 'off', source: 'default of astmanproxy' })
    expect(settings).toContainEqual({ name: 'proxy-key', value: '****', source: 'file', file: conf, line: 6 })
    expect(stdout).not.toMatch(/Secret1|Key1/)
  })

  it('reports all, too, where a log file, a user to run as or a value cannot be used, and makes no file', async () => {
    const log = path.join(path.dirname(writeFile('')), 'proxy.log')
    const config = writeFile(
      `max-queue = lots\nlog-file = ${log}\naudit-log = /no/such/audit.log\nrun-as-user = nobody-of-that-name\n${good}${user}`
    )
    const { status, stdout, stderr } = await check(['--config', config, '--json'])
    const { findings, servers, users } = JSON.parse(stdout)
    expect({ status, stderr }).toEqual({ status: 78, stderr: '' })
    expect(findings.map(({ message }: { message: string }) => message)).toEqual([
      expect.stringContaining('There is no user nobody-of-that-name'),
      expect.stringContaining('Cannot open the log file /no/such/audit.log'),
      expect.stringMatching(/^max-queue: Expected an integer/)
    ])
    expect(findings[2]).toMatchObject({ file: config, line: 1 })
    expect([servers.length, users.length]).toEqual([1, 1])
    expect(fs.existsSync(log)).toBe(false)
  })

  it('remarks on unknown settings and files that others may read', async () => {
    const config = writeFile(`lisen = x\n${good}${user}`, { mode: 0o644 })
    const { stdout } = await check(['--config', config])
    expect(stdout).toContain(`warning: ${config}:1: Unknown setting "lisen". Did you mean listen? (unknown-setting)`)
    expect(stdout).toMatch(/readable by others \(mode 0644\)\. Run: chmod 600/)
  })
})

for (const command of ['proxy check', 'proxy serve --check']) {
  it(`${command} opens the certificate and its key`, async () => {
    const args = [
      ...command.split(' '),
      '--config',
      writeFile(`${good}${user}`),
      '--tls-cert',
      path.join(tls, 'server.crt'),
      '--tls-key'
    ]
    expect((await pbxkit([...args, path.join(tls, 'server.key')])).status).toBe(0)
    const { status, stdout, stderr } = await pbxkit([...args, path.join(tls, 'other.key')])
    expect(status).toBe(78)
    expect(stdout + stderr).toContain('key values mismatch')
  })
}
