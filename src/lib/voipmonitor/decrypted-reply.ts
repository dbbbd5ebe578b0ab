import { createDecipheriv, type Decipher } from 'node:crypto'
import { defaultCipherName, findCipher } from './cipher.js'
import type { Encryption } from './encryption.js'
import { errorOfText, failedAesText, notFoundText } from './error-texts.js'
import { cutReply, WrongIvError, WrongKeyError } from './errors.js'
import type { ReplyOptions } from './reply-decoder.js'
import { isGzip, looksLikeText } from './text-check.js'

const blockBytes = 16
/** So much is decrypted before any of it is handed out: the block that the IV garbles, and two that it does not. */
const judgedBytes = 3 * blockBytes
/** What a sniffer with another key says: one of two error texts, padded to two blocks. */
const refusalBytes = 2 * blockBytes

/** The part of an answer behind `aes:`: ciphertext in, text out while it comes. @throws what ReplyDecoder throws */
export class DecryptedReply {
  readonly #options: ReplyOptions & { encryption: Encryption }
  readonly #decipher: Decipher
  /** The first blocks as they came, for when they have to be looked at without padding, or under another cipher. */
  #head: Buffer = Buffer.alloc(0)
  #bytes = 0
  #held: Buffer[] = []
  #heldBytes = 0
  #isJudged = false

  constructor(options: ReplyOptions & { encryption: Encryption }) {
    this.#options = options
    this.#decipher = decipherOf(options.encryption)
  }

  push(chunk: Buffer): Buffer[] {
    this.#bytes += chunk.length
    if (this.#head.length < judgedBytes) {
      this.#head = Buffer.concat([this.#head, chunk.subarray(0, judgedBytes - this.#head.length)])
    }
    const text = this.#decipher.update(chunk)
    if (text.length === 0) return []
    if (this.#isJudged) return [text]
    this.#hold(text)
    if (this.#heldBytes < judgedBytes) return []
    this.#judge(Buffer.concat(this.#held).subarray(0, judgedBytes))
    return this.#release()
  }

  end(): Buffer[] {
    try {
      this.#hold(this.#decipher.final())
    } catch (cause) {
      throw this.#whyNotDecrypted(cause)
    }
    if (this.#isJudged) return this.#release()
    const text = Buffer.concat(this.#held)
    const error = errorOfText(text.toString('latin1'), this.#options.command.name, 'decrypted')
    if (error) throw error
    this.#judge(text)
    return this.#release()
  }

  #hold(text: Buffer): void {
    if (text.length === 0) return
    this.#held.push(text)
    this.#heldBytes += text.length
  }

  #release(): Buffer[] {
    const held = this.#held
    this.#held = []
    this.#isJudged = true
    return held
  }

  /** @param text the first blocks, or all of a short answer */
  #judge(text: Buffer): void {
    // Before the looks: an IV that differs in a few bits only leaves letters where letters were.
    if (this.#isGarbledError(text)) throw wrongIv()
    if (text.length === 0 || isGzip(text)) return
    if (this.#options.expects === 'bytes') return
    const rest = text.subarray(blockBytes)
    if (looksLikeText(text.subarray(0, blockBytes))) return
    if (rest.length > 0 && looksLikeText(rest)) throw wrongIv()
    throw this.#wrongKey()
  }

  /** An error text whose first block is something else. `command not found` comes of a wrong IV only when the request had more than one block. */
  #isGarbledError(text: Buffer): boolean {
    const hadMoreBlocks = Buffer.byteLength(this.#options.command.text) + 4 >= blockBytes
    return [failedAesText, ...(hadMoreBlocks ? [notFoundText] : [])].some((known) => {
      const ends = text.toString('latin1', blockBytes) === known.slice(blockBytes)
      return text.length === known.length && ends && text.toString('latin1') !== known
    })
  }

  #whyNotDecrypted(cause: unknown): Error {
    const refusal = this.#refusalInDefaultCipher()
    if (refusal) return refusal
    const wholeBlocks = this.#head.subarray(0, this.#head.length - (this.#head.length % blockBytes))
    // Nothing to look at, or looked at before: the key is not to blame.
    if (wholeBlocks.length === 0 || this.#isJudged) return cutReply(cause)
    const text = decipherOf(this.#options.encryption).setAutoPadding(false).update(wholeBlocks)
    const first = text.subarray(0, blockBytes)
    const rest = text.subarray(blockBytes)
    // One block of noise in some ten thousand looks like text. Where it may be a refusal under another key, both blocks have to.
    const isText = looksLikeText(first) && (this.#bytes !== refusalBytes || looksLikeText(rest))
    if (isGzip(first) || isText) return cutReply(cause)
    if (rest.length > blockBytes && looksLikeText(rest)) return wrongIv(cause)
    // A file need not look like text; but under another key no more than a refusal comes.
    if (this.#options.expects === 'bytes' && this.#bytes > refusalBytes) return cutReply(cause)
    return this.#wrongKey(cause)
  }

  /** Where the sniffer finds no cipher's name or no end in a request, it answers in its default cipher (recorded case 96). */
  #refusalInDefaultCipher(): Error | undefined {
    const { encryption, command } = this.#options
    if (this.#bytes !== refusalBytes || encryption.cipher.name === defaultCipherName) return undefined
    const cipher = findCipher(defaultCipherName)!
    try {
      const aes = decipherOf({ cipher, key: encryption.key.subarray(0, cipher.keyBytes), iv: encryption.iv })
      const text = Buffer.concat([aes.update(this.#head), aes.final()]).toString('latin1')
      return text === failedAesText ? errorOfText(text, command.name, 'decrypted') : undefined
    } catch {
      return undefined
    }
  }

  #wrongKey(cause?: unknown): Error {
    return (
      this.#refusalInDefaultCipher() ??
      new WrongKeyError("The sniffer's answer cannot be decrypted: it has another key or IV", {
        cause,
        hint: 'Compare manager_aes_key and manager_aes_iv of the sniffer, or the row "manager_key" of its database, with yours.'
      })
    )
  }
}

function decipherOf({ cipher, key, iv }: Encryption): Decipher {
  return createDecipheriv(cipher.name, key, cipher.ivBytes === 0 ? null : iv)
}

function wrongIv(cause?: unknown): WrongIvError {
  return new WrongIvError('The key is right and the IV is not: all but the first 16 bytes of the answer can be read', {
    cause,
    hint: 'Compare manager_aes_iv of the sniffer, or the "iv" in the row "manager_key" of its database, with yours.'
  })
}
