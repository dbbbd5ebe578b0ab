/**
 * Cuts as AST_NONSTANDARD_RAW_ARGS does (app.c): at a delimiter that is not within parentheses, brackets or quotes, into at most so many parts; nothing is taken out.
 * @param removes quotes and backslashes go, as with AST_NONSTANDARD_APP_ARGS
 */
export function splitAt(text: string, delimiter: string, parts: number, removes = false): string[] {
  const found: string[] = []
  let current = ''
  let parentheses = 0
  let brackets = 0
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (found.length === parts - 1) return [...found, current + text.slice(at)]
    if (char === '(') parentheses++
    else if (char === ')') parentheses = Math.max(0, parentheses - 1)
    else if (char === '[') brackets++
    else if (char === ']') brackets = Math.max(0, brackets - 1)
    else if (char === '"' && delimiter !== '"') {
      isQuoted = !isQuoted
      if (removes) continue
    } else if (char === '\\') {
      current += removes ? (text[++at] ?? '') : char + (text[++at] ?? '')
      continue
    } else if (char === delimiter && parentheses === 0 && brackets === 0 && !isQuoted) {
      found.push(current)
      current = ''
      continue
    }
    current += char
  }
  return text === '' ? [] : [...found, current]
}
