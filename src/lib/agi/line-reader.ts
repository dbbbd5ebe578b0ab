import { ProtocolError } from '../errors.js'

const lf = 0x0a

/** Cuts a stream at LF. A line that never ends is bounded; what one push holds is bounded by the caller. */
export class LineReader {
  readonly #maxBytes: number
  readonly #what: string
  #bytes: Buffer = Buffer.alloc(0)
  /** Bytes at the start of `#bytes` in which there is no LF. */
  #searched = 0

  /** @param maxBytes of one line with its LF @param what what such a line is called in the error */
  constructor(maxBytes: number, what: string) {
    this.#maxBytes = maxBytes
    this.#what = what
  }

  push(chunk: Buffer): void {
    // A copy: the caller may use its buffer again.
    this.#bytes = Buffer.concat([this.#bytes, chunk])
  }

  /**
   * @returns the next whole line without its LF (of a copy of what was pushed), undefined when there is none yet
   * @throws ProtocolError when the next line is longer than allowed, ended or not
   */
  next(): Buffer | undefined {
    const end = this.#bytes.indexOf(lf, this.#searched)
    const bytes = end < 0 ? this.#bytes.length + 1 : end + 1
    if (bytes > this.#maxBytes) throw new ProtocolError(`${this.#what} is longer than ${this.#maxBytes} bytes`)
    if (end < 0) {
      this.#searched = this.#bytes.length
      return undefined
    }
    this.#searched = 0
    const line = this.#bytes.subarray(0, end)
    this.#bytes = this.#bytes.subarray(end + 1)
    return line
  }

  /** Is there a whole line, of any length? */
  get hasLine(): boolean {
    return this.#bytes.indexOf(lf, this.#searched) >= 0
  }

  /** Bytes that were pushed and not taken. */
  get waitingBytes(): number {
    return this.#bytes.length
  }

  /** Takes out what is left: whole lines that were not taken, and a line that has begun and not ended. */
  takeRest(): Buffer {
    const rest = this.#bytes
    this.#bytes = Buffer.alloc(0)
    this.#searched = 0
    return rest
  }
}
