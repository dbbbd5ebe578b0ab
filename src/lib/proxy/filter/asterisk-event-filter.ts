import type { Block } from '../../ami/block.js'
import { DataError } from '../../errors.js'
import { compileRule, EventFilterError, type FilterRule, type MatchMethod, maximumChoices } from './asterisk-filter-rule.js'
import type { EventFilter } from './event-filter.js'
import type { EventView } from './event-view.js'

const lf = 0x0a
const cr = 0x0d
/** Asterisk takes everything up to the blank for one (`ast_skip_blanks`, `ast_trim_blanks`). */
const lastBlank = 0x20

const badFormat = 'Filter was formatted incorrectly.  Check the syntax of the filter given.'

/**
 * @param text a line of manager.conf (`eventfilter(name(Hangup)) =`, `eventfilter = !Channel: DAHDI/`), what such a line has behind the word
 * (`(name(Hangup)) =`), or the value of a legacy filter alone (`!Channel: DAHDI/`)
 * @throws EventFilterError with the reason that Asterisk logs
 */
export function parseEventFilter(text: string): FilterRule {
  const line = /^\s*eventfilter([^=]*)=>?(.*)$/s.exec(text) ?? /^\s*(\(\s*\w+\([^=]*\)\s*)=>?(.*)$/s.exec(text)
  const [criteria, pattern] = line ? [line[1]!, line[2]!] : ['', text]
  return readRule(`eventfilter${strip(criteria)}`, strip(pattern))
}

/**
 * The rule that a Filter action adds, or the `Message:` of Asterisk's error answer. After a rule Asterisk answers `Success`, with that word as
 * its message. Only the first header of each name counts (`astman_get_header`).
 */
export function ruleFromAction(block: Block): { rule: FilterRule } | { error: string } {
  const header = (name: string): string => cString(skipBlanks(block.get(name) ?? ''))
  // As with strcasecmp: blanks behind the word are part of it.
  if (header('Operation').toLowerCase() !== 'add') return { error: 'Unknown operation' }
  const criteria = header('MatchCriteria')
  try {
    return { rule: readRule(criteria === '' ? 'eventfilter' : `eventfilter(${criteria})`, header('Filter')) }
  } catch (error) {
    if (error instanceof EventFilterError) return { error: error.answer }
    throw error
  }
}

/** `manager_add_filter` of Asterisk's manager.c: the same checks in the same order. */
function readRule(criteria: string, value: string): FilterRule {
  const isNegated = value.startsWith('!')
  const pattern = isNegated ? value.slice(1) : value
  const fail = (reason: string): never => {
    throw new EventFilterError(`'${criteria} = ${pattern}': ${reason}`, badFormat)
  }
  const at = criteria.indexOf('(')
  if (at < 0) {
    if (pattern === '') fail('Legacy filter with no filter pattern specified')
    return compileRule({ exclude: isNegated, eventName: undefined, header: undefined, method: 'regex', pattern })
  }
  const options = readOptions(criteria.slice(at + 1), fail)
  const { eventName, header, method = 'none' } = options
  if (pattern === '' && method !== 'none') fail(`method can't be '${method}' with no filter pattern`)
  if (pattern !== '' && method === 'none') fail("method can't be 'none' with a filter pattern")
  if (eventName === undefined && header === undefined && method === 'none')
    fail('No name or header option found and no filter pattern')
  return compileRule({ exclude: options.exclude ?? isNegated, eventName, header, method, pattern })
}

type Options = { exclude?: boolean; eventName?: string; header?: string; method?: MatchMethod }

const methods: readonly string[] = ['regex', 'exact', 'starts_with', 'ends_with', 'contains', 'none'] satisfies MatchMethod[]

/** What stands between the outer parentheses, in any order; of an option that is given twice, the last counts. */
function readOptions(list: string, fail: (reason: string) => never): Options {
  if (!trimEnd(list).endsWith(')')) fail('Filter options not formatted correctly')
  const options: Options = {}
  const words = list.split(/[ ,)]+/).filter((word) => trimEnd(word) !== '')
  if (words.length === 0) fail('No action, name, header, or method option found')
  for (const word of words) {
    // strncmp: `names(x` is a name, too.
    const option = ['action', 'name', 'header', 'method'].find((name) => word.startsWith(name))
    if (option === undefined) fail(`Filter option '${word}' is unknown`)
    const open = word.indexOf('(')
    const value = trimEnd(word.slice(open + 1))
    // Of the last three without a parenthesis Asterisk 22 dies (a null pointer).
    if (open < 0 || (value === '' && option !== 'action')) fail(`'${option}' parameter not formatted correctly`)
    if (option === 'action') {
      if (value !== 'include' && value !== 'exclude') fail(`'action' option '${value}' is unknown`)
      options.exclude = value === 'exclude'
    } else if (option === 'method') {
      if (!methods.includes(value)) fail(`'method' option '${value}' is unknown`)
      options.method = value as MatchMethod
    } else if (option === 'name') options.eventName = value
    else options.header = value.endsWith(':') ? value : `${value}:`
  }
  return options
}

function skipBlanks(text: string): string {
  let at = 0
  while (at < text.length && text.charCodeAt(at) <= lastBlank) at++
  return text.slice(at)
}

function trimEnd(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) <= lastBlank) end--
  return text.slice(0, end)
}

function strip(text: string): string {
  return skipBlanks(trimEnd(text))
}

function cString(text: string): string {
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}

/** Every event is tested against each of them until one matches; what people write in manager.conf is a handful. */
export const maximumRules = 64

/**
 * The event filters of one session, as Asterisk 22 combines them (`should_send_event` in manager.c): without rules everything passes; an event
 * passes when any include rule matches, or there is none, and no exclude rule matches. It is for what Asterisk distributes to all sessions:
 * items of lists, answers, and the FullyBooted of one's own login never meet a filter there.
 */
export class AsteriskEventFilter implements EventFilter {
  readonly rules: readonly FilterRule[]
  /** Equal when the same events pass for the same reason: neither order nor repetition of the rules counts. */
  readonly key: string
  readonly #includes: readonly Matcher[]
  readonly #excludes: readonly Matcher[]

  /** @throws DataError past `maximumRules` and `maximumChoices` */
  constructor(rules: readonly FilterRule[]) {
    if (rules.length > maximumRules) throw new DataError(`A session has at most ${maximumRules} event filters`)
    const distinct = new Map(rules.map((rule) => [keyOf(rule), rule]))
    const choices = [...distinct.values()].reduce((sum, rule) => sum + rule.choices, 0)
    if (choices > maximumChoices) {
      throw new DataError(`The regular expressions of a session have at most ${maximumChoices} choices (. [] | * + ? {})`)
    }
    this.rules = rules
    this.key = [...distinct.keys()].sort().join('\n')
    const matchers = [...distinct.values()].map((rule) => new Matcher(rule))
    this.#includes = matchers.filter(({ rule }) => !rule.exclude)
    this.#excludes = matchers.filter(({ rule }) => rule.exclude)
  }

  apply(event: EventView): Buffer | undefined {
    const text = new EventText(event)
    if (this.#includes.length > 0 && !this.#includes.some((include) => include.matches(text))) return undefined
    return this.#excludes.some((exclude) => exclude.matches(text)) ? undefined : event.bytes
  }
}

/** JSON has no bare LF: keys can be joined with it. */
function keyOf({ exclude, eventName, header, method, pattern }: FilterRule): string {
  return JSON.stringify([exclude, eventName ?? null, header ?? null, method, pattern])
}

/** An event, decoded at most once for all regular expressions. */
class EventText {
  readonly event: EventView
  #decoded: string | undefined

  constructor(event: EventView) {
    this.event = event
  }

  /** Asterisk's locale is C.UTF-8 (main in asterisk.c): a dot is a character, not a byte. */
  get decoded(): string {
    this.#decoded ??= this.event.bytes.toString('utf8')
    return this.#decoded
  }
}

/** One rule, with its texts as bytes. */
class Matcher {
  readonly rule: FilterRule
  readonly #eventName: string | undefined
  readonly #header: Buffer | undefined
  readonly #pattern: Buffer

  constructor(rule: FilterRule) {
    this.rule = rule
    this.#eventName = rule.eventName === undefined ? undefined : Buffer.from(rule.eventName).toString('latin1')
    this.#header = rule.header === undefined ? undefined : Buffer.from(rule.header)
    this.#pattern = Buffer.from(rule.pattern)
  }

  /** `filter_cmp_fn` of manager.c. Case counts everywhere. */
  matches(text: EventText): boolean {
    const { event } = text
    if (this.#eventName !== undefined && event.name !== this.#eventName) return false
    if (this.#header !== undefined) return this.#matchesHeader(event.bytes, this.#header)
    return this.rule.regex ? this.rule.regex.test(text.decoded) : this.#matchesBytes(event.bytes)
  }

  /** Of a repeated header any value counts; an empty one never does, not even for `none`. */
  #matchesHeader(bytes: Buffer, header: Buffer): boolean {
    for (let at = bytes.indexOf(header); at >= 0; at = bytes.indexOf(header, at + header.length)) {
      if (at > 0 && bytes[at - 1] !== lf) continue
      const next = bytes.indexOf(lf, at)
      let end = next < 0 ? bytes.length : next
      if (bytes[end - 1] === cr) end--
      let start = at + header.length
      while (start < end && bytes[start]! <= lastBlank) start++
      if (start < end && this.#matchesValue(bytes.subarray(start, end))) return true
    }
    return false
  }

  #matchesValue(value: Buffer): boolean {
    return this.rule.regex ? this.rule.regex.test(value.toString('utf8')) : this.#matchesBytes(value)
  }

  #matchesBytes(data: Buffer): boolean {
    const pattern = this.#pattern
    switch (this.rule.method) {
      case 'exact':
        return data.equals(pattern)
      case 'starts_with':
        return data.length >= pattern.length && data.compare(pattern, 0, pattern.length, 0, pattern.length) === 0
      case 'ends_with':
        return data.length >= pattern.length && data.compare(pattern, 0, pattern.length, data.length - pattern.length) === 0
      case 'contains':
        return data.includes(pattern)
      default:
        return true
    }
  }
}
