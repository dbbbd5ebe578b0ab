import { randomInt } from 'node:crypto'
import { UsageError } from '../errors.js'

const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const lower = 'abcdefghijklmnopqrstuvwxyz'
const digits = '0123456789'

/**
 * Alphabets by name. `symbols` leaves out what means something in Asterisk's files, in ini files, in a URI, in a shell or in AMI:
 * `; # " ' \ , = $ & | < > ( ) [ ] { } : @ / ? % !` and the backtick.
 */
export const alphabets: Readonly<Record<string, string>> = {
  alphanumeric: upper + lower + digits,
  // Without I, l, 1, O, 0, o: for what is read from paper or over the telephone.
  readable: 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789',
  symbols: `${upper}${lower}${digits}-_.+*^~`,
  hex: '0123456789abcdef',
  digits
}

/** Longer ones are of no use: Asterisk reads lines of 8 KiB, and a SIP password field of Kamailio has 64 characters. */
const maxLength = 1024

export interface RandomText {
  readonly text: string
  readonly length: number
  /** How many different characters there are to choose from. */
  readonly alphabetSize: number
  /** length * log2(alphabetSize), rounded down to a tenth. */
  readonly entropyBits: number
}

/** The characters of an alphabet: one of `alphabets`, else the characters themselves. @throws UsageError */
export function alphabetOf(name: string): string {
  const characters = [...(Object.hasOwn(alphabets, name) ? alphabets[name]! : name)]
  if (characters.length < 2 || new Set(characters).size !== characters.length || /[\s\p{C}]/u.test(name)) {
    throw new UsageError(`${JSON.stringify(name)} is no alphabet: it takes at least two characters, each once, without blanks`, {
      hint: `Or name one: ${Object.keys(alphabets).join(', ')}.`
    })
  }
  return characters.join('')
}

/**
 * Text of characters that are independent and equally likely, from the operating system's generator.
 * @param pick an integer from 0 to below its argument, without bias
 * @throws UsageError for a length that is no use
 */
export function randomText(length: number, alphabet: string, pick: (below: number) => number = randomInt): RandomText {
  if (!Number.isInteger(length) || length < 1 || length > maxLength)
    throw new UsageError(`--length must be a whole number from 1 to ${maxLength}`)
  const characters = [...alphabet]
  const text = Array.from({ length }, () => characters[pick(characters.length)]).join('')
  const entropyBits = Math.floor(length * Math.log2(characters.length) * 10) / 10
  return { text, length, alphabetSize: characters.length, entropyBits }
}

/** A sentence about it that does not tell it. NIST SP 800-63B: below 64 bits, guessing offline succeeds. */
export function strengthNote({ length, alphabetSize, entropyBits }: RandomText): string {
  const weak = entropyBits < 64 ? ': weak, good only where guesses are counted' : ''
  return `${length} characters out of ${alphabetSize}: ${entropyBits} bits of entropy${weak}`
}
