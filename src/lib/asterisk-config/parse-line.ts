import { strip } from './comments.js'
import { maxSectionNameBytes } from './limits.js'
import type { ConfigProblemCode } from './problem.js'

/** How a value was assigned. Asterisk takes `=` and `=>` for the same; `+=` appends to the last setting of that name. */
export type Operator = '=' | '=>' | '+='

/** `[name](options)`. Strings have one character a byte, as in the file. */
export interface SectionLine {
  readonly kind: 'section'
  /** Cut to what Asterisk keeps. */
  readonly name: string
  /** As written: names are looked up by this one. */
  readonly writtenName: string
  /** What stands between the parentheses, cut at commas, blanks kept: `!`, `+`, `+filter`, or a section to inherit from. Undefined without parentheses. */
  readonly options: readonly string[] | undefined
  /** There is text behind the bracket that Asterisk does not read, such as ` (template)`. */
  readonly ignored: string
}

export interface SettingLine {
  readonly kind: 'setting'
  readonly name: string
  readonly value: string
  readonly operator: Operator
  /** Where the value begins in the text of the line, and behind its last character. Equal for an empty value. */
  readonly valueStart: number
  readonly valueEnd: number
  /** `+=`: what stands behind the sign as it is, blanks and all, because it is put behind the earlier value. */
  readonly appended: string
}

export interface DirectiveLine {
  readonly kind: 'directive'
  readonly directive: 'include' | 'tryinclude' | 'exec'
  /** The file's name, or the command, without quotes. */
  readonly argument: string
}

/** A line of which Asterisk takes nothing: blank, or only a comment. */
export interface EmptyLine {
  readonly kind: 'empty'
}

/** A line that Asterisk drops with a warning, or (`isFatal`) because of which it drops the file. */
export interface FaultyLine {
  readonly kind: 'faulty'
  readonly code: ConfigProblemCode
  readonly message: string
  readonly isFatal: boolean
}

export type ParsedLine = SectionLine | SettingLine | DirectiveLine | EmptyLine | FaultyLine

/**
 * What a line means (config.c, process_text_line).
 * @param text without comments and blanks at its ends, one character a byte
 */
export function parseLine(text: string): ParsedLine {
  if (text === '') return { kind: 'empty' }
  if (text[0] === '[') return parseSection(text)
  if (text[0] === '#') return parseDirective(text)
  return parseSetting(text)
}

function parseSection(text: string): SectionLine | FaultyLine {
  const close = text.indexOf(']')
  if (close < 0) return faulty('section-unclosed', 'No closing ] of a section name', true)
  const writtenName = text.slice(1, close)
  const section = { kind: 'section', name: writtenName.slice(0, maxSectionNameBytes), writtenName } as const
  // Only a parenthesis that touches the bracket counts.
  if (text[close + 1] !== '(') return { ...section, options: undefined, ignored: text.slice(close + 1) }
  const end = text.indexOf(')', close)
  if (end < 0) return faulty('options-unclosed', `No closing ) of the options of section [${writtenName}]`, true)
  return { ...section, options: listOf(text.slice(close + 2, end)), ignored: text.slice(end + 1) }
}

/** Most have one option, and `split` remembers each text that it has cut. */
function listOf(options: string): string[] {
  return options.includes(',') ? options.split(',') : [options]
}

function parseDirective(text: string): DirectiveLine | FaultyLine {
  let end = 1
  while (end < text.length && text.charCodeAt(end) > 32) end++
  const word = text.slice(1, end)
  const directive = word.toLowerCase()
  if (directive !== 'include' && directive !== 'tryinclude' && directive !== 'exec') {
    return faulty('unknown-directive', `Unknown directive #${word}`)
  }
  const argument = strip(text.slice(end))
  if (argument === '') {
    return faulty('no-argument', `#${word} needs ${directive === 'exec' ? 'a command' : 'the name of a file'}`)
  }
  return { kind: 'directive', directive, argument: withoutQuotes(argument) }
}

/** A quote at the beginning goes with its like at the end. A lone quote is its own like, and goes as well. */
function withoutQuotes(argument: string): string {
  const open = argument[0]
  if (open !== '"' && open !== '<') return argument
  return argument.endsWith(open === '<' ? '>' : '"') ? argument.slice(1, argument.length > 1 ? -1 : 1) : argument
}

function parseSetting(text: string): SettingLine | FaultyLine {
  const isEscaped = text[0] === '\\'
  const start = isEscaped ? 1 : 0
  // Asterisk compares a signed char with 33 here: a byte above 127 counts as a blank too, on the machines that most people have.
  if (isEscaped && !(text.charCodeAt(1) > 32 && text.charCodeAt(1) < 128)) {
    return faulty(
      'invalid-escape',
      'A backslash at the beginning of a line is followed by a blank, by a letter that is not ASCII, or by nothing',
      true
    )
  }
  const equals = text.indexOf('=', start + start)
  if (equals < 0) return faulty('no-equals', 'No = in this line')
  const isAppended = equals > start + start && text[equals - 1] === '+'
  const isArrow = !isAppended && text[equals + 1] === '>'
  const name = strip(text.slice(start, isAppended ? equals - 1 : equals))
  if (name === '') return faulty('no-name', 'No name before the = in this line')
  const after = equals + (isArrow ? 2 : 1)
  const appended = text.slice(after)
  const value = strip(appended)
  // The text has no blanks at its end, so that the value ends where the text does.
  const valueStart = value === '' ? after : text.length - value.length
  return {
    kind: 'setting',
    name,
    value,
    operator: isAppended ? '+=' : isArrow ? '=>' : '=',
    valueStart,
    valueEnd: valueStart + value.length,
    appended
  }
}

function faulty(code: ConfigProblemCode, message: string, isFatal = false): FaultyLine {
  return { kind: 'faulty', code, message, isFatal }
}
