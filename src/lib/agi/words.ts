/**
 * Splits a command line into its words by the rules of `parse_args` in res_agi.c (tried on Asterisk 22.10.1): blanks and tabs part words; a double quote,
 * wherever it stands, begins or ends text in which they do not; a backslash takes the next character as it is, also a blank outside of quotes, and is lost at
 * the end of the line. A quote that is never closed reaches to the end. `""` where a word may begin is an empty word.
 *
 * Only ASCII matters to the rules, so that the text may be of any encoding.
 * @returns all words: Asterisk has room for 127
 */
export function splitWords(line: string): string[] {
  // Most lines have nothing in them that the rules are about.
  if (!/["\\\t]/.test(line)) return splitAtBlanks(line)
  const words: string[] = []
  let word: string | undefined
  let isQuoted = false
  let isEscaped = false
  for (const character of line) {
    if (isEscaped) {
      word = (word ?? '') + character
      isEscaped = false
    } else if (character === '"') {
      isQuoted = !isQuoted
      if (isQuoted) word ??= ''
    } else if (character === '\\') isEscaped = true
    else if (!isQuoted && (character === ' ' || character === '\t')) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (word !== undefined) words.push(word)
  return words
}

function splitAtBlanks(line: string): string[] {
  const words: string[] = []
  for (let start = 0; start < line.length; ) {
    const blank = line.indexOf(' ', start)
    const end = blank < 0 ? line.length : blank
    if (end > start) words.push(line.slice(start, end))
    start = end + 1
  }
  return words
}

/** Writes a word so that Asterisk reads it back as the same: in quotes only where it needs them. */
export function quoteWord(word: string): string {
  if (word !== '' && !/[ \t"\\]/.test(word)) return word
  return `"${word.replace(/["\\]/g, '\\$&')}"`
}
