import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { type CodeBlock, readMarkdown, readPages, root } from '../support/documents.js'
import { commandFiles, commandOf, faultOf, flagNamesOf } from '../support/flag-parser.js'
import { shellCommands } from '../support/shell-commands.js'

const pages = readPages()
const blocks = pages.flatMap((page) => page.blocks.filter(({ language }) => language === 'sh'))
const { scripts } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

/** Programs of others that the pages use: a word that is none of them is a slip of the pen. */
const others = new Set(
  'chmod cp curl dot echo export head install jq nc printf systemctl systemd-sysusers psql unset vitest oclif'.split(' ')
)

/** What is wrong with the commands of a block, each with its place. */
async function faultsOf({ place, text }: Pick<CodeBlock, 'place' | 'text'>): Promise<string[]> {
  const faults = await Promise.all(shellCommands(text).map(({ words }) => faultOfWords(words)))
  return faults.flatMap((fault) => (fault === undefined ? [] : [`${place}: ${fault}`]))
}

async function faultOfWords([program, ...rest]: readonly string[]): Promise<string | undefined> {
  if (program === undefined || others.has(program)) return undefined
  if (program === 'pbxkit') return faultOf(rest)
  if (program === 'npx') return faultOfWords(rest)
  if (program === 'node') {
    if (rest[0] === 'bin/run.js') return faultOf(rest.slice(1))
    return fs.existsSync(path.join(root, rest[0] ?? '')) ? undefined : `there is no ${rest[0]}`
  }
  if (program === 'npm') return faultOfNpm(rest)
  return `what is ${program}?`
}

function faultOfNpm([verb = '', script = '']: readonly string[]): string | undefined {
  if (['ci', 'pack', 'install', 'link'].includes(verb)) return undefined
  const name = verb === 'run' ? script : verb
  return name in scripts ? undefined : `package.json has no script ${name}`
}

describe('command lines of the documentation', () => {
  it('are found', () => {
    expect(blocks.length).toBeGreaterThan(80)
    expect(blocks.filter(({ place }) => place.startsWith('README.md')).length).toBeGreaterThan(8)
  })

  it.each(blocks)('$place is read by the flag parser', async (block) => {
    expect(await faultsOf(block)).toEqual([])
  })
})

/** `pbxkit agi tunnel status [--watch]`: what is optional is taken. What `…` stands for is not. */
const typed = (code: string) => code.replace(/[[\]]/g, '').replace(/ *….*$/s, '')

describe('commands within the text', () => {
  const spans = pages.flatMap((page) => page.spans).filter(({ text }) => text.startsWith('pbxkit '))

  it('are found', () => expect(spans.length).toBeGreaterThan(40))

  it('are read by the flag parser', async () => {
    const faults = await Promise.all(spans.map(({ place, text }) => faultsOf({ place, text: typed(text) })))
    expect(faults.flat()).toEqual([])
  })
})

describe('flags within the text', () => {
  /** Of the benchmarks, and of pbxkit itself; what else begins with two dashes is a flag of a command. */
  const foreign = new Set(['pairs', 'quick', 'version'])
  const spans = pages.flatMap((page) => page.spans).filter(({ text }) => !/^(?:[A-Z_]+=\S+ )*(?:npm|npx|node|vitest) /.test(text))

  it('are flags of the command that is named with them, else of any command', async () => {
    const everywhere = new Set((await Promise.all([...commandFiles.keys()].map(flagNamesOf))).flatMap((names) => [...names]))
    const faults: string[] = []
    for (const { place, text } of spans) {
      const words = text.replace(/^pbxkit /, '').split(/\s+/)
      const command = commandOf(words)
      const known = command === undefined ? everywhere : await flagNamesOf(command)
      for (const word of words.filter((one) => /^\[?--[a-z]/.test(one))) {
        const name = word.replace(/^\[?--/, '').replace(/[^a-z0-9-].*$/s, '')
        if (!known.has(name) && !foreign.has(name)) faults.push(`${place}: ${command ?? 'no command'} has a flag --${name}`)
      }
    }
    expect(faults).toEqual([])
  })
})

describe('the check of command lines (of this test)', () => {
  const check = (text: string) => faultsOf({ place: 'x', text })

  it('sees what does not parse', async () => {
    expect(await check('pbxkit ami sned Ping')).toEqual([expect.stringContaining('no command begins ami sned')])
    expect(await check('pbxkit ami send Ping --hots x')).toEqual([expect.stringContaining('Nonexistent flag: --hots')])
    expect(await check('pbxkit ami send Ping Pong')).toEqual([expect.stringContaining('Unexpected argument: Pong')])
    expect(await check('pbxkit ami send --format xml')).toEqual([expect.stringContaining('--format=xml')])
    expect(await check('pbxkit ami send Ping -F')).toEqual([expect.stringContaining('--field expects a value')])
    expect(await check('pbxkit ami send Ping --timeout soon')).toEqual([expect.stringContaining('soon')])
    expect(await check('true | pbxkit proxy status && X=1 pbxkit proxy serv')).toEqual([
      expect.stringContaining('what is true'),
      expect.stringContaining('no command begins proxy serv')
    ])
    expect(await check('npm run biuld\nnode bin/nothing.mjs')).toHaveLength(2)
  })

  it('lets through what does', async () => {
    expect(
      await check('pbxkit ami events --no-color --filter=A=b --count 1 | head -1\npbxkit help ami\npbxkit --version')
    ).toEqual([])
  })

  it('splits as a shell does', () => {
    const split = (text: string) => shellCommands(text).map(({ assignments, words }) => [...assignments, '|', ...words].join(' '))
    expect(split(`A=1 B='2 3' send -F C='core show' "a \\"b" \\\n  d#e # f\n`)).toEqual([
      'A=1 B=2 3 | send -F C=core show a "b d#e'
    ])
    expect(split('a > out 2>&1 | b < in && c & d; e')).toEqual(['| a', '| b', '| c', '| d', '| e'])
    expect(split("x '<sip:a@b>' 'a;b' a\\ b")).toEqual(['| x <sip:a@b> a;b a b'])
    expect(() => split("a 'b")).toThrow(/no shell reads on/)
  })

  it('finds blocks, marks and inline code', () => {
    const text = '# A `b` c\n\n<!-- run: demo -->\n```sh\nx\n```\n| `a\\|b` |\n## A b c\n'
    const { blocks: found, spans, anchors } = readMarkdown(text, 'f')
    expect(found).toEqual([{ place: 'f:4', language: 'sh', mark: 'run: demo', text: 'x\n' }])
    expect(spans.map((span) => span.text)).toEqual(['b', 'a|b'])
    expect([...anchors]).toEqual(['a-b-c', 'a-b-c-1'])
  })
})
