/** A word of a typed line. */
export interface Word {
  /** What it says, without its quotes. */
  text: string
  /** As it stands in the line. */
  raw: string
  /** Where it begins in the line. */
  start: number
}

/** The words of a line, and what its end is in. */
export interface LineWords {
  words: Word[]
  /** Does the line end behind its last word, where the next one would begin? */
  endsBetween: boolean
  /** The quote that is still open. */
  open: '"' | "'" | undefined
}

/**
 * Splits a line at blanks, as a shell would and no further: `'…'` is literal, in `"…"` a backslash takes the next `"` or `\` literally, and outside quotes the next
 * blank, quote or backslash. Before anything else a backslash stays: dialplans need them (`Data=a\,b`).
 */
export function splitWords(line: string): LineWords {
  const words: Word[] = []
  let open: '"' | "'" | undefined
  let word: Word | undefined
  const begin = (at: number): Word => {
    if (word) return word
    word = { text: '', raw: '', start: at }
    words.push(word)
    return word
  }
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!
    if (open === undefined && (character === ' ' || character === '\t')) {
      word = undefined
      continue
    }
    const current = begin(at)
    const next = line[at + 1]
    if (character === open) open = undefined
    else if (open === undefined && (character === '"' || character === "'")) open = character
    else if (character === '\\' && next !== undefined && isEscaped(next, open)) {
      current.text += next
      at++
    } else current.text += character
    current.raw = line.slice(current.start, at + 1)
  }
  return { words, endsBetween: word === undefined, open }
}

function isEscaped(next: string, open: '"' | "'" | undefined): boolean {
  if (open === "'") return false
  return open === '"' ? next === '"' || next === '\\' : /[ \t"'\\]/.test(next)
}

/** Text as one word of a line: quoted where it has to be. */
export function quoteWord(text: string): string {
  if (text !== '' && !/[ \t"'\\]/.test(text)) return text
  return text.includes("'") ? `"${text.replace(/["\\]/g, '\\$&')}"` : `'${text}'`
}

/** A field as it is typed: `Name=Value`, quoted where it has to be. */
export function quoteField(name: string, value: string): string {
  return value === '' ? `${name}=` : `${name}=${quoteWord(value)}`
}
