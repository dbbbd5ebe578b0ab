import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesQuery, splitMatches } from '../../../../src/lib/ami-shell/cli-matches.js'
import { type CompletionSource, complete } from '../../../../src/lib/ami-shell/completion.js'
import { splitWords } from '../../../../src/lib/ami-shell/line-words.js'

const asked: string[] = []
const source: CompletionSource = {
  actionNames: () => ['Originate', 'Ping', 'QueueAdd', 'QueueSummary', 'Command'],
  eventNames: () => ['Hangup', 'Newchannel'],
  fields: async (action) =>
    action.toLowerCase() === 'queueadd'
      ? [
          { name: 'Queue', required: true },
          { name: 'Interface', required: true },
          { name: 'Paused', required: false, values: ['true', 'false'] },
          { name: 'Variable', required: false }
        ]
      : [],
  values: async (action, field, given) => {
    asked.push(`${action} ${field} ${JSON.stringify(given)}`)
    return field === 'Interface' ? ['PJSIP/alice', 'PJSIP/bob', 'Local/a b@c', "Local/it's"] : []
  },
  cli: async (command) => (command.startsWith('core sh') ? ['show'] : [])
}

const candidates = async (line: string) => (await complete(line, source)).candidates

describe('completion', () => {
  it('of actions, whatever the case, and behind the commands of the shell that take one', async () => {
    expect(await complete('queue', source)).toEqual({ typed: 'queue', candidates: ['QueueAdd ', 'QueueSummary '] })
    expect(await complete('\\watch 2 Pi', source)).toEqual({ typed: 'Pi', candidates: ['Ping '] })
    expect(await complete('\\json ori', source)).toEqual({ typed: 'ori', candidates: ['Originate '] })
    expect(await candidates('')).toHaveLength(5)
    expect(await candidates('\\watch 2')).toEqual([])
  })

  it('of commands of the shell, and of the words that they take', async () => {
    expect(await candidates('\\wa')).toEqual(['\\watch '])
    expect(await candidates('\\events o')).toEqual(['off', 'on'])
    expect(await candidates('\\help Pi')).toEqual(['Ping'])
    expect(await candidates('\\event New')).toEqual(['Newchannel'])
    expect(await candidates('\\quit x')).toEqual([])
    expect(await candidates('\\nothing x')).toEqual([])
  })

  it('of fields: the needed ones first, none twice but those that may be', async () => {
    expect(await candidates('QueueAdd ')).toEqual(['Interface=', 'Queue='])
    expect(await candidates('QueueAdd queue=a ')).toEqual(['Interface='])
    expect(await candidates('QueueAdd Queue=a Interface=b ')).toEqual(['Paused=', 'Variable='])
    expect(await candidates('QueueAdd Variable=a=1 Var')).toEqual(['Variable='])
  })

  it('of values: those that are documented, else those of the server, quoted where they have to be', async () => {
    expect(await complete('QueueAdd Paused=t', source)).toEqual({ typed: 't', candidates: ['true '] })
    expect(await complete('QueueAdd Interface=pj', source)).toEqual({ typed: 'pj', candidates: ['PJSIP/alice ', 'PJSIP/bob '] })
    expect(await candidates('QueueAdd Interface=Local/a')).toEqual(["'Local/a b@c' "])
    expect(await complete(`QueueAdd Interface="Local/a b`, source)).toEqual({
      typed: '"Local/a b',
      candidates: ['"Local/a b@c" ']
    })
    expect(await candidates(`QueueAdd Interface='Local/it`)).toEqual([`"Local/it's" `])
    asked.length = 0
    await candidates('QueueAdd Queue=support Interface=')
    expect(asked).toEqual(['QueueAdd Interface [["Queue","support"]]'])
  })

  it("of CLI commands is Asterisk's own", async () => {
    expect(await complete('Command core sh', source)).toEqual({ typed: 'sh', candidates: ['show '] })
    expect(await candidates('\\watch 1 command core sh')).toEqual(['show '])
  })

  it('of too many leaves the common beginning as it is', async () => {
    const many = Array.from({ length: 5_000 }, (_, index) => `Queue${String(index).padStart(4, '0')}`)
    const { candidates: shown } = await complete('Q', { ...source, actionNames: () => many })
    expect(shown).toHaveLength(200)
    expect([shown[0], shown.at(-1)]).toEqual(['Queue0000 ', 'Queue4999 '])
  })

  it('gives lines that are read as the value that was chosen, wherever it is asked for', async () => {
    const value = fc.string({ minLength: 1, unit: fc.constantFrom('a', 'B', ' ', "'", '"', '\\', '=', '/') })
    await fc.assert(
      fc.asyncProperty(value, fc.constantFrom('', '"', "'"), async (one, quote) => {
        const line = `QueueAdd Interface=${quote}`
        const { typed, candidates: found } = await complete(line, { ...source, values: async () => [one] })
        expect(line.endsWith(typed)).toBe(true)
        const completed = line.slice(0, line.length - typed.length) + found[0]
        expect(splitWords(completed).words[1]?.text).toBe(`Interface=${one}`)
      })
    )
  })

  it('replaces only the end of the line, whatever was typed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('QueueAdd', 'Command', 'a', ' ', "'", '"', '\\', '=') }),
        async (line) => {
          expect(line.endsWith((await complete(line, source)).typed)).toBe(true)
        }
      )
    )
  })
})

describe("Asterisk's completion of CLI commands", () => {
  it('is asked for as its own console asks', () => {
    expect(matchesQuery('core show ch')).toEqual([
      ['Action', 'Command'],
      ['Command', '_command matchesarray "core show ch" "ch"']
    ])
    expect(matchesQuery('core show "x')).toBeUndefined()
  })

  it('has the common beginning before the words, and an end', () => {
    expect(splitMatches('channel channel channels channeltype channeltypes _EOF_\n')).toEqual([
      'channel',
      'channels',
      'channeltype',
      'channeltypes'
    ])
    expect(splitMatches(' alice bob _EOF_\n')).toEqual(['alice', 'bob'])
    expect(splitMatches('show show _EOF_')).toEqual(['show'])
    expect(splitMatches("No such command '_command'\n")).toEqual([])
    expect(splitMatches(' a\x1b[2J b _EOF_')).toEqual(['b'])
  })
})
