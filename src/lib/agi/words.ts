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
  // What is plain is taken in one piece: a command may have 8,000 characters.
  let plainFrom = 0
  const takePlain = (end: number) => {
    if (end > plainFrom) word = (word ?? '') + line.slice(plainFrom, end)
    plainFrom = end + 1
  }
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at)
    if (code === quote) {
      takePlain(at)
      isQuoted = !isQuoted
      if (isQuoted) word ??= ''
    } else if (code === backslash) {
      takePlain(at)
      // The next one is plain, whatever it is.
      at++
    } else if (!isQuoted && (code === blank || code === tab)) {
      takePlain(at)
      if (word !== undefined) words.push(word)
      word = undefined
    }
  }
  takePlain(line.length)
  if (word !== undefined) words.push(word)
  return words
}

const [quote, backslash, blank, tab] = [0x22, 0x5c, 0x20, 0x09]

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
