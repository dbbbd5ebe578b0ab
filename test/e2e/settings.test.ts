import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { asAdmin, pbxkit, secret, simulator, temporaryFolder, writeFile } from './support/pbxkit.js'

/** Where it tried to connect: hosts that do not exist tell their source. */
async function hostUsed(args: string[], env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await pbxkit(
    ['ami', 'send', 'Ping', '--username', 'a', '--timeout', '1', '--json', '--port', '1', ...args],
    {
      env: { ...secret, ...env }
    }
  )
  return /(?:Cannot|No) connect(?:ion)? to (.*?):1\b/.exec(JSON.parse(stdout).error.message)![1]!
}

function xdg(text: string): Record<string, string> {
  const folder = temporaryFolder()
  fs.mkdirSync(path.join(folder, 'pbxkit'))
  fs.writeFileSync(path.join(folder, 'pbxkit/config.ini'), text, { mode: 0o600 })
  return { XDG_CONFIG_HOME: folder }
}

describe('a setting comes from', () => {
  const user = () => xdg('host = 127.0.0.5\n[profile far]\nhost = 127.0.0.6\n')
  const config = () => ['--config', writeFile('host = 127.0.0.4\n[profile near.example.org]\nhost = 127.0.0.7\n')]

  it('the flag, before the environment, before --config, before the user’s file, before the default', async () => {
    const env = { PBXKIT_HOST: '127.0.0.3' }
    expect(await hostUsed(['--host', '127.0.0.2', ...config()], { ...env, ...user() })).toBe('127.0.0.2')
    expect(await hostUsed(config(), { ...env, ...user() })).toBe('127.0.0.3')
    expect(await hostUsed(config(), user())).toBe('127.0.0.4')
    expect(await hostUsed([], user())).toBe('127.0.0.5')
    expect(await hostUsed([])).toBe('127.0.0.1')
  })

  it('the profile before the top of its file; its name may have dots', async () => {
    expect(await hostUsed(['--profile', 'far'], user())).toBe('127.0.0.6')
    expect(await hostUsed([...config(), '--profile', 'near.example.org'], user())).toBe('127.0.0.7')
    expect(await hostUsed(['--profile', 'far', ...config()], user())).toBe('127.0.0.4')
    expect(await hostUsed(config(), { ...user(), PBXKIT_PROFILE: 'near.example.org' })).toBe('127.0.0.7')
  })

  it('PBXKIT_CONFIG as from --config', async () => {
    expect(await hostUsed([], { PBXKIT_CONFIG: config()[1]! })).toBe('127.0.0.4')
  })
})

describe('a bad value', () => {
  it('is refused with its source: the environment or the file', async () => {
    expect(await pbxkit(['ami', 'send', 'Ping'], { env: { PBXKIT_PORT: 'abc' } })).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('PBXKIT_PORT')
    })
    const file = writeFile('timeout = soon\n')
    expect(await pbxkit(['ami', 'send', 'Ping', '--config', file])).toMatchObject({
      status: 78,
      stderr: expect.stringContaining(file)
    })
    expect(await pbxkit(['ami', 'send', 'Ping'], { env: { PBXKIT_TLS: 'maybe' } })).toMatchObject({
      status: 64,
      stderr: expect.stringMatching(/PBXKIT_TLS.*yes or no/)
    })
  })

  it('an unknown setting is remarked upon, with the nearest one', async () => {
    const { port } = await simulator()
    const file = writeFile(`usrname = admin\nport = ${port}\n`)
    const result = await pbxkit(['ami', 'send', 'Ping', '--username', 'admin', '--config', file], { env: secret })
    expect(result).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/unknown setting "usrname"\. Did you mean username\?/)
    })
  })
})

describe('the secret', () => {
  it('comes from --secret-file, PBXKIT_SECRET, PBXKIT_SECRET_FILE, the configuration, or stdin', async () => {
    const { port } = await simulator()
    const file = writeFile('secret\nsecond line\n')
    const send = (args: string[], options = {}) => pbxkit(['ami', 'send', 'Ping', ...asAdmin(port), ...args], options)
    const wrong = { PBXKIT_SECRET: 'wrong' }
    for (const result of [
      await send(['--secret-file', file], { env: wrong }),
      await send([], { env: { ...secret, PBXKIT_SECRET_FILE: '/no/file' } }),
      await send([], { env: { PBXKIT_SECRET_FILE: file } }),
      await send(['--config', writeFile('secret = secret\n')]),
      await send(['--config', writeFile('[profile a.b]\nsecret = secret\n'), '--profile', 'a.b']),
      await send(['--secret-file', '-'], { input: 'secret\n' })
    ])
      expect(result).toMatchObject({ status: 0, stderr: '' })
  })

  it('in a file that others may read is used, with a warning that names the mode', async () => {
    const { port } = await simulator()
    const file = writeFile('secret\n', { mode: 0o644 })
    const args = ['ami', 'send', 'Ping', ...asAdmin(port)]
    const warning = `pbxkit: ${file} holds a secret and is readable by others (mode 0644); run: chmod 600 ${file}\n`
    expect(await pbxkit([...args, '--secret-file', file])).toMatchObject({ status: 0, stderr: warning })
    expect(await pbxkit([...args, '--secret-file', file, '--quiet'])).toMatchObject({ status: 0, stderr: '' })
    const config = writeFile('secret = secret\n', { mode: 0o640 })
    expect((await pbxkit([...args, '--config', config])).stderr).toContain(`${config} holds a secret`)
  })
})
