import { createCipheriv } from 'node:crypto'
import type { Command } from './command.js'
import { createEncryption, type Encryption, type ManagerKey, otherEncryptions } from './encryption.js'
import { CiphertextEndMarkError } from './errors.js'
import { isListCommand } from './list-parameters.js'

/** With it the sniffer answers at once; with any other end it waits half a second for more. */
const requestEnd = '\r\n\r\n'
/** Ends an encrypted request. The sniffer cuts at the first one. */
const endMark = ':sea'

/** One request: to be written in one piece, on a connection of its own. */
export interface ManagerRequest {
  readonly bytes: Buffer
  /** The command as it is sent. */
  readonly command: Command
  /** What the answer is to be read with; absent in clear. */
  readonly encryption?: Encryption | undefined
}

/** Writes a request in clear. */
export function encodePlainRequest(command: Command): ManagerRequest {
  return { bytes: Buffer.from(command.text + requestEnd), command }
}

/**
 * Writes an encrypted request: `<cipher>:<ciphertext>:sea`. Where the ciphertext happens to have `:sea` in it the sniffer would cut there, and as key
 * and IV are fixed it would do so for ever: then another cipher is taken that the key is long enough for, and else, for a command with JSON, one more
 * blank behind its name.
 * @param cipherName aes-128-cbc unless given
 * @throws ManagerKeyError, CiphertextEndMarkError
 */
export function encodeEncryptedRequest(command: Command, key: ManagerKey, cipherName?: string): ManagerRequest {
  const encryption = createEncryption(key, cipherName)
  for (const one of [encryption, ...otherEncryptions(key, encryption)]) {
    const bytes = encrypted(command.text, one)
    if (bytes) return { bytes, command, encryption: one }
  }
  for (const text of withMoreBlanks(command)) {
    const bytes = encrypted(text, encryption)
    if (bytes) return { bytes, command: { ...command, text }, encryption }
  }
  throw new CiphertextEndMarkError(
    `Under this key ${encryption.cipher.name} makes the end mark "${endMark}" out of this very command`,
    {
      hint: 'Change something in the command, or use a key of 32 bytes, which leaves other ciphers to choose from.'
    }
  )
}

/** Undefined when the end mark stands inside. */
function encrypted(text: string, { cipher, key, iv }: Encryption): Buffer | undefined {
  const aes = createCipheriv(cipher.name, key, iv)
  const ciphertext = Buffer.concat([aes.update(text + requestEnd), aes.final()])
  const bytes = Buffer.concat([Buffer.from(`${cipher.name}:`), ciphertext, Buffer.from(endMark)])
  return bytes.indexOf(endMark) === bytes.length - endMark.length ? bytes : undefined
}

/** Only before JSON do further blanks mean nothing: of a path they would become part. Two unlucky texts in a row do not happen (1 in 10^9 each). */
function withMoreBlanks({ name, text, argument }: Command): string[] {
  if (argument === '' || !isListCommand(name)) return []
  const rest = text.slice(name.length)
  return [1, 2, 3].map((blanks) => name + ' '.repeat(blanks) + rest)
}
