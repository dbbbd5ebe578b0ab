import { DataError } from '../errors.js'

/** RFC 3454 table C.1.2: blanks that become a blank (RFC 4013 section 2.1). */
const blanks = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu
/** RFC 3454 table B.1: what is written and not seen. */
const nothing = /\u00ad|\u034f|\u1806|\u180b|\u180c|\u180d|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/gu
/**
 * RFC 3454 tables C.2 to C.9: control characters, private use, what is no character, what has no place in plain text, what changes the direction
 * or the display, and tags. A surrogate is alone here.
 */
const prohibited =
  /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u06dd\u070f\u180e\u2028\u2029\u200e\u200f\u202a-\u202e\u206a-\u206f\u2061-\u2063\ufff9-\ufffd\u2ff0-\u2ffb\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/u

/**
 * The form of a name or a password in which it is compared (RFC 4013), so that `é` of one keyboard is `é` of another. The rules for mixed
 * directions of writing (RFC 3454 section 6) are left out: they forbid passwords and do not change any.
 * @throws DataError for a control character and whatever else has no place in a password; the message does not show it
 */
export function saslPrepare(text: string): string {
  // Plain ASCII, as nearly all are, is its own form.
  if (/^[\x20-\x7e]*$/.test(text)) return text
  const prepared = text.replace(blanks, ' ').replace(nothing, '').normalize('NFKC')
  if (prohibited.test(prepared)) throw new DataError('A name or password has a character in it that has no place there')
  return prepared
}
