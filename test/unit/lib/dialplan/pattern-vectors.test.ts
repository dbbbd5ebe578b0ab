import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { MemoryFiles } from '../../../../src/lib/asterisk-config/files.js'
import { loadConfigStrictly } from '../../../../src/lib/asterisk-config/load.js'
import { encode } from '../../../../src/lib/asterisk-config/text.js'
import { type Dialplan, hintPriority } from '../../../../src/lib/dialplan/dialplan.js'
import { findExtension } from '../../../../src/lib/dialplan/find-extension.js'
import { matchExtension } from '../../../../src/lib/dialplan/pattern-match.js'
import { readDialplan } from '../../../../src/lib/dialplan/read-dialplan.js'

type Entry = string | ['include', string] | ['hint', string] | ['prio', string, number, string]

interface Vector {
  group: string
  contexts: Record<string, Entry[]>
  entry: string
  dialled: string
  callerid?: string
  ran: string[]
  also: [tag: string, extension: string][]
  winner: string | null
  show_order: { context: string; pattern: string; cid?: string; hint?: boolean }[]
}

const fixture = path.join(import.meta.dirname, '../../../fixtures/dialplan/pattern-vectors.json')
const { vectors } = JSON.parse(readFileSync(fixture, 'utf8')) as { vectors: Vector[] }

/** Each priority says its own name. */
function lineOf(context: string, entry: Entry): string {
  if (typeof entry === 'string') return `exten => ${entry},1,NoOp(${entry}@${context}:1)`
  if (entry[0] === 'include') return `include => ${entry[1]}`
  if (entry[0] === 'hint') return `exten => ${entry[1]},hint,PJSIP/x`
  return `exten => ${entry[1]},${entry[2]},NoOp(${entry[3]}@${context}:${entry[2]})`
}

function dialplanOf({ contexts }: Vector): Dialplan {
  const text = Object.entries(contexts).map(([name, entries]) =>
    [`[${name}]`, ...entries.map((entry) => lineOf(name, entry))].join('\n')
  )
  const config = loadConfigStrictly('extensions.conf', new MemoryFiles({ 'extensions.conf': `${text.join('\n')}\n` }))
  return readDialplan(config)
}

/** What runs, step by step, until a priority is not found. */
function run(dialplan: Dialplan, context: string, extension: string, callerId: string | undefined): string[] {
  const tags: string[] = []
  for (let priority = 1; ; priority++) {
    const step = findExtension(dialplan, { context, extension, priority, callerId })
    if (step.found !== 'extension') return tags
    tags.push(step.priority.data)
  }
}

describe('what the real Asterisk 22 ran', () => {
  it('has vectors', () => expect(vectors.length).toBe(100))

  it.each(vectors.map((vector) => [`${vector.group}: ${vector.dialled}`, vector] as const))('%s', (_, vector) => {
    const dialplan = dialplanOf(vector)
    // The recorder dialled Local/NUMBER@CONTEXT, which Asterisk cuts at the first @, and printed the extension in a list with commas.
    const [extension = '', ...rest] = `${vector.dialled}@${vector.entry}`.split('@')
    const context = rest.join('@')
    const printed = (name: string) => name.split(',')[0]!
    const own = run(dialplan, context, extension, vector.callerid).map((tag) => [tag, printed(extension)] as const)
    // When a call that ran at all ends, h runs.
    const atEnd = own.length > 0 ? run(dialplan, context, 'h', vector.callerid).map((tag) => [tag, 'h'] as const) : []
    const all = [...own, ...atEnd]
    expect(all.filter(([, name]) => name === vector.dialled).map(([tag]) => tag)).toEqual(vector.ran)
    expect(all.filter(([, name]) => name !== vector.dialled)).toEqual(vector.also)
    expect(vector.ran[0] ?? null).toBe(vector.winner)
  })

  it.each(
    vectors
      .filter(({ dialled }) => !dialled.includes('@'))
      .map((vector) => [`${vector.group}: ${vector.dialled}`, vector] as const)
  )('sorts as `dialplan show` does: %s', (_, vector) => {
    const dialplan = dialplanOf(vector)
    const shown: Vector['show_order'] = []
    // It looks for an include under the whole text of it.
    const show = (name: string) => {
      const context = dialplan.contexts.get(name)
      for (const { name: pattern, callerId, priorities, match } of context?.extensions ?? []) {
        if (matchExtension(match.pattern, encode(vector.dialled)) === 'no') continue
        const isHint = priorities.every(({ number }) => number === hintPriority)
        shown.push({ context: name, pattern, ...(callerId !== undefined && { cid: callerId }), ...(isHint && { hint: true }) })
      }
      for (const include of context?.includes ?? []) show(include.text)
    }
    show(vector.entry)
    expect(shown).toEqual(vector.show_order)
  })
})
