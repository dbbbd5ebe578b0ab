import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ConfigFiles } from '../../src/lib/asterisk-config/files.js'
import { type LoadedConfig, loadConfig } from '../../src/lib/asterisk-config/load.js'
import { writeConfig } from '../../src/lib/asterisk-config/write.js'
import { DataError } from '../../src/lib/errors.js'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { AMI_ADMIN } from './servers/asterisk-config.js'
import { AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'

/** A section as GetConfig gives it. */
interface Category {
  name: string
  templates: string
  lines: string[]
}

/** Files that hold all that the language has, and what is odd in Asterisk's reading of it. The first one is loaded. */
const cases: Record<string, Record<string, string>> = {
  'templates inherit from templates, and twice': {
    'main.conf': '[t](!)\na=1\n[u](!,t)\nb=2\n[x](u,t)\nc=3\n[y](x)\n[z](t,!)\n[w](z)\n'
  },
  'append takes what it inherited along': { 'main.conf': '[t](!)\na=1\n[x]\nb=2\n[x](t,+)\nc=3\n[X](+,t)\nd=4\n' },
  'append finds the first, whatever its case': { 'main.conf': '[x]\nk=1\n[X]\nk=2\n[x](+)\nm=3\n[X](+)\nm=4\n' },
  'empty names are those of any section': { 'main.conf': '[x]\nk=1\n[y]()\nm=1\n[z](x,)\n' },
  'an empty name with none before it': { 'main.conf': '[y]()\nm=1\n' },
  'append to an empty name': { 'main.conf': '[x]\nk=1\n[](+)\nm=2\n' },
  'append makes a template': { 'main.conf': '[x]\nk=1\n[x](!,+)\nm=2\n[y](x)\n' },
  'filters of append': {
    'main.conf':
      '[a]\ntype=x\n[a]\ntype=yy\nn=1\n[a](+type=^y.$&n=1)\nm=9\n[a](!)\nk=1\n[a](+TEMPLATES=restrict)\np=1\n[b](a)\n[a](+TEMPLATES=include&type=x)\nq=1\n'
  },
  'a filter without a value': { 'main.conf': '[a]\nk=1\n[a](+k)\nm=1\n' },
  'a filter that nobody matches': { 'main.conf': '[a]\nk=1\n[a](+k=2)\nm=1\n' },
  'append to a key': { 'main.conf': '[a]\nk=1\nK=1\nk=1\nk+=2\nk+= 3 \nn+=>4\n\\+=5\nk+=>6\ne=\nE=x\ne+=7\n' },
  'append to an inherited key': { 'main.conf': '[t](!)\nk=1\n[a](t)\nk+=,2\n[b](t)\n' },
  'arrows and equals': { 'main.conf': '[a]\nk=>v\nm= > v\nn = = v\no===>\np=\nq=>\nr==>\n' },
  escapes: { 'main.conf': '[a]\n\\[k=v\n\\#m=\\n\nn=\\;\\\\;\\\no=a\\ ;b\np=\\;;c\nq=x\\;-- y --\\; z\n' },
  'an escaped letter': { 'main.conf': '[a]\n\\å=v\nk=1\n' },
  'block comments in lines': {
    'main.conf': '[a]\nk=1 ;-- c --; 2\nm=;-- a ;-- b --; c --;3;d\n;-- x\n --; n=4 ;-- y\n--;o=5\np=6;--7\n--;\nq=8;---9\n'
  },
  'a block that closes with dashes': { 'main.conf': '[a]\n;--\nk=1\n---;\nm=2\n' },
  'a block that was never opened': { 'main.conf': '[a]\nk=1 --; m\nm=2\n;-- n=3\no=4\n' },
  'an escaped semicolon in a block': { 'main.conf': '[a]\n;-- \\;-- --\\; --; k=1\n' },
  'headers and what follows them': { 'main.conf': '[a] (t)\nk=1\n[b]x\nk=2\n[c](!)y\nk=3\n[d](c)]z\n[e[f]g]\nm=1\n[ h ]\nk=\n' },
  'long names': { 'main.conf': `[${'n'.repeat(90)}]\nk=1\n[${'n'.repeat(79)}](+)\nm=1\n` },
  'a long name that cannot be found again': { 'main.conf': `[${'n'.repeat(90)}]\nk=1\n[${'n'.repeat(90)}](+)\nm=1\n` },
  'long lines': {
    'main.conf': `[a]\nk=${'x'.repeat(8188)}\nl=${'x'.repeat(8189)}\nm=${'y'.repeat(20_000)}\nn=${'z'.repeat(8189)}`
  },
  'a long last line': { 'main.conf': `[a]\nk=1\nn=${'z'.repeat(8188)}` },
  'bytes that end a string': { 'main.conf': '[a]\nk=1\0 2\nm=\0\nn=3\n\0o=4\np=5\r q\n' },
  'only carriage returns': { 'main.conf': '[a]\rk=1\r[b]\r' },
  'other blanks': { 'main.conf': '\v[a]\n\fk\t=\u0001 v \u001f\nm=\u00a0x\u00a0\n' },
  'bytes that are UTF-8': { 'main.conf': '\ufeff[å]\nö = ☺ ü\n' },
  'includes go on with the section': {
    'main.conf': '[a]\nk=1\n#include one.conf\nm=2\n#include two.conf\nn=3\n',
    'one.conf': 'i=1\n[b]\nj=2\n',
    'two.conf': 'o=1\n'
  },
  'includes by quotes and in any case': {
    'main.conf': '[a]\n#INCLUDE "one.conf"\n#TryInclude <one.conf>\n#tryinclude "one.conf\n#include\tone.conf ; c\n',
    'one.conf': 'i=1\n'
  },
  'a broken file that is included': {
    'main.conf': '[a]\nk=1\n#include one.conf\nm=2\n[b]\nk=1\n',
    'one.conf': 'i=1\n[c]\nj=1\n[oops\n[d]\nj=2\n'
  },
  'broken files take levels away': {
    'main.conf': `[a]\n${'#include one.conf\n'.repeat(9)}k=1\n#tryinclude two.conf\nm=1\n#tryinclude one.conf\n#tryinclude two.conf\nn=1\n`,
    'one.conf': 'i=1\n[oops\n',
    'two.conf': 't=1\n'
  },
  'a missing file in an included one': {
    'main.conf': '[a]\nk=1\n#include one.conf\nm=2\n',
    'one.conf': 'i=1\n#include none.conf\nj=2\n'
  },
  'a missing file': { 'main.conf': '[a]\nk=1\n#include none.conf\n' },
  'a file that includes itself': { 'main.conf': '[a]\nk=1\n#tryinclude main.conf\nm=1\n' },
  'a glob in order': {
    'main.conf': '[a]\nk=1\n#include part.d/*.conf\nm=2\n',
    'part.d/b.conf': 'b=1\n[c]\n',
    'part.d/a.conf': 'a=1\n',
    'part.d/B.conf': 'B=1\n',
    'part.d/.h.conf': 'h=1\n',
    'part.d/c.txt': 't=1\n'
  },
  'a glob shares its comments': {
    'main.conf': '[a]\nk=1\n#include part.d/[ab]*\nm=2\n',
    'part.d/a.conf': 'a=1\n;-- open\n',
    'part.d/b.conf': 'b=1\n--;\nc=1\n'
  },
  'a glob skips one byte order mark': {
    'main.conf': '[a]\n#include part.d/?.conf\n',
    'part.d/a.conf': '\ufeffa=1\n',
    'part.d/b.conf': '\ufeffb=1\n'
  },
  'a glob stops at a broken file': {
    'main.conf': '[x]\n#include part.d/*\nz=1\n',
    'part.d/a': 'a=1\n',
    'part.d/b': '[oops\n',
    'part.d/c': 'c=1\n'
  },
  'braces and sets': {
    'main.conf': '[x]\n#include part.d/{c,a,{b,d}}.conf\n#tryinclude part.d/[!a-c].conf\n#include part.d/{none,a}.conf\n',
    'part.d/a.conf': 'a=1\n',
    'part.d/b.conf': 'b=1\n',
    'part.d/c.conf': 'c=1\n',
    'part.d/d.conf': 'd=1\n'
  },
  'a glob of nothing': { 'main.conf': '[x]\nk=1\n#include part.d/*.none\n' },
  'a glob of nothing that may be': { 'main.conf': '[x]\nk=1\n#tryinclude part.d/*.none\nm=1\n' },
  'a folder': { 'main.conf': '[x]\nk=1\n#tryinclude part.d\nm=1\n', 'part.d/a': 'a=1\n' },
  'settings before sections, in an included file': { 'main.conf': '#include one.conf\n[a]\nk=1\n', 'one.conf': 'k=1\n[b]\n' },
  'settings after an include, before sections': { 'main.conf': '#include one.conf\nk=1\n', 'one.conf': '[b]\nj=1\n' },
  'directives that are none': { 'main.conf': '[a]\n#define x\n#\n# include one.conf\n#exec /bin/false\nk=1\n#includeone.conf\n' }
}

await describeLab('configuration files as Asterisk 22 reads them', () => {
  let asterisk: RunningAsterisk
  let ami: AmiSocket
  let count = 0

  beforeAll(async () => {
    asterisk = await startAsterisk({ name: 'asterisk-config' })
    ami = await AmiSocket.login(asterisk.amiPort, AMI_ADMIN, { events: 'off' })
  })

  afterAll(async () => {
    ami?.destroy()
    await asterisk?.stop()
  })

  /** Writes files into a folder of their own, in which a name of a file is looked for as if it were Asterisk's. */
  function put(files: Record<string, string | Uint8Array>): { folder: string; files: ConfigFiles } {
    const folder = `case${++count}`
    const host = path.join(asterisk.dir, 'etc', folder)
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(host, name)), { recursive: true })
      const text = typeof content === 'string' ? inFolder(content, folder) : content
      writeFileSync(path.join(host, name), text)
    }
    return { folder, files: hostFiles(path.join(asterisk.dir, 'etc')) }
  }

  /** `undefined`: Asterisk refuses the file. */
  async function getConfig(file: string): Promise<Category[] | undefined> {
    const answer = await ami.ask(`Action: GetConfig\r\nFilename: ${file}\r\n`)
    if (answer.get('Response') === 'Error') {
      expect(answer.get('Message')).toBe('Config file has invalid format')
      return undefined
    }
    const categories: Category[] = []
    for (const [name, value] of answer.headers) {
      if (name.startsWith('Category-')) categories.push({ name: value, templates: '', lines: [] })
      else if (name.startsWith('Templates-')) categories.at(-1)!.templates = value
      else if (name.startsWith('Line-')) categories.at(-1)!.lines.push(value)
    }
    return categories
  }

  it.each(Object.keys(cases))('%s', async (name) => {
    const { folder, files } = put(cases[name]!)
    const file = `${folder}/main.conf`
    expect(ours(loadConfig(file, files))).toEqual(await getConfig(file))
  })

  it('any files', async () => {
    const name = fc.constantFrom('a', 'b', 'c', 'A', '', ' a')
    const option = fc.oneof(
      { arbitrary: fc.constantFrom('!', '+', '!,+', '+,a', '+k=1'), weight: 1 },
      { arbitrary: name, weight: 2 }
    )
    const header = fc
      .tuple(name, fc.option(fc.array(option, { maxLength: 2 })))
      .map(([one, all]) => (all ? `[${one}](${all.join(',')})` : `[${one}]`))
    const piece = fc.constantFrom('k', 'm', ' ', '=', '=>', '+=', ';', ';--', '--;', '\\', '>', 'v', '1', '\t', '[', ']', '(')
    const junk = fc.array(piece, { maxLength: 8 }).map((all) => all.join(''))
    const setting = fc
      .tuple(fc.constantFrom('k', 'm', 'K'), fc.constantFrom('=', ' += ', '=>', '+='), fc.constantFrom('1', '2', '', ' x'))
      .map((all) => all.join(''))
    const include = fc.constantFrom('#include one.conf', '#tryinclude two.conf', '#tryinclude none.conf')
    const line = fc.oneof(
      { arbitrary: setting, weight: 6 },
      { arbitrary: header, weight: 3 },
      { arbitrary: junk, weight: 2 },
      { arbitrary: include, weight: 1 }
    )
    const lines = (maxLength: number) => fc.array(line, { maxLength }).map((all) => `${all.join('\n')}\n`)
    const text = fc.record({ main: lines(14).map((all) => `[a]\nk=1\n${all}`), one: lines(5), two: lines(5) })
    let valid = 0
    for (const { main, one, two } of fc.sample(text, { numRuns: 400, seed: 7 })) {
      const { folder, files } = put({
        'main.conf': main,
        'one.conf': one.replaceAll('#include', '#tryinclude'),
        'two.conf': two.replaceAll(/#.*/g, '')
      })
      const config = loadConfig(`${folder}/main.conf`, files)
      // Asterisk would not come back from it.
      if (config.problems.some(({ code }) => code === 'inherits-itself')) continue
      if (config.isValid) valid++
      expect(ours(config), `${main}\n-- one\n${one}\n-- two\n${two}`).toEqual(await getConfig(`${folder}/main.conf`))
    }
    expect(valid).toBeGreaterThan(100)
  })

  it('what our writer writes', async () => {
    const text = fc.string({
      unit: fc.oneof(fc.constantFrom(...';-\\[](){}<>=+#,"$& '), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })),
      maxLength: 30
    })
    const settings = fc.array(fc.record({ name: text, value: text, operator: fc.constantFrom('=' as const, '=>' as const) }), {
      maxLength: 12
    })
    for (const given of fc.sample(settings, { numRuns: 100, seed: 7 })) {
      const written = given.filter((one) => isWritable(() => writeConfig([{ name: 'a', settings: [one] }])))
      const { folder } = put({ 'main.conf': writeConfig([{ name: 'a', settings: written }]) })
      const lines = written.map(({ name, value }) => `${name}=${value}`)
      expect(await getConfig(`${folder}/main.conf`)).toEqual([{ name: 'a', templates: '', lines }])
    }
  })
})

function isWritable(write: () => unknown): boolean {
  try {
    write()
    return true
  } catch (error) {
    if (error instanceof DataError) return false
    throw error
  }
}

/** Asterisk looks for included files in its own folder, whichever file they are named in. */
function inFolder(text: string, folder: string): string {
  return text.replaceAll(/^(#(?:try)?include[ \t]+["<]?)(?=\S)/gim, `$1${folder}/`)
}

function hostFiles(folder: string): ConfigFiles {
  const orUndefined = <T>(ask: () => T): T | undefined => {
    try {
      return ask()
    } catch {
      return undefined
    }
  }
  return {
    folder,
    read: (file) => (orUndefined(() => readdirSync(file)) ? 'not-a-file' : orUndefined(() => readFileSync(file))),
    list: (one) => orUndefined(() => readdirSync(one))
  }
}

/** As GetConfig says it, without templates. AMI takes line ends out of what it sends. */
function ours({ isValid, sections }: LoadedConfig): Category[] | undefined {
  if (!isValid) return undefined
  return sections
    .filter(({ isTemplate }) => !isTemplate)
    .map(({ name, templates, settings }) => ({
      name,
      templates: templates.join(','),
      lines: settings.map((setting) => `${setting.name}=${setting.value}`)
    }))
}
