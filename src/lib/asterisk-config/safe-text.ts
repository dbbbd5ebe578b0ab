import { DataError } from '../errors.js'
import { maxLineBytes, maxSectionNameBytes } from './limits.js'
import type { Operator } from './parse-line.js'

/** A setting to be written. */
export interface NewSetting {
  readonly name: string
  readonly value: string
  /** Default `=`. `=>` is what people write for extensions and other objects; Asterisk makes no difference. */
  readonly operator?: Exclude<Operator, '+='>
}

/** What a section may be written with. */
export interface SectionOptions {
  readonly isTemplate?: boolean
  readonly inherits?: readonly string[]
}

/**
 * A value as it has to be written so that Asterisk reads exactly it: `;` becomes `\;`.
 * @throws DataError for what cannot be written: line breaks and other control characters, blanks at its ends, half of a surrogate pair. The message names the field,
 * never the value, which may be a secret.
 */
export function encodeValue(value: string, field = 'The value'): string {
  refuseUnwritable(value, field)
  if (hasBlankEnds(value)) throw new DataError(`${field} begins or ends with a blank, which Asterisk would take away`)
  return value.replaceAll(';', '\\;')
}

/** @throws DataError when no setting can have this name, or when it would be read as something else */
export function checkSettingName(name: string): void {
  if (plainName.test(name)) return
  const field = `The name ${JSON.stringify(name)}`
  refuseUnwritable(name, field)
  if (name === '' || hasBlankEnds(name)) throw new DataError(`${field} is empty, or begins or ends with a blank`)
  if (/[=;]/.test(name)) throw new DataError(`${field} has a = or a ; in it`)
  // `k+ = v` is one blank away from `k+= v`, which appends.
  if (/^[[#\\]|\+$/.test(name)) throw new DataError(`${field} begins with [, # or \\, or ends with +`)
}

/** Nearly all values and names: nothing of what is looked for below can be in them. */
const plainValue = /^[!-:<-~](?:[ -:<-~]{0,1000}[!-:<-~])?$/
const plainName = /^[A-Za-z0-9@+_][A-Za-z0-9@_/.-]{1,100}$/
const plainSectionName = /^[A-Za-z0-9._:-]{1,79}$/

/** @throws DataError when a section of this name could not be read, inherited from and appended to */
function checkSectionName(name: string): void {
  if (plainSectionName.test(name)) return
  const field = `The section name ${JSON.stringify(name)}`
  refuseUnwritable(name, field)
  if (name === '' || /[\s[\];(),]/.test(name))
    throw new DataError(`${field} is empty, or has a blank, a bracket, a parenthesis, a comma or a ; in it`)
  // Between parentheses these would be taken for options.
  if (/^[!+]/.test(name)) throw new DataError(`${field} begins with ${name[0]}`)
  if (Buffer.byteLength(name) > maxSectionNameBytes)
    throw new DataError(`${field} has more than ${maxSectionNameBytes} bytes, all that Asterisk keeps of it`)
}

/** A line for a setting, without its line end. @throws DataError */
export function settingText({ name, value, operator = '=' }: NewSetting): string {
  checkSettingName(name)
  if (plainValue.test(value)) return `${name} ${operator} ${value}`
  // The blank behind the sign keeps a value that begins with > from becoming a part of it.
  const encoded = encodeValue(value, `The value of ${name}`)
  const text = `${name} ${operator}${encoded === '' ? '' : ` ${encoded}`}`
  refuseLongLine(text, `The line of ${name}`)
  return text
}

/** A line for a section, without its line end. @throws DataError */
export function sectionText(name: string, { isTemplate = false, inherits = [] }: SectionOptions = {}): string {
  for (const one of [name, ...inherits]) checkSectionName(one)
  const options = [...(isTemplate ? ['!'] : []), ...inherits]
  const text = options.length > 0 ? `[${name}](${options.join(',')})` : `[${name}]`
  refuseLongLine(text, `The line of section ${name}`)
  return text
}

/** A comment of one or more lines, each with `; ` before it. @throws DataError for control characters */
export function commentText(comment: string): string[] {
  return comment.split('\n').map((line) => {
    refuseUnwritable(line, 'The comment')
    const text = line === '' ? ';' : `; ${line}`
    refuseLongLine(text, 'The line of a comment')
    return text
  })
}

/** Only the blank is left here: tabs are control characters, and blanks beyond ASCII are kept by Asterisk. */
function hasBlankEnds(text: string): boolean {
  return text.startsWith(' ') || text.endsWith(' ')
}

function refuseUnwritable(text: string, field: string): void {
  if (/[\x00-\x1f\x7f]/.test(text)) throw new DataError(`${field} has a line break or another control character in it`)
  // The second is sure and slow, and needed for what is beyond the first plane only.
  if (/[\ud800-\udfff]/.test(text) && /\p{Surrogate}/u.test(text)) throw new DataError(`${field} is no whole Unicode text`)
}

/** Asterisk drops a longer line. Two bytes are kept for the line end. */
export function refuseLongLine(text: string, field: string): void {
  if (Buffer.byteLength(text) > maxLineBytes - 2)
    throw new DataError(`${field} has more than ${maxLineBytes - 2} bytes; Asterisk would drop it`)
}
