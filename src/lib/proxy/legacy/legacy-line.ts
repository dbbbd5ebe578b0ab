import type { Findings, Place } from './finding.js'

/** One value of a line, without the blanks and the quotes around it. */
export interface LegacyField extends Place {
  text: string
  quoted: boolean
}

/** `key = field, field …`, comments gone. */
export interface LegacyLine {
  line: number
  key: LegacyField
  /** None when the line has no `=`. */
  fields: LegacyField[]
  hasEquals: boolean
  /** Where a comment begins right behind a letter of a value, as in `pass;word`. */
  cutAt: Place | undefined
  /** What stands in the line cannot be taken at its word: said already. */
  isBroken: boolean
}

/**
 * Reads the lines of astmanproxy.conf or astmanproxy.users: a comment begins at `;` or `#` anywhere outside quotes, blanks around a value do not
 * count, a value that begins with `"` goes on to the next `"` (`""` inside is one quote) and may hold commas, blanks and comment signs.
 * The old program knew no end of a line after 1023 bytes and cut values to 80 or 256; here nothing is cut.
 * @param isList does the value of this key have several fields, with commas between?
 */
export function readLegacyLines(text: string, findings: Findings, isList: (key: string) => boolean): LegacyLine[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .flatMap((content, index) => readLine(content, index + 1, findings, isList) ?? [])
}

function readLine(content: string, line: number, findings: Findings, isList: (key: string) => boolean): LegacyLine | undefined {
  const key = readField(content, 0, line, '=')
  const hasEquals = content[key.end] === '='
  if (!hasEquals && key.field.text === '' && !key.field.quoted) return undefined
  const parts = [key]
  const separator = isList(key.field.text) ? ',' : ''
  let end = key.end
  while (end < content.length && (parts.length === 1 ? hasEquals : true)) {
    const part = readField(content, end + 1, line, separator)
    parts.push(part)
    end = part.end
  }
  for (const part of parts) reportProblems(part, findings)
  const cut = parts.find(({ cutAt }) => cutAt !== undefined)
  return {
    line,
    key: key.field,
    fields: parts.slice(1).map(({ field }) => field),
    hasEquals,
    cutAt: cut?.cutAt,
    isBroken: parts.some(({ problem }) => problem !== undefined)
  }
}

type Problem = 'open-quote' | 'text-after-quote' | 'control-character'

interface Part {
  field: LegacyField
  /** Index of the separator behind it, or past the end of the line. */
  end: number
  cutAt: Place | undefined
  problem: Problem | undefined
}

/** Reads from `start` to the separator, a comment, or the end of the line. */
function readField(content: string, start: number, line: number, separator: string): Part {
  let at = skipBlanks(content, start)
  const column = at + 1
  const quoted = content[at] === '"' ? readQuoted(content, at) : undefined
  let problem: Problem | undefined = content[at] === '"' && !quoted ? 'open-quote' : undefined
  if (quoted) at = quoted.end
  const from = at
  while (at < content.length && content[at] !== separator && content[at] !== ';' && content[at] !== '#') at++
  const rest = content.slice(from, at).replace(/^[ \t]+|[ \t]+$/g, '')
  if (quoted && rest !== '') problem = 'text-after-quote'
  const text = quoted ? quoted.text : rest
  if (/[\0-\x08\x0b-\x1f\x7f]/.test(text)) problem ??= 'control-character'
  const isComment = at < content.length && content[at] !== separator
  const isCut = isComment && !quoted && rest !== '' && !isBlank(content[at - 1])
  return {
    field: { text, quoted: quoted !== undefined, line, column },
    end: isComment ? content.length : at,
    cutAt: isCut ? { line, column: at + 1 } : undefined,
    problem
  }
}

/** @returns nothing when the quotes are not closed */
function readQuoted(content: string, start: number): { text: string; end: number } | undefined {
  let text = ''
  for (let at = start + 1; ; ) {
    const close = content.indexOf('"', at)
    if (close < 0) return undefined
    text += content.slice(at, close)
    if (content[close + 1] !== '"') return { text, end: close + 1 }
    text += '"'
    at = close + 2
  }
}

const isBlank = (character: string | undefined) => character === ' ' || character === '\t'

function skipBlanks(content: string, start: number): number {
  let at = start
  while (isBlank(content[at])) at++
  return at
}

const problemTexts: Record<Problem, [message: string, hint?: string]> = {
  'open-quote': ['A quote is opened and not closed', 'Close it, or write "" for one quote inside quotes.'],
  'text-after-quote': ['Text stands behind the closing quote', 'Put the whole value in quotes.'],
  'control-character': ['A value holds a control character']
}

function reportProblems({ field, problem }: Part, findings: Findings): void {
  if (problem) findings.add('error', problem, field, ...problemTexts[problem])
}

/** The old program ended such a value there, too, without a word. */
export function warnOfCut({ cutAt }: LegacyLine, findings: Findings): void {
  if (!cutAt) return
  const message = 'A value ends here, because a comment begins at ; and #'
  findings.add('warning', 'cut-by-comment', cutAt, message, 'Put the value in quotes, or a blank before the comment.')
}

/** Both sides of a login compare these bytes, and the old program took the blanks out. */
export function warnOfBlank(field: LegacyField, what: string, findings: Findings): void {
  if (field.quoted || !/[ \t]/.test(field.text)) return
  const message = `The blanks inside the ${what} count; the old program removed them`
  findings.add('warning', 'blank-kept', field, message, 'Remove them, or put it in quotes when they are meant.')
}
