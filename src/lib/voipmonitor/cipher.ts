import { ManagerKeyError } from './errors.js'

/** A cipher under its OpenSSL name in lower case: capitals on the wire cost the sniffer's half-second wait. */
export interface Cipher {
  readonly name: string
  readonly keyBytes: 16 | 24 | 32
  readonly ivBytes: 0 | 12 | 16
  /** Why we do not send in it. */
  readonly refusal?: string
}

/** What the GUI uses, and what the sniffer takes for every name that it does not know. */
export const defaultCipherName = 'aes-128-cbc'

const sizes = [
  { bits: 128, keyBytes: 16 },
  { bits: 192, keyBytes: 24 },
  { bits: 256, keyBytes: 32 }
] as const

const keyStream = 'with one key and IV for every message it gives the text away, and a cut answer looks like a whole one'
const refused: readonly { mode: string; ivBytes: Cipher['ivBytes']; refusal: string }[] = [
  { mode: 'ctr', ivBytes: 16, refusal: keyStream },
  { mode: 'cfb', ivBytes: 16, refusal: keyStream },
  { mode: 'ofb', ivBytes: 16, refusal: keyStream },
  { mode: 'ecb', ivBytes: 0, refusal: 'equal blocks of text stay equal blocks' },
  { mode: 'gcm', ivBytes: 12, refusal: 'the sniffer sends no tag with it, so that it never works' }
]

const ciphers = new Map<string, Cipher>(
  sizes
    .flatMap(({ bits, keyBytes }) => [
      ...[{ name: `aes-${bits}-cbc`, keyBytes, ivBytes: 16 } as Cipher],
      ...refused.map(({ mode, ...rest }): Cipher => ({ name: `aes-${bits}-${mode}`, keyBytes, ...rest }))
    ])
    .map((cipher) => [cipher.name, cipher])
)

/**
 * Finds a cipher by the name that OpenSSL has for it, in any case; `aes128`, `aes192` and `aes256` are CBC. It may be one that is not to be sent in:
 * see `refusal`.
 */
export function findCipher(name: string): Cipher | undefined {
  const wanted = name.trim().toLowerCase()
  return ciphers.get(wanted.replace(/^aes-?(128|192|256)$/, 'aes-$1-cbc'))
}

/** The ciphers that we send in. */
export const usableCiphers: readonly Cipher[] = [...ciphers.values()].filter((cipher) => cipher.refusal === undefined)

/**
 * The cipher of a name, when it may be used.
 * @throws ManagerKeyError: the sniffer would take a name that it does not know for aes-128-cbc, so we refuse what we do not know
 */
export function usableCipher(name: string): Cipher {
  const cipher = findCipher(name)
  const hint = `Use one of ${usableCiphers.map((one) => one.name).join(', ')}.`
  if (!cipher) throw new ManagerKeyError(`"${name}" is not a cipher of the VoIPmonitor manager`, { hint })
  if (cipher.refusal) throw new ManagerKeyError(`${cipher.name} is not used: ${cipher.refusal}`, { hint })
  return cipher
}
