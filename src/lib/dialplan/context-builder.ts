import { encode } from '../asterisk-config/text.js'
import type { Context, DialplanProblemCode, Extension, Include, Priority, Switch } from './dialplan.js'
import { hintPriority } from './dialplan.js'
import { extensionKey } from './pattern-key.js'
import { matchExtension, withoutDashes } from './pattern-match.js'

/** Says what is wrong with the line that is being read. */
export type Report = (code: DialplanProblemCode, message: string) => void

interface Draft {
  readonly key: string
  readonly callerIdKey: string
  readonly callerId: string | undefined
  readonly priorities: Priority[]
  readonly labels: Map<string, Priority>
}

/** Puts a context together, line by line, as ast_add_extension2 and ast_context_add_include2 do (pbx.c). */
export class ContextBuilder {
  readonly name: string
  readonly #file: string
  readonly #line: number
  readonly #drafts = new Map<string, Draft[]>()
  readonly includes: Include[] = []
  readonly switches: Switch[] = []
  readonly ignorePatterns: string[] = []
  hasAutoHints = false

  constructor(name: string, file: string, line: number) {
    this.name = name
    this.#file = file
    this.#line = line
  }

  /** @param given its extension may have blanks; the priority is dropped with a report where Asterisk would drop it */
  addPriority(given: Priority, callerId: string | undefined, report: Report): void {
    const extension = withoutBlanks(given.extension)
    if (extension === '') return report('extension-empty', 'The extension has no name')
    const draft = this.#draft(extension, callerId === undefined ? undefined : withoutBlanks(callerId))
    const taken = draft.priorities.find(({ number }) => number === given.number)
    const label = this.#freeLabel(draft, given, report)
    if (taken) {
      const as = taken.extension === extension ? '' : ` as ${taken.extension}`
      return report(
        'priority-taken',
        `${extension} has a priority ${showPriority(given.number)} in line ${taken.line} of ${taken.file}${as} already; that one counts`
      )
    }
    const priority: Priority = { ...given, extension, label }
    const at = draft.priorities.findIndex(({ number }) => number > given.number)
    if (at < 0) draft.priorities.push(priority)
    else draft.priorities.splice(at, 0, priority)
    if (label !== undefined && !draft.labels.has(label)) draft.labels.set(label, priority)
  }

  addInclude(include: Include, report: Report): void {
    if (this.includes.some(({ text }) => text.toLowerCase() === include.text.toLowerCase())) {
      return report('included-already', `${include.text} is included in ${this.name} already`)
    }
    this.includes.push(include)
  }

  /** The priority of a label in an extension that matches a name, as `exten => 1,label,…` looks for it. */
  findLabel(extension: string, label: string, callerId: string | undefined): number | undefined {
    const number = encode(extension)
    const caller = encode(callerId ?? '')
    for (const { match, labels } of this.build().extensions) {
      if (matchExtension(match.pattern, number) === 'no' || !matchesCaller(match.callerId, caller)) continue
      const found = labels.get(label)
      if (found) return found.number
    }
    return undefined
  }

  build(): Context {
    const drafts = [...this.#drafts.values()].flat().sort(byKey)
    const extensions = drafts.map(finish)
    const plain = new Map<string, Extension[]>()
    for (const extension of extensions) {
      if (extension.match.pattern[0] === '_') continue
      const number = withoutDashes(extension.match.pattern)
      const same = plain.get(number)
      if (same) same.push(extension)
      else plain.set(number, [extension])
    }
    return {
      name: this.name,
      extensions,
      plain,
      patterns: extensions.filter(({ match }) => match.pattern[0] === '_'),
      includes: this.includes,
      switches: this.switches,
      ignorePatterns: this.ignorePatterns,
      hasAutoHints: this.hasAutoHints,
      file: this.#file,
      line: this.#line
    }
  }

  #draft(extension: string, callerId: string | undefined): Draft {
    const key = extensionKey(encode(extension))
    // Those for one caller come before those for all.
    const callerIdKey = callerId === undefined ? '1' : `0${extensionKey(encode(callerId))}`
    const same = this.#drafts.get(key) ?? []
    this.#drafts.set(key, same)
    const found = same.find((draft) => draft.callerIdKey === callerIdKey)
    if (found) return found
    const draft: Draft = { key, callerIdKey, callerId, priorities: [], labels: new Map() }
    same.push(draft)
    return draft
  }

  /** A label that a lower priority has is dropped. One that a higher priority has is kept, but the other one is found by it. */
  #freeLabel({ priorities }: Draft, { number, label }: Priority, report: Report): string | undefined {
    if (label === undefined || label === '') return undefined
    const upTo = priorities.findIndex((one) => one.number >= number)
    const seen = upTo < 0 ? priorities : priorities.slice(0, upTo + 1)
    const taken = seen.find((one) => one.label === label && one.number !== number)
    if (!taken) return label
    report('label-taken', `The label ${label} is that of priority ${showPriority(taken.number)} already; it is dropped`)
    return undefined
  }
}

/** Asterisk takes blanks out of extensions and caller ids, but in the sets of patterns. */
function withoutBlanks(extension: string): string {
  if (!extension.includes(' ')) return extension
  const isPattern = extension[0] === '_'
  let isInSet = false
  let kept = ''
  for (const char of extension) {
    if (char === '[') isInSet = isInSet || isPattern
    else if (char === ']') isInSet = false
    if (char !== ' ' || isInSet) kept += char
  }
  return kept
}

/** Does a caller's number match that of an extension? Both have one character a byte. */
export function matchesCaller(wanted: string | undefined, caller: string): boolean {
  if (wanted === undefined) return true
  return caller === '' ? wanted === '' : matchExtension(wanted, caller) !== 'no'
}

export function showPriority(number: number): string {
  return number === hintPriority ? 'hint' : String(number)
}

function byKey(a: Draft, b: Draft): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1
  return a.callerIdKey < b.callerIdKey ? -1 : 1
}

function finish({ callerId, priorities, labels }: Draft): Extension {
  const name = priorities[0]!.extension
  const match = { pattern: encode(name), callerId: callerId === undefined ? undefined : encode(callerId) }
  return { name, callerId, priorities, labels: new Map(labels), match }
}
