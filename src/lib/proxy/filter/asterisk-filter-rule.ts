import { RE2JS } from 're2js'
import { DataError } from '../../errors.js'

/** How a pattern is applied, in Asterisk's words. */
export type MatchMethod = 'regex' | 'exact' | 'starts_with' | 'ends_with' | 'contains' | 'none'

/** One `eventfilter` of manager.conf, or one that a Filter action added. */
export interface FilterRule {
  readonly exclude: boolean
  /** Only events of exactly this name. */
  readonly eventName: string | undefined
  /** With its colon, case kept. The pattern is then for this header's values only, else for the whole event. */
  readonly header: string | undefined
  readonly method: MatchMethod
  /** Empty with `none`, and with no other method. */
  readonly pattern: string
  /** Compiled once; a regular expression that is plain text has method `contains` instead. */
  readonly regex: RE2JS | undefined
  /** What its regular expression costs at worst: see `maximumChoices`. */
  readonly choices: number
}

/** An event filter that is refused. The message says why, as Asterisk's log does. */
export class EventFilterError extends DataError {
  /** The `Message:` that a Filter action is answered with. */
  readonly answer: string

  constructor(message: string, answer: string) {
    super(message)
    this.answer = answer
  }
}

/** A line of an action to Asterisk has at most 1,024 bytes (`inbuf` in manager.c), so that no client can know longer ones to work. */
export const maximumPatternBytes = 1024

/** RE2 repeats nothing more often, and takes no expression that grows much larger; `a{10}` counts as ten. */
const maximumStates = 1000

/**
 * All regular expressions of one session together. Each character of an event may be tested against every choice (`.`, `[...]`, `|`, `*`, and as
 * many as `{...}` repeats). Built for the worst (`a.{250}[cd]` on 1 kB of random a and b) that is some 20 ms of work for one event; what people
 * write has fewer than ten choices, and takes microseconds.
 */
export const maximumChoices = 256

const badPattern = 'Filter did not compile.  Check the syntax of the filter given.'

/** @throws EventFilterError when the pattern is no regular expression, or is over a bound */
export function compileRule(rule: Omit<FilterRule, 'regex' | 'choices'>): FilterRule {
  const { method, pattern } = rule
  const refuse = (reason: string, answer: string): never => {
    const what = method === 'regex' ? 'Unable to compile regex filter for' : 'Unable to take the filter'
    throw new EventFilterError(`${what} '${pattern.slice(0, maximumPatternBytes)}': ${reason}`, answer)
  }
  const limit = (reason: string): never => refuse(reason, `Filter did not compile.  ${reason}.`)
  if (Buffer.byteLength(pattern) > maximumPatternBytes) limit(`It is longer than ${maximumPatternBytes} bytes`)
  if (method !== 'regex') return { ...rule, regex: undefined, choices: 0 }
  // Most patterns are plain text, which is found a good deal faster.
  if (!/[\\^$.[\]|()?*+{}]/.test(pattern)) return { ...rule, method: 'contains', regex: undefined, choices: 0 }
  const expression = new PosixExpression(pattern, (reason) => refuse(reason, badPattern), limit)
  const { source, choices } = expression.translate()
  try {
    return { ...rule, regex: RE2JS.compile(source, RE2JS.DOTALL), choices }
  } catch {
    // What RE2 bounds on its own: 1,000 levels.
    return limit('It is nested too deep')
  }
}

/** ASCII as the C library has it. Beyond it we know letters and numbers only, and all from U+00A0 on is `graph`. */
const classes: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z\\p{L}\\p{N}',
  alpha: 'A-Za-z\\p{L}\\p{Nl}',
  blank: '\\x09 ',
  cntrl: '\\x00-\\x1f\\x7f-\\x{9f}',
  digit: '0-9',
  graph: '!-~\\x{a0}-\\x{10ffff}',
  lower: 'a-z\\p{Ll}',
  print: ' -~\\x{a0}-\\x{10ffff}',
  punct: '!-/:-@\\[-`{-~',
  space: '\\x09-\\x0d ',
  upper: 'A-Z\\p{Lu}',
  xdigit: '0-9A-Fa-f'
}

/** What glibc takes `\` and a letter for; any other letter stands for itself (`\d` is `d`, `\n` is `n`). */
const escapes: Readonly<Record<string, string>> = {
  w: `[${classes.alnum}_]`,
  W: `[^${classes.alnum}_]`,
  s: `[${classes.space}]`,
  S: `[^${classes.space}]`
}
const escapedAnchors: Readonly<Record<string, string>> = { b: '\\b', B: '\\B', '`': '\\A', "'": '\\z' }

/** The most that glibc repeats (RE_DUP_MAX). */
const maximumRepeats = 0x7fff

/** What was read so far, in RE2's syntax, and its size. */
interface Part {
  source: string
  states: number
  choices: number
}

/**
 * A POSIX extended regular expression as glibc's `regcomp(REG_EXTENDED)` reads it, in the syntax of RE2: they agree on most characters and
 * disagree on the rest (`\d`, `[\d]`, `a+?`, `a**`, `(?i)`, `a{,3}`, a single `)`). RE2 takes linear time, whatever a client sends.
 * What is left of differences: back references, `\<` and `\>` are refused; `\b` and `\B` know ASCII only; and of text behind `$` or before `^`, which
 * can match nothing, glibc believes that it matches at a line end (`$.`).
 */
class PosixExpression {
  readonly #characters: readonly string[]
  readonly #refuse: (reason: string) => never
  readonly #limit: (reason: string) => never
  readonly #closedGroups = new Set<number>()
  #at = 0
  #groups = 0

  /**
   * @param refuse throws, for what Asterisk refuses as well
   * @param limit throws, for what only we refuse
   */
  constructor(pattern: string, refuse: (reason: string) => never, limit: (reason: string) => never) {
    this.#characters = [...pattern]
    this.#refuse = refuse
    this.#limit = limit
  }

  translate(): Part {
    return this.#alternatives(0)
  }

  #alternatives(depth: number): Part {
    const all: Part[] = [this.#branch(depth)]
    while (this.#take('|')) all.push(this.#branch(depth))
    return this.#bounded(joined(all, '|'))
  }

  #branch(depth: number): Part {
    const all: Part[] = []
    for (let next = this.#peek(); next !== undefined && next !== '|' && !(next === ')' && depth > 0); next = this.#peek()) {
      const anchor = this.#anchor()
      all.push(anchor === undefined ? this.#repeated(this.#atom(depth)) : one(anchor))
    }
    return this.#bounded(joined(all))
  }

  /** They cannot be repeated. */
  #anchor(): string | undefined {
    if (this.#take('^')) return '\\A'
    if (this.#take('$')) return '\\z'
    if (this.#peek() !== '\\') return undefined
    const letter = this.#characters[this.#at + 1] ?? this.#refuse('Trailing backslash')
    if (letter === '<' || letter === '>') this.#limit(`\\${letter} is not supported, \\b is`)
    if (letter >= '1' && letter <= '9') {
      if (!this.#closedGroups.has(Number(letter))) this.#refuse('Invalid back reference')
      this.#limit('Back references are not supported')
    }
    const anchor = Object.hasOwn(escapedAnchors, letter) ? escapedAnchors[letter] : undefined
    if (anchor !== undefined) this.#at += 2
    return anchor
  }

  #atom(depth: number): Part {
    const character = this.#characters[this.#at++]!
    switch (character) {
      case '(':
        return this.#group(depth)
      case '[':
        return one(this.#bracket(), 1)
      case '.':
        return one('.', 1)
      case '*':
      case '+':
      case '?':
      case '{':
        return this.#refuse('Invalid preceding regular expression')
      case '\\': {
        const letter = this.#characters[this.#at++]!
        return Object.hasOwn(escapes, letter) ? one(escapes[letter]!, 1) : one(literal(letter))
      }
      default:
        return one(literal(character))
    }
  }

  #group(depth: number): Part {
    const number = ++this.#groups
    const inside = this.#alternatives(depth + 1)
    if (!this.#take(')')) this.#refuse('Unmatched ( or \\(')
    this.#closedGroups.add(number)
    return { ...inside, source: `(?:${inside.source})` }
  }

  #repeated(atom: Part): Part {
    let part = atom
    for (;;) {
      const operator = this.#peek()
      if (operator === undefined || !'*+?{'.includes(operator)) return part
      this.#at++
      const { source, states, choices } = part
      if (operator === '{') {
        const [from, to] = this.#interval()
        const times = Math.max(from, to ?? 0, 1)
        part = {
          source: `(?:${source}){${from},${to ?? ''}}`,
          states: states * times,
          choices: choices * times + (to ?? from + 1) - from
        }
      } else part = { source: `(?:${source})${operator}`, states, choices: choices + 1 }
      this.#bounded(part)
    }
  }

  #interval(): readonly [from: number, to: number | undefined] {
    const end = this.#characters.indexOf('}', this.#at)
    if (end < 0) return this.#refuse('Unmatched { or \\{')
    const [, first, comma, last] = /^(\d*)(,?)(\d*)$/.exec(this.#characters.slice(this.#at, end).join('')) ?? []
    if (first === undefined || (first === '' && comma === '')) return this.#refuse('Invalid content of \\{\\}')
    this.#at = end + 1
    const from = Number(first)
    const to = comma === '' ? from : last === '' ? undefined : Number(last)
    if (to !== undefined && from > to) return this.#refuse('Invalid content of \\{\\}')
    if (Math.max(from, to ?? 0) > maximumRepeats) return this.#refuse('Regular expression too big')
    return [from, to]
  }

  /** What stands in brackets. A backslash is a backslash there; `]` and `-` are themselves at the beginning. */
  #bracket(): string {
    let inside = this.#take('^') ? '^' : ''
    for (let isFirst = true; isFirst || this.#peek() !== ']'; isFirst = false) {
      if (!isFirst && this.#peek() === '-' && this.#characters[this.#at + 1] !== ']') this.#refuse('Invalid range end')
      const from = this.#element()
      if (this.#peek() === '-' && this.#characters[this.#at + 1] !== ']') {
        this.#at++
        const to = this.#element()
        if (from.name !== undefined || to.name !== undefined || from.point > to.point) this.#refuse('Invalid range end')
        inside += `${codePoint(from.point)}-${codePoint(to.point)}`
      } else inside += from.name ?? codePoint(from.point)
    }
    this.#at++
    return `[${inside}]`
  }

  #element(): { name?: string; point: number } {
    const character = this.#characters[this.#at++] ?? this.#refuse('Unmatched [, [^, [:, [., or [=')
    const kind = this.#peek()
    if (character !== '[' || kind === undefined || !'.=:'.includes(kind)) return { point: character.codePointAt(0)! }
    let end = this.#at + 1
    while (end < this.#characters.length && !(this.#characters[end] === kind && this.#characters[end + 1] === ']')) end++
    if (end >= this.#characters.length) this.#refuse('Unmatched [, [^, [:, [., or [=')
    const name = this.#characters.slice(this.#at + 1, end).join('')
    this.#at = end + 2
    if (kind === ':')
      return { name: Object.hasOwn(classes, name) ? classes[name]! : this.#refuse('Invalid character class name'), point: 0 }
    if (name.length !== 1) this.#refuse('Invalid collation character')
    // [=a=] cannot be an end of a range, [.a.] can.
    return kind === '=' ? { name: codePoint(name.codePointAt(0)!), point: 0 } : { point: name.codePointAt(0)! }
  }

  #peek(): string | undefined {
    return this.#characters[this.#at]
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at++
    return true
  }

  #bounded(part: Part): Part {
    if (part.states > maximumStates)
      this.#limit(`It has more than ${maximumStates} states (a repetition counts as often as it repeats)`)
    if (part.choices > maximumChoices)
      this.#limit(`It has more than ${maximumChoices} choices (a repetition counts as often as it repeats)`)
    return part
  }
}

function one(source: string, choices = 0): Part {
  return { source, states: 1, choices }
}

function joined(parts: readonly Part[], separator = ''): Part {
  const between = separator === '' ? 0 : parts.length - 1
  return {
    source: parts.map(({ source }) => source).join(separator),
    states: parts.reduce((sum, { states }) => sum + states, between),
    choices: parts.reduce((sum, { choices }) => sum + choices, between)
  }
}

function literal(character: string): string {
  return /^[A-Za-z0-9 ]$/.test(character) ? character : codePoint(character.codePointAt(0)!)
}

function codePoint(point: number): string {
  return `\\x{${point.toString(16)}}`
}
