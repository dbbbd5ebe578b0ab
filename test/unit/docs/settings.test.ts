import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { parseLine } from '../../../src/lib/ami-shell/typed-line.js'
import { MemoryFiles } from '../../../src/lib/asterisk-config/files.js'
import { loadConfigStrictly } from '../../../src/lib/asterisk-config/load.js'
import { type FlagDefinition, readFlag } from '../../../src/lib/cli/flag-values.js'
import { readSettingsFile, type SettingsFile } from '../../../src/lib/cli/settings.js'
import { parseExpectations } from '../../../src/lib/dialplan/trace/expectations.js'
import { Accounts } from '../../../src/lib/proxy/accounts/accounts.js'
import { serversFromSections, usersFromSections } from '../../../src/lib/proxy/config.js'
import { parseAstmanproxyConf } from '../../../src/lib/proxy/legacy/astmanproxy-conf.js'
import { isAstmanproxyConf } from '../../../src/lib/proxy/legacy/is-astmanproxy-conf.js'
import { readIniSensors } from '../../../src/lib/sensors/ini-sensors.js'
import { readSite } from '../../../src/lib/site/read-site.js'
import { parseMetadata } from '../../../src/lib/tunnel-client/metadata.js'
import { readProfiles } from '../../../src/lib/websms/profiles.js'
import { type CodeBlock, readPages, root } from '../support/documents.js'
import { commandClass, commandFiles } from '../support/flag-parser.js'
import { scratchFolder } from '../support/scratch.js'

const blocks = readPages().flatMap((page) => page.blocks)
const ofLanguage = (language: string) => blocks.filter((block) => block.language === language)

/** Secrets and keys that a block names: files of their own, wherever it says they are. @returns the block with the paths that they have here */
function withFiles(text: string, folder: string): string {
  const moved = text.replace(/(?<== *)(?:\/etc\/pbxkit|\/home\/me)\//gm, `${folder}/`)
  for (const [, name] of moved.matchAll(/_?(?:secret|key)[-_]file\s*=\s*(\S+)/g)) {
    const file = path.resolve(folder, name!)
    const isKey = file.endsWith('.key')
    const bytes = (count: number) => Buffer.alloc(count, 'k').toString('base64')
    fs.writeFileSync(
      file,
      isKey ? `manager_aes_key = ${bytes(32)}\nmanager_aes_iv = ${bytes(16)}\n` : 'a-secret-of-enough-letters\n',
      {
        mode: 0o600
      }
    )
  }
  return moved
}

/** Settings by the names of flags: those of this command, else of any. @throws ConfigError, or an Error that names the key */
async function checkFlags(values: SettingsFile['values'], ids: readonly string[]): Promise<void> {
  const classes = await Promise.all(ids.map(commandClass))
  for (const [name, value] of Object.entries(values)) {
    const definition = classes
      .map(({ flags, baseFlags }) => ({ ...baseFlags, ...flags }) as Record<string, FlagDefinition>)
      .find((flags) => name in flags)?.[name]
    if (!definition && name !== 'secret') throw new Error(`no command has a setting ${name}`)
    if (definition) await readFlag(definition, name, value, 'block', {} as never)
  }
}

/** Reads a block of ini as the program that it is for. @returns for whom it is @throws what that reader throws */
async function readIni(text: string): Promise<string> {
  const folder = scratchFolder()
  const file = path.join(folder, 'block.ini')
  const moved = withFiles(text, folder)
  fs.writeFileSync(file, moved, { mode: 0o600 })
  if (isAstmanproxyConf(moved)) {
    const { findings } = parseAstmanproxyConf(moved, file)
    if (findings.length > 0) throw new Error(findings.map(({ message }) => message).join('\n'))
    return 'astmanproxy'
  }
  if (/^\s*(exten|same) *=>/m.test(moved)) {
    const dialplan = /^\[/.test(moved) ? moved : `[any]\n${moved}`
    const { problems } = loadConfigStrictly('extensions.conf', new MemoryFiles({ 'extensions.conf': dialplan }))
    if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'))
    return 'dialplan'
  }
  if (/^\[websmsd?\b/m.test(moved)) {
    readProfiles(file)
    return 'websms'
  }
  if (/^\[site\]/m.test(moved)) {
    const { warnings } = await readSite({ file, timeoutMs: 1000 })
    if (warnings.length > 0) throw new Error(warnings.map(({ message }) => message).join('\n'))
    return 'site'
  }
  return readSettings(await readSettingsFile(file))
}

/** A configuration file of pbxkit: of the proxy, with sensors, or with profiles. */
async function readSettings({ path: file, values, sections }: SettingsFile): Promise<string> {
  const kinds = new Set(Object.keys(sections).map((title) => title.split(' ')[0]))
  const readSecret = (name: string) => fs.readFileSync(name, 'utf8').trim()
  if (kinds.has('profile')) {
    for (const section of Object.values(sections)) await checkFlags(section, [...commandFiles.keys()])
    return 'profile'
  }
  if (kinds.has('sensor')) {
    for (const { readKey } of readIniSensors([{ path: file, sections }], (message) => expect.fail(message))) await readKey?.()
    return 'sensor'
  }
  if ([...kinds].some((kind) => kind !== 'server' && kind !== 'user') || kinds.size === 0)
    throw new Error(`a block that nobody reads: ${Object.keys(sections)}`)
  await checkFlags(values, ['proxy serve'])
  serversFromSections(sections, file, readSecret)
  Accounts.fromOptions(usersFromSections(sections, file, readSecret) ?? [])
  return 'proxy'
}

describe('settings in the documentation', () => {
  it.each(ofLanguage('ini'))('$place is read by the program that it is for', async ({ text }) => {
    expect(await readIni(text)).toMatch(/^[a-z]+$/)
  })

  it('are of every kind', async () => {
    const kinds = new Set(await Promise.all(ofLanguage('ini').map(({ text }) => readIni(text))))
    expect([...kinds].sort()).toEqual(['astmanproxy', 'dialplan', 'profile', 'proxy', 'sensor', 'site', 'websms'])
  })

  it.each([
    ['[user a]\nsecret-file = /etc/pbxkit/a\nchanel = x\n', /chanel/],
    ['[user a]\nsecret-file = /etc/pbxkit/a\nallow[] = Ping show\n', /Ping show/],
    ['lisen[] = :1\n[server a]\nusername = x\nsecret = y\n', /lisen/],
    ['[profile a]\nhots = x\n', /hots/],
    ['[sensor a]\nhots = x\n', /hots/],
    ['[websms:a]\nurk = x\n', /urk|url/],
    ['[site]\ndomian = a.example\n', /domian/],
    ['host = a, 5038, b, c, on, off\nlistnport = 1\n', /listnport/],
    ['[nothing]\na = b\n', /nobody reads/]
  ])('that are wrong are seen (of this test): %j', async (text, message) => {
    await expect(readIni(text)).rejects.toThrow(message)
  })
})

describe('other blocks of the documentation', () => {
  it('are of a language that some test reads', () => {
    const known = ['', 'ini', 'json', 'mermaid', 'sh', 'yaml']
    expect(blocks.filter(({ language }) => !known.includes(language)).map(({ place, language }) => [place, language])).toEqual([])
  })

  it.each(ofLanguage('json'))('$place is JSON', ({ text }) => {
    expect(() => JSON.parse(text)).not.toThrow()
  })

  it.each(ofLanguage('yaml'))('$place is the metadata of the tunnel', async ({ text, place }) => {
    expect(parseYaml(text)).toHaveProperty('connect_to')
    expect((await parseMetadata(text, place)).place).toBeDefined()
  })

  const tables = blocks.filter(({ language, text }: CodeBlock) => language === '' && / -> /.test(text))

  it.each(tables)('$place is a table for dialplan trace --expect', ({ text, place }) => {
    expect(parseExpectations(text, place).length).toBeGreaterThan(2)
  })

  it('docs/ami.md has lines that the prompt takes', () => {
    const [lines] = blocks.filter(({ place, language }) => place.startsWith('docs/ami.md') && language === '')
    for (const line of lines!.text.trimEnd().split('\n')) expect(() => parseLine(line), line).not.toThrow()
  })
})

it('the sample users in docs/from-astmanproxy.md are read as they were', async () => {
  const { parseAstmanproxyUsers } = await import('../../../src/lib/proxy/legacy/astmanproxy-users.js')
  const text = fs.readFileSync(path.join(root, 'docs/from-astmanproxy.md'), 'utf8')
  const lines = [...text.matchAll(/\b((?:dave|boss)=[^\s`]*)/g)].map(([, line]) => line!.replaceAll('\\|', '|'))
  const { users, findings } = parseAstmanproxyUsers(lines.join('\n'), 'users')
  expect(findings).toEqual([])
  expect(users.find(({ name }) => name === 'boss')?.admin).toBe(true)
  expect(users.find(({ name }) => name === 'dave')?.filter).toMatchObject({ channel: 'PJSIP/1002', noVar: true, only: ['cdr'] })
})
