import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readSettings, readSettingsFile, standardSettingsPaths } from '../../../../src/lib/cli/settings.js'
import { ConfigError } from '../../../../src/lib/errors.js'
import { scratchFile, scratchFolder } from '../../support/scratch.js'

const ini = (text: string) => scratchFile('config.ini', text)

describe('readSettingsFile', () => {
  it('reads keys at the top and in sections', async () => {
    const file = ini('host = pbx\ntimeout=5\n\n[profile a]\nhost = other\n')
    expect(await readSettingsFile(file)).toEqual({
      path: file,
      values: { host: 'pbx', timeout: '5' },
      sections: { 'profile a': { host: 'other' } }
    })
  })

  it('keeps the dots of section names', async () => {
    const { sections } = await readSettingsFile(
      ini('[server pbx.example.org]\nhost=1\n[server a]\nhost=2\n  [server 192.0.2.1]\nhost=3\n[server b\\.c]\nhost=4\n')
    )
    expect(sections).toEqual({
      'server pbx.example.org': { host: '1' },
      'server a': { host: '2' },
      'server 192.0.2.1': { host: '3' },
      'server b.c': { host: '4' }
    })
  })

  it('refuses a heading without its bracket: what follows would belong to the section before', async () => {
    const file = ini('a = 1\n\n[user ann]\r\nsecret = "[x"\r\n [server b\r\nhost = 1\n')
    await expect(readSettingsFile(file)).rejects.toMatchObject({
      message: `${file}:5: a section begins, and its "]" is missing`,
      hint: 'Write [server b].'
    })
    await expect(readSettingsFile(ini('banner[] = 1\npermit = [::1\n'))).resolves.toBeDefined()
  })

  it('keeps the dots of keys', async () => {
    expect((await readSettingsFile(ini('a.b = 1\n'))).values).toEqual({ 'a.b': '1' })
  })

  it('takes quoted values with ; and # and blanks whole', async () => {
    const { values } = await readSettingsFile(ini('secret = "a;b#c = d "\nother = \'x;y\'\nplain = v ; remark\n; line\n# line\n'))
    expect(values).toEqual({ secret: 'a;b#c = d ', other: 'x;y', plain: 'v' })
  })

  it('makes every value text, words and numbers too', async () => {
    expect((await readSettingsFile(ini('a = true\nb = null\nc = 007\nd =\n'))).values).toEqual({
      a: 'true',
      b: 'null',
      c: '007',
      d: ''
    })
  })

  it('reads a key with [] as a list', async () => {
    expect(await readSettingsFile(ini('filter[] = a\nfilter[] = b\n[s]\nlisten[] = 1\n'))).toMatchObject({
      values: { filter: ['a', 'b'] },
      sections: { s: { listen: ['1'] } }
    })
  })

  it('says that a file is missing, or a folder', async () => {
    await expect(readSettingsFile('/nonexistent/config.ini')).rejects.toThrow(ConfigError)
    await expect(readSettingsFile('/nonexistent/config.ini')).rejects.toThrow('/nonexistent/config.ini')
    await expect(readSettingsFile(scratchFolder())).rejects.toThrow(ConfigError)
  })
})

describe('readSettings', () => {
  beforeEach(() => vi.stubEnv('XDG_CONFIG_HOME', '/nonexistent'))
  afterEach(() => vi.unstubAllEnvs())

  it('puts the profile before the top of its file', async () => {
    const config = ini('host = top\n[profile pbx.example.org]\nhost = profile\n[profile b]\nhost = b\n')
    const { layers } = await readSettings({ config, profile: 'pbx.example.org' })
    expect(layers.slice(0, 2)).toEqual([
      { source: `${config} [profile pbx.example.org]`, values: { host: 'profile' } },
      { source: config, values: { host: 'top' } }
    ])
  })

  it('puts --config before the file of the user', async () => {
    const home = scratchFolder()
    const user = path.join(home, 'pbxkit', 'config.ini')
    fs.mkdirSync(path.dirname(user))
    fs.writeFileSync(user, 'host = user\n')
    vi.stubEnv('XDG_CONFIG_HOME', home)
    const config = ini('host = config\n')
    const { layers } = await readSettings({ config })
    expect(layers.slice(0, 2).map(({ source, values }) => [source, values.host])).toEqual([
      [config, 'config'],
      [user, 'user']
    ])
  })

  it('takes no profile by itself', async () => {
    const config = ini('host = top\n[profile a]\nhost = a\n')
    expect((await readSettings({ config })).layers[0]).toEqual({ source: config, values: { host: 'top' } })
  })

  it('says that a profile does not exist, and which do', async () => {
    const config = ini('[profile a]\nhost = a\n[profile b.c]\nhost = b\n[server x]\nhost = c\n')
    await expect(readSettings({ config, profile: 'd' })).rejects.toThrow(ConfigError)
    await expect(readSettings({ config, profile: 'd' })).rejects.toMatchObject({
      message: expect.stringContaining('There is no profile "d" in'),
      hint: 'Known profiles: a, b.c'
    })
  })

  it('says that a named file does not exist', async () => {
    await expect(readSettings({ config: '/nonexistent/config.ini' })).rejects.toThrow(ConfigError)
  })

  it('does not miss files that nobody named', async () => {
    const { files } = await readSettings({})
    expect(files.filter((file) => file.path.startsWith('/nonexistent'))).toEqual([])
  })
})

describe('standardSettingsPaths', () => {
  it('are the file of the user and that of the machine', () => {
    expect(standardSettingsPaths({ XDG_CONFIG_HOME: '/x' })).toEqual(['/x/pbxkit/config.ini', '/etc/pbxkit/config.ini'])
    expect(standardSettingsPaths({ HOME: '/home/u' })[0]).toBe('/home/u/.config/pbxkit/config.ini')
    expect(standardSettingsPaths({ XDG_CONFIG_HOME: '', HOME: '/home/u' })[0]).toBe('/home/u/.config/pbxkit/config.ini')
  })
})
