import { ProtocolError } from '../errors.js'
import type { Command } from './command.js'
import { DecryptedReply } from './decrypted-reply.js'
import type { Encryption } from './encryption.js'
import { errorOfText, mayBeErrorText } from './error-texts.js'
import { cutReply, PlainReplyError } from './errors.js'

export interface ReplyOptions {
  /** What was asked: of the answers to some commands the same bytes mean something else. */
  command: Pick<Command, 'name' | 'text'>
  /** What the request was encrypted with. Then no clear answer is believed, but for the sniffer's error texts. */
  encryption?: Encryption | undefined
  /** `bytes`: the answer may be a file, which need not look like text. */
  expects?: 'text' | 'bytes' | undefined
  /** Of the answer on the wire; 100,000 calls have 43 MB. */
  maxBytes?: number | undefined
}

const defaultMaxBytes = 256 * 1024 * 1024
const encryptedMark = 'aes:'
/** No error text is longer than 20 bytes; what is longer was no error. */
const longestErrorText = 20

/**
 * One answer of the sniffer: push its bytes in, take the text (or the gzip stream) out. The connection's end is the only end of an answer, so that `end`
 * has to be called, and says whether all of it came as far as that can be told: in clear only the content tells.
 */
export class ReplyDecoder {
  readonly #options: ReplyOptions
  readonly #maxBytes: number
  #bytes = 0
  /** What has come and is not decided yet: is this encrypted, is it an error text? */
  #held: Buffer = Buffer.alloc(0)
  #decrypted: DecryptedReply | undefined
  #isClear = false

  constructor(options: ReplyOptions) {
    this.#options = options
    this.#maxBytes = options.maxBytes ?? defaultMaxBytes
  }

  /**
   * @returns what can be told so far: in clear, views of what was pushed
   * @throws WrongKeyError, WrongIvError, PlainReplyError, ProtocolError
   */
  push(chunk: Buffer): Buffer[] {
    this.#bytes += chunk.length
    if (this.#bytes > this.#maxBytes) {
      throw new ProtocolError(`The sniffer's answer is longer than ${this.#maxBytes} bytes`, {
        hint: 'Ask for less, or gzipped.'
      })
    }
    if (this.#decrypted) return this.#decrypted.push(chunk)
    if (this.#isClear) return chunk.length > 0 ? [chunk] : []
    return this.#decide(this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk)
  }

  /**
   * The connection was closed.
   * @throws also CutReplyError, and what the sniffer's error texts mean
   */
  end(): Buffer[] {
    if (this.#decrypted) return this.#decrypted.end()
    if (this.#held.length === 0) return []
    const { command, encryption } = this.#options
    const text = this.#held.toString('latin1')
    const error = errorOfText(text, command.name, encryption ? 'clear, though asked encrypted' : 'clear')
    if (error) throw error
    if (encryption) {
      if (encryptedMark.startsWith(text)) throw cutReply()
      throw plainReply()
    }
    return [this.#held]
  }

  #decide(bytes: Buffer): Buffer[] {
    const { encryption } = this.#options
    const start = bytes.toString('latin1', 0, encryptedMark.length)
    if (start === encryptedMark) {
      if (encryption) {
        this.#held = Buffer.alloc(0)
        this.#decrypted = new DecryptedReply({ ...this.#options, encryption })
        return this.#decrypted.push(bytes.subarray(encryptedMark.length))
      }
      if (this.#options.expects !== 'bytes') throw new ProtocolError('The sniffer answered encrypted to a request in clear')
    }
    if (encryptedMark.startsWith(start) || (bytes.length <= longestErrorText && mayBeErrorText(bytes))) {
      // A copy: the caller may use its buffer again.
      this.#held = Buffer.from(bytes)
      return []
    }
    if (encryption) throw plainReply()
    this.#held = Buffer.alloc(0)
    this.#isClear = true
    return [bytes]
  }
}

function plainReply(): PlainReplyError {
  return new PlainReplyError('The answer to an encrypted request came in clear, and is not believed', {
    hint: 'Is this a sniffer? Ask with --encrypt off only when you want to talk to it in clear.'
  })
}
