/** A value as it is meant, with what the old program made of it where that was something else; or what should have stood there. */
export type Reading<T> = { value: T; oldMeaning?: string | undefined } | { expected: string }

export type Reader<T> = (text: string) => Reading<T>

/** Timers of Node, and `int` of the old program, end here. */
const maxInt = 2 ** 31 - 1

/** Digits only: the old program read "5s" as 5, and "abc" as 0. */
export function wholeNumber(max = maxInt): Reader<number> {
  return (text) =>
    /^\d{1,10}$/.test(text) && Number(text) <= max ? { value: Number(text) } : { expected: `a whole number from 0 to ${max}` }
}

/** Seconds that a timer can wait. */
export const seconds = wholeNumber(Math.floor(maxInt / 1000))

/** Port 0 lets the system choose, as the old program did without a listenport. */
export const port = wholeNumber(65_535)

/**
 * Yes or no, in the words of Asterisk (`ast_true`, `ast_false`).
 * @param oldYes the only word that the old program took for yes; without it the old program did not know the key
 */
export function yesOrNo(oldYes?: 'yes' | 'on'): Reader<boolean> {
  return (text) => {
    const word = text.toLowerCase()
    if (['no', 'off', 'false', 'n', 'f', '0'].includes(word)) return { value: false }
    if (!['yes', 'on', 'true', 'y', 't', '1'].includes(word)) return { expected: oldYes === 'on' ? 'on or off' : 'yes or no' }
    return { value: true, oldMeaning: oldYes === undefined || word === oldYes ? undefined : 'no' }
  }
}

/** One of some words, whatever their case. */
export function oneOf<T extends string>(...words: T[]): Reader<T> {
  return (text) => {
    const value = words.find((word) => word === text.toLowerCase())
    return value === undefined ? { expected: `one of ${words.join(', ')}` } : { value }
  }
}

/** Text as it stands, case kept; the old program (1.22) made it lower-case. */
export const text: Reader<string> = (value) => ({ value })
