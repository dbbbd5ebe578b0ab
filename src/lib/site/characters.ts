import { maxLineBytes } from '../asterisk-config/limits.js'

/** The name of the longest option that a value is rendered behind (`endpoint/external_media_address = `) has less, and so has what is put around it. */
const roomForName = 200

/** Nearly all values: ASCII without blanks at its ends, and short. */
const plainText = /^[!-~](?:[ -~]{0,1000}[!-~])?$/

/**
 * What no value may have, wherever it comes from and wherever it goes to: what would end a line of Asterisk's files, be taken away at its ends,
 * or have the whole line dropped.
 * @returns what is wrong; undefined for a text that is fine
 */
export function unwritable(text: string): string | undefined {
  if (plainText.test(text)) return undefined
  if (/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(text)) return 'has a line break or another control character'
  if (/[\ud800-\udfff\ufffd]/.test(text) && (text.includes('\ufffd') || /\p{Surrogate}/u.test(text)))
    return 'is no whole Unicode text'
  // Asterisk takes them away.
  if (/^\s|\s$/u.test(text)) return 'begins or ends with a blank'
  if (Buffer.byteLength(text) > maxLineBytes - 1 - roomForName) return 'is too long for a line of Asterisk, which would drop it'
  return undefined
}

/**
 * What text that people write freely may not have: `;` begins a comment, `>` at the beginning becomes a part of the sign, `${` and `$[` are evaluated where
 * the text reaches a dialplan.
 */
export function unsafeText(text: string): string | undefined {
  if (text.includes(';')) return 'has a ; which begins a comment'
  if (text.startsWith('>')) return 'begins with >'
  if (/\$[{[]/.test(text)) return `has ${text.includes('${') ? '${' : '$['} which Asterisk would evaluate`
  return undefined
}

/** What separates or quotes arguments in a dialplan. */
export function unsafeInDialplan(text: string): string | undefined {
  const found = /[,&|()[\]{}"'`\\]/.exec(text)
  return found ? `has ${found[0]} which means something in a dialplan` : unsafeText(text)
}
