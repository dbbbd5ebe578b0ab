import { ProtocolError } from '../errors.js'

const lf = 0x0a
const nothing = Buffer.alloc(0)

/** Cuts a stream at LF. A line that never ends is bounded; what one push holds is bounded by the caller. */
export class LineReader {
  readonly #maxBytes: number
  readonly #what: string
  #bytes: Buffer = nothing
  /** Bytes at the start of `#bytes` in which there is no LF. */
  #searched = 0

  /** @param maxBytes of one line with its LF @param what what such a line is called in the error */
  constructor(maxBytes: number, what: string) {
    this.#maxBytes = maxBytes
    this.#what = what
  }

  push(chunk: Buffer): void {
    // A copy: the caller may use its buffer again.
    this.#bytes = this.#bytes.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#bytes, chunk])
  }

  /**
   * @returns the next whole line without its LF (of a copy of what was pushed), undefined when there is none yet
   * @throws ProtocolError when the next line is longer than allowed, ended or not
   */
  next(): Buffer | undefined {
    const line = this.nextWithEnd()
    return line?.subarray(0, -1)
  }

  /** The same with its LF. @throws ProtocolError as `next` */
  nextWithEnd(): Buffer | undefined {
    const bytes = this.#bytes
    const end = bytes.length === this.#searched ? -1 : bytes.indexOf(lf, this.#searched)
    const length = end < 0 ? bytes.length + 1 : end + 1
    if (length > this.#maxBytes) throw new ProtocolError(`${this.#what} is longer than ${this.#maxBytes} bytes`)
    if (end < 0) {
      this.#searched = bytes.length
      return undefined
    }
    this.#searched = 0
    const isLast = length === bytes.length
    this.#bytes = isLast ? nothing : bytes.subarray(length)
    return isLast ? bytes : bytes.subarray(0, length)
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
    this.#bytes = nothing
    this.#searched = 0
    return rest
  }
}
