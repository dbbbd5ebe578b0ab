import { type Cipher, defaultCipherName, usableCipher, usableCiphers } from './cipher.js'
import { ManagerKeyError } from './errors.js'

/** Key and IV as they are kept: in voipmonitor.conf, in configuration.php, in the table `system`. */
export interface ManagerKey {
  readonly key: Buffer
  readonly iv: Buffer
}

/** A cipher with exactly the bytes of key and IV that it takes. One and the same for both directions and for every message. */
export interface Encryption {
  readonly cipher: Cipher
  readonly key: Buffer
  readonly iv: Buffer
}

/** The shortest key that any cipher takes, and the IV of all of them. */
const leastBytes = 16
/** No cipher takes more than 32: a longer text than this is something else (a certificate, a password file). */
const mostBytes = 256

/**
 * Reads key and IV from base64. The sniffer's own decoder takes every strange character for `/`, so what is not strictly base64 would give another key
 * there than here.
 * @throws ManagerKeyError
 */
export function parseManagerKey({ key, iv }: { key: string; iv: string }): ManagerKey {
  return { key: readBytes(key, 'key'), iv: readBytes(iv, 'IV') }
}

function readBytes(text: string, what: 'key' | 'IV'): Buffer {
  const bytes = strictBase64(text, `The manager's ${what}`)
  if (bytes.length < leastBytes || bytes.length > mostBytes) {
    throw new ManagerKeyError(`The manager's ${what} has ${bytes.length} bytes`, {
      hint: `A ${what} has ${what === 'key' ? '32 (or 16, or 24)' : '16'} bytes: with fewer the sniffer reads past the end of its memory.`
    })
  }
  return bytes
}

/**
 * Decodes standard base64 (RFC 4648 section 4) with its padding, and nothing else. The text is a secret: no message repeats it.
 * @throws ManagerKeyError
 */
export function strictBase64(text: string, what: string): Buffer {
  if (text === '') throw new ManagerKeyError(`${what} is empty`)
  const strange = /[^A-Za-z0-9+/=]/.exec(text)?.[0]
  if (strange !== undefined) {
    const isUrl = strange === '-' || strange === '_'
    throw new ManagerKeyError(
      `${what} is not base64: it has ${isUrl ? `a "${strange}"` : 'a character that is not of its alphabet'}`,
      {
        hint: isUrl
          ? 'This is base64url. The sniffer takes - and _ both for /, so it has another key than you think: make a new one with pbxkit keygen.'
          : 'The sniffer takes every strange character for /. Write the key without blanks, quotes and line ends.'
      }
    )
  }
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) {
    throw new ManagerKeyError(`${what} is not base64: its end is cut or its padding is wrong`)
  }
  return bytes
}

/**
 * Makes ready what is needed to encrypt: of a longer key the first bytes are used, as the sniffer does.
 * @throws ManagerKeyError, also when the key is shorter than the cipher takes (the sniffer would read past the end of its memory)
 */
export function createEncryption({ key, iv }: ManagerKey, cipherName: string = defaultCipherName): Encryption {
  const cipher = usableCipher(cipherName)
  if (key.length < cipher.keyBytes) {
    throw new ManagerKeyError(`${cipher.name} takes a key of ${cipher.keyBytes} bytes, and this one has ${key.length}`, {
      hint: 'Use a shorter cipher, or make a key of 32 bytes with pbxkit keygen.'
    })
  }
  if (iv.length < cipher.ivBytes) {
    throw new ManagerKeyError(`${cipher.name} takes an IV of ${cipher.ivBytes} bytes, and this one has ${iv.length}`)
  }
  return { cipher, key: key.subarray(0, cipher.keyBytes), iv: iv.subarray(0, cipher.ivBytes) }
}

/** The same key under the other ciphers that it is long enough for, the strongest first. */
export function otherEncryptions(managerKey: ManagerKey, current: Encryption): Encryption[] {
  return usableCiphers
    .filter((cipher) => cipher !== current.cipher && cipher.keyBytes <= managerKey.key.length)
    .sort((a, b) => b.keyBytes - a.keyBytes)
    .map((cipher) => createEncryption(managerKey, cipher.name))
}
