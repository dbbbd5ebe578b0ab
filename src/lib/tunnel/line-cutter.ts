import { ProtocolError } from '../errors.js'

const lf = 0x0a

/** Takes text lines off the beginning of a byte stream, one at a time, and keeps what follows them. */
export class LineCutter {
  readonly #maxBytes: number
  #bytes: Buffer = Buffer.alloc(0)
  /** Up to here there is no LF. */
  #searched = 0

  /** @param maxBytes of a line, without its LF */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
  }

  /** The next line without its LF; bytes are characters (latin1). @throws ProtocolError when it is too long */
  take(): string | undefined {
    const end = this.#bytes.indexOf(lf, this.#searched)
    if ((end < 0 ? this.#bytes.length : end) > this.#maxBytes) {
      throw new ProtocolError(`A line is longer than ${this.#maxBytes} bytes`, { details: { limit: this.#maxBytes } })
    }
    this.#searched = end < 0 ? this.#bytes.length : 0
    if (end < 0) return undefined
    const line = this.#bytes.toString('latin1', 0, end)
    this.#bytes = this.#bytes.subarray(end + 1)
    return line
  }

  /** Takes out what has come and is in no line yet. */
  takeRest(): Buffer {
    const rest = this.#bytes
    this.#bytes = Buffer.alloc(0)
    this.#searched = 0
    return rest
  }
}
