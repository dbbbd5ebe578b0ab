/** The first character of a text with escapes, as ast_get_encoded_char reads it: `\n`, `\r`, `\t`, `\xHH`, octal `\0…`, else what follows the backslash. Undefined for nothing, or `\x` without a digit. */
export function takeEncodedChar(text: string): { char: string; length: number } | undefined {
  if (text === '') return undefined
  if (text[0] !== '\\') return { char: text[0]!, length: 1 }
  const [, hex] = /^\\x([0-9A-Fa-f]{1,2})/.exec(text) ?? []
  if (hex !== undefined) return { char: String.fromCharCode(Number.parseInt(hex, 16)), length: 2 + hex.length }
  if (text[1] === 'x') return undefined
  const [, octal] = /^\\0([0-7]*)/.exec(text) ?? []
  if (octal !== undefined) return { char: String.fromCharCode(Number.parseInt(`0${octal}`, 8) & 0xff), length: 2 + octal.length }
  const named = { n: '\n', r: '\r', t: '\t' }[text[1] ?? '']
  return { char: named ?? text[1] ?? '', length: 2 }
}

/** All of it, escapes put in. */
export function decodeEscapes(text: string): string {
  let done = ''
  for (let at = 0; at < text.length; ) {
    const next = takeEncodedChar(text.slice(at))
    if (!next) break
    done += next.char
    at += next.length
  }
  return done
}
