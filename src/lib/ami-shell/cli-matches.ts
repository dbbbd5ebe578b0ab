import type { Field } from '../ami/encode.js'

/**
 * The question by which Asterisk's own remote console completes a CLI command (`_command matchesarray`, main/asterisk.c): the line so far, and its last word.
 * @returns undefined for text that would not stand in those quotes as it is
 */
export function matchesQuery(command: string): Field[] | undefined {
  if (/["\\]/.test(command)) return undefined
  const word = /\S*$/.exec(command)![0]
  return [
    ['Action', 'Command'],
    ['Command', `_command matchesarray "${command}" "${word}"`]
  ]
}

/** Reads the answer: words at blanks, the common beginning first, `_EOF_` at the end. Text without that end is no such answer. */
export function splitMatches(text: string): string[] {
  const words = text.split(/\s+/).filter(Boolean)
  if (words.at(-1) !== '_EOF_') return []
  const matches = words.slice(0, -1).filter((word) => !/[\u0000-\u001f\u007f-\u009f]/.test(word))
  // The first is what all have in common; it is a match only where it comes once more.
  return [...new Set(text.startsWith(' ') ? matches : matches.slice(1))]
}
