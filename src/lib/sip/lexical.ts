import { quote, type SipFault, SipSyntaxError } from './fault.js'
import { maxValues } from './limits.js'

// Text of a message is kept as on the wire, one character for each byte ("byte text"): lengths are bytes and nothing is lost. Only what
// people read is decoded.

/** Byte text to what people read: UTF-8 (RFC 3261 7.3.1), and bytes that are none of it as they are. */
export function decodeText(byteText: string): string {
  if (!/[\x80-\xff]/.test(byteText)) return byteText
  const text = Buffer.from(byteText, 'latin1').toString('utf8')
  return text.includes('\ufffd') ? byteText : text
}

/** What people wrote to byte text. */
export function encodeText(text: string): string {
  return /[^\x00-\x7f]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text
}

/** `token` of RFC 3261 25.1, as a class for regular expressions. */
export const tokenChars = "A-Za-z0-9\\-.!%*_+`'~"

const isTokenByte = new Uint8Array(256)
for (const char of "-.!%*_+`'~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") isTokenByte[char.charCodeAt(0)] = 1

/** Where a token ends that begins at `from`: there itself when none does. A loop, because every message has fifty of them. */
export function endOfToken(text: string, from: number): number {
  let at = from
  // Past the end charCodeAt gives NaN, and an array asked for that is a hundred times slower.
  while (at < text.length && isTokenByte[text.charCodeAt(at)] === 1) at++
  return at
}

export function isToken(text: string): boolean {
  return text !== '' && endOfToken(text, 0) === text.length
}

/** Removes blanks at both ends; folded lines are already joined. */
export function trim(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

export function skipBlanks(text: string, from: number): number {
  let at = from
  while (at < text.length && isBlank(text.charCodeAt(at))) at++
  return at
}

/**
 * Where a quoted string ends that begins at `from`, one past its closing quote. A backslash takes the next character along.
 * @throws SipSyntaxError when it is never closed
 */
export function endOfQuoted(text: string, from: number, fault: SipFault): number {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x5c) at++
    else if (code === 0x22) return at + 1
  }
  throw new SipSyntaxError(fault, `a quoted string is never closed: ${quote(text.slice(from))}`)
}

/** The content of a quoted string, without its quotes and escapes; other text as it is. */
export function unquote(text: string): string {
  if (text.charCodeAt(0) !== 0x22) return text
  const inner = text.slice(1, -1)
  return inner.includes('\\') ? inner.replace(/\\([\s\S])/g, '$1') : inner
}

/** A quoted string of byte text: backslash and quote are escaped. Whoever takes text from outside has refused CR, LF and NUL before. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/**
 * Cuts a header's value at the commas that stand outside of quotes and `<>` (RFC 3261 7.3.1). Blank values are kept: the grammar of the
 * header says whether they are wrong.
 * @throws SipSyntaxError past `maxValues`, or for a quote that is never closed
 */
export function splitValues(value: string, fault: SipFault = 'header line'): string[] {
  if (!value.includes(',')) return [trim(value)]
  const values: string[] = []
  let start = 0
  for (let at = 0; at < value.length; ) {
    const code = value.charCodeAt(at)
    if (code === 0x22) {
      at = endOfQuoted(value, at, fault)
    } else if (code === 0x3c) {
      at = value.indexOf('>', at) + 1
      if (at === 0) throw new SipSyntaxError(fault, `"<" is never closed: ${quote(value)}`)
    } else {
      if (code === 0x2c) {
        values.push(trim(value.slice(start, at)))
        start = at + 1
        if (values.length >= maxValues)
          throw new SipSyntaxError('too many headers', `more than ${maxValues} values in one header`)
      }
      at++
    }
  }
  values.push(trim(value.slice(start)))
  return values
}

/**
 * A number of decimal digits.
 * @throws SipSyntaxError when it is none, or over `max`: silently cut numbers are how RFC 4475's scalar02 hurts
 */
export function parseNumber(text: string, max: number, fault: SipFault = 'number'): number {
  // Leading zeros are allowed and may be many; the digits that count may not.
  if (!/^0*[0-9]{1,15}$/.test(text)) throw new SipSyntaxError(fault, `not a number up to ${max}: ${quote(text)}`)
  const number = Number(text)
  if (number > max) throw new SipSyntaxError(fault, `over ${max}: ${quote(text)}`)
  return number
}
