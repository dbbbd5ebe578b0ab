/** Text of bytes that stand one a character (latin1) in a string. What is not UTF-8 becomes U+FFFD. */
export function decode(bytes: string): string {
  return /[\x80-\xff]/.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes
}

/** The UTF-8 bytes of a text, one a character. */
export function encode(text: string): string {
  return /[^\x00-\x7f]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text
}

/** Compares as strcasecmp does in the C locale: only ASCII letters have a case. */
export function sameIgnoringCase(a: string, b: string): boolean {
  return a === b || (a.length === b.length && lowerCase(a) === lowerCase(b))
}

export function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
