import { expect } from 'vitest'
import { blocksOf, type Lines, value } from './blocks.js'
import type { Outcome, Setup, Side } from './replay.js'

/**
 * Expected text, with LF for CRLF and one empty line between blocks; `*` stands for anything in a line, a line `...` for any lines. Empty: nothing
 * was said.
 */
export type Text = string | { v122: string; v130: string }

/** Text on the connection that sent, or by connection. */
export type Texts = Text | { [connection: number]: Text }

export type Kind = 'keep' | 'fixed' | 'dropped'

/** What is to be said of one exchange of a recording. */
export interface Verdict {
  kind: Kind
  /** What the client did. */
  what: string
  /** `keep`: how equal; else why ours is different. */
  why: string
  /** Of which version's recording; undefined: of both. */
  only?: 'v122' | 'v130'
  check: (outcome: Outcome, version: 'v122' | 'v130') => void
}

/** All that is to be said of one recording, and of its twin of the other version. */
export interface Scenario {
  name: string
  /** What is configured otherwise than it was. */
  variant?: string
  setup: Setup
  verdicts: readonly Verdict[]
}

export const onlyV122 = (verdict: Verdict): Verdict => ({ ...verdict, only: 'v122' })
export const onlyV130 = (verdict: Verdict): Verdict => ({ ...verdict, only: 'v130' })

/** Everybody receives the same bytes. */
export function keep(what: string): Verdict {
  return {
    kind: 'keep',
    what,
    why: 'the same bytes',
    check: ({ recorded, ours }) => {
      expect(Object.fromEntries(ours.received)).toEqual(Object.fromEntries(recorded.received))
      expectSameEnd(recorded, ours)
    }
  }
}

/**
 * Everybody receives the same headers in the same blocks, with those of `added` besides; the order within a block is not the old program's.
 * @param other headers that both may have, with values of their own
 */
export function keepHeaders(what: string, added: readonly string[] = [], other: readonly string[] = []): Verdict {
  const shared = (lines: Lines) => sorted(lines.filter((line) => !other.some((name) => line.startsWith(`${name}: `))))
  return {
    kind: 'keep',
    what,
    why: `the same headers${added.length === 0 ? '' : `, and ${added.join(', ')}`}${other.length === 0 ? '' : `; ${other.join(', ')} of our own`}`,
    check: ({ recorded, ours }) => {
      expect([...ours.received.keys()]).toEqual([...recorded.received.keys()])
      for (const [connection, text] of ours.received) {
        const is = blocksOf(text)
        const was = blocksOf(recorded.received.get(connection)!)
        expect(is.map((lines, at) => shared(withoutAdded(lines, was[at] ?? [], added)))).toEqual(was.map(shared))
      }
      expectSameEnd(recorded, ours)
    }
  }
}

const sorted = (lines: Lines) => [...lines].sort()

/** What is left of a block of ours without the headers that were added; one that the recorded block has too is none of them. */
function withoutAdded(is: Lines, was: Lines, added: readonly string[]): Lines {
  return sorted(is.filter((line) => was.includes(line) || !added.some((name) => line.startsWith(`${name}: `))))
}

function expectSameEnd(recorded: Side, ours: Side): void {
  expect(ours.closed.has(ours.from)).toBe(recorded.closed.has(recorded.from))
}

export interface Difference {
  was: Texts
  is: Texts
  /** Do we close, where the old program did not? */
  closes?: boolean
  /** Did the old program close, or die, where we do not? */
  wasClosed?: boolean
}

/** The old program had a fault. */
export function fixed(what: string, why: string, difference: Difference): Verdict {
  return { kind: 'fixed', what, why, check: differs(difference) }
}

/** The old program meant it so, and ours does not do it. */
export function dropped(what: string, why: string, difference: Difference): Verdict {
  return { kind: 'dropped', what, why, check: differs(difference) }
}

/** The check of `fixed` and `dropped` alone. */
export function differs({ was, is, closes = false, wasClosed = false }: Difference): Verdict['check'] {
  return ({ recorded, ours }, version) => {
    expectTexts(recorded, was, version)
    expectTexts(ours, is, version)
    expect({ was: recorded.closed.has(recorded.from), is: ours.closed.has(ours.from) }).toEqual({ was: wasClosed, is: closes })
  }
}

/** The asker's answer is the same to the byte; the others, who saw it too, see only what is for all. */
export function toAskerOnly(what: string): Verdict {
  return {
    kind: 'fixed',
    what,
    why: 'the asker has the same bytes, the others do not see its answer any more',
    check: ({ recorded, ours }) => {
      const { from } = recorded
      expect(ours.received.get(from)).toBe(recorded.received.get(from))
      const others = [...recorded.received].filter(([connection]) => connection !== from)
      expect(others.some(([, text]) => blocksOf(text).some(isAnswer))).toBe(true)
      for (const [connection, text] of others) expect(eventsOf(ours, connection)).toEqual(blocksOf(text).flatMap(forAll))
      for (const connection of ours.received.keys()) expect(recorded.received.has(connection)).toBe(true)
    }
  }
}

/** The asker has the same bytes; what is no answer reaches all others, without the asker's ActionID. */
export function eventsToAll(what: string, why: string): Verdict {
  return {
    kind: 'fixed',
    what,
    why,
    check: ({ recorded, ours }) => {
      const { from } = recorded
      const said = recorded.received.get(from)!
      expect(ours.received.get(from)).toBe(said)
      const others = [...ours.received.keys()].filter((connection) => connection !== from)
      expect(others.length).toBeGreaterThan(0)
      for (const connection of others) {
        expect(recorded.received.get(connection)).not.toBe(ours.received.get(connection))
        expect(eventsOf(ours, connection)).toEqual(blocksOf(said).flatMap(forAll))
      }
    }
  }
}

function isAnswer(lines: Lines): boolean {
  return lines[0]!.startsWith('Response: ') || (value(lines, 'ActionID') !== undefined && value(lines, 'Privilege') === undefined)
}

/** Whoever did not ask gets an event without the asker's ActionID. */
function forAll(lines: Lines): Lines[] {
  return isAnswer(lines) ? [] : [lines.filter((line) => !line.startsWith('ActionID: '))]
}

function eventsOf({ received }: Side, connection: number): Lines[] {
  return blocksOf(received.get(connection) ?? '')
}

function expectTexts({ from, received }: Side, texts: Texts, version: 'v122' | 'v130'): void {
  const isText = typeof texts === 'string' || 'v122' in texts
  const expected = new Map(
    isText ? [[from, texts as Text]] : Object.entries(texts).map(([at, text]) => [Number(at), text as Text])
  )
  for (const connection of new Set([...received.keys(), ...expected.keys()])) {
    const text = (received.get(connection) ?? '').replaceAll('\r\n', '\n').trimEnd()
    const wanted = expected.get(connection) ?? ''
    expect(text).toMatch(pattern(typeof wanted === 'string' ? wanted : wanted[version]))
  }
}

export function pattern(text: string): RegExp {
  const lines = text.split('\n').map((line) => {
    if (line === '...') return '(?:[^\\n]*\\n)*?[^\\n]*'
    return line
      .replace(/[.+?^${}()|[\]\\/]/g, '\\$&')
      .replaceAll('*', '[^\\n]*')
      .replace(/ +$/, ' *')
  })
  return new RegExp(`^${lines.join('\\n')}$`)
}
