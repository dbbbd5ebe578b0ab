import { ProtocolError } from '../errors.js'
import { cutReply } from './errors.js'

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** The totals with their maps hold every number and address once: some MB for 100,000 calls. */
const defaultMaxElementBytes = 16 * 1024 * 1024
/** Recorded answers go three levels deep. */
const maxDepth = 16

/**
 * Reads one JSON array while it comes: push bytes in, take its elements (arrays and objects) out, whole and in order. Only the element that is coming is
 * kept. An object alone is taken for its only element.
 */
export class JsonElements {
  readonly #maxElementBytes: number
  /** What has been searched and not parsed. */
  #parts: Buffer[] = []
  #partBytes = 0
  #depth = 0
  /** The depth that an element ends at: 1 within the array, 0 for an object alone. */
  #bottom = 1
  #isInString = false
  #isEscaped = false
  #hasBegun = false
  #count = 0

  constructor(maxElementBytes = defaultMaxElementBytes) {
    this.#maxElementBytes = maxElementBytes
  }

  get #hasEnded(): boolean {
    return this.#hasBegun && this.#depth === 0
  }

  /** @throws ProtocolError for what is no JSON array of arrays and objects, and no JSON object */
  push(chunk: Buffer): unknown[] {
    const { from, lastEnd, end } = this.#search(chunk)
    let elements: unknown[] = []
    if (lastEnd > from) {
      elements = this.#parse(Buffer.concat([...this.#parts, chunk.subarray(from, lastEnd)]))
      this.#parts = []
      this.#partBytes = 0
    }
    const rest = chunk.subarray(Math.max(from, lastEnd), end)
    if (!this.#hasEnded) this.#keep(rest)
    // Between the last element and the bracket stands nothing.
    else if (/\S/.test(Buffer.concat([...this.#parts.splice(0), rest]).toString('latin1'))) throw notJson()
    return elements
  }

  /** @throws CutReplyError when the array has not ended */
  end(): void {
    if (!this.#hasEnded) throw cutReply()
  }

  /** @returns where what belongs to elements begins in the chunk, where the last whole one ends (0: none does), and where all of them end */
  #search(chunk: Buffer): { from: number; lastEnd: number; end: number } {
    const { length } = chunk
    let depth = this.#depth
    let isInString = this.#isInString
    let isEscaped = this.#isEscaped
    let from = depth > 0 ? 0 : length
    let lastEnd = 0
    let end = length
    for (let at = 0; at < length; at++) {
      const byte = chunk[at]!
      if (isInString) {
        if (isEscaped) isEscaped = false
        else if (byte === backslash) isEscaped = true
        else if (byte === quote) isInString = false
      } else if (depth === 0) {
        if (isBlank(byte)) continue
        if (this.#hasBegun || (byte !== openBracket && byte !== openBrace)) throw notJson()
        this.#hasBegun = true
        this.#bottom = byte === openBracket ? 1 : 0
        // An array is parsed without its brackets, an object alone with its braces.
        from = at + this.#bottom
        depth = 1
      } else if (byte === quote) {
        isInString = true
      } else if (byte === openBracket || byte === openBrace) {
        if (++depth > maxDepth) throw notJson()
      } else if (byte === closeBracket || byte === closeBrace) {
        depth--
        if (depth === this.#bottom) lastEnd = at + 1
        if (depth === 0) end = this.#bottom === 1 ? at : at + 1
      }
    }
    this.#depth = depth
    this.#isInString = isInString
    this.#isEscaped = isEscaped
    return { from, lastEnd, end }
  }

  #parse(bytes: Buffer): unknown[] {
    const text = bytes.toString('utf8')
    const comma = /^\s*,/.exec(text)?.[0]
    if ((comma !== undefined) !== this.#count > 0) throw notJson()
    let elements: unknown[]
    try {
      elements = JSON.parse(`[${comma === undefined ? text : text.slice(comma.length)}]`)
    } catch (cause) {
      throw notJson(cause)
    }
    this.#count += elements.length
    return elements
  }

  #keep(rest: Buffer): void {
    if (rest.length === 0) return
    this.#partBytes += rest.length
    if (this.#partBytes > this.#maxElementBytes) {
      throw new ProtocolError(`One row of the sniffer's answer is longer than ${this.#maxElementBytes} bytes`)
    }
    // A copy: the caller may use its buffer again.
    this.#parts.push(Buffer.from(rest))
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function notJson(cause?: unknown): ProtocolError {
  return new ProtocolError("The sniffer's answer is not the list that was asked for", {
    cause,
    hint: 'See the answer itself with: pbxkit manager send'
  })
}
