import { ProtocolError } from '../errors.js'
import { Block, endOfCommand, isFollows } from './block.js'

const lf = 0x0a
const cr = 0x0d

export interface ParserLimits {
  /** One line. Real values (VarSet, SIP headers) stay far below; a peer that sends more is broken or hostile. */
  maxHeaderBytes: number
  /** One block. `core show help` has 30 kB; the answer to a big GetConfig some hundred. */
  maxBlockBytes: number
}

/** Headers of one action. Asterisk takes 128; a block of nothing but line ends must not become half a million of them. */
const maxClientHeaders = 1_000

export const defaultLimits: ParserLimits = { maxHeaderBytes: 64 * 1024, maxBlockBytes: 1024 * 1024 }

export interface ParserOptions extends Partial<ParserLimits> {
  /** `server`: what Asterisk sends (a banner line first, `Response: Follows` texts). `client`: what clients send. */
  from: 'server' | 'client'
}

/**
 * Cuts a byte stream into blocks. Push bytes in as they come, take whole blocks out. A block ends at an empty line; lines end in CRLF
 * or LF, mixed as they come (some lists of Asterisk 18 to 20 end in CR LF LF). Empty blocks are skipped. Knows no socket and no time.
 */
export class BlockParser {
  /** The first line of the server's stream, without its line end. Undefined until it has come. */
  banner: string | undefined
  readonly #limits: ParserLimits
  readonly #fromServer: boolean
  /** The beginning of a block that has not ended, in a buffer that grows by doubling: a peer that sends byte by byte must not cost a copy of all for each. */
  #store = Buffer.alloc(0)
  #stored = 0
  /** Up to here what is stored has been searched for an end already. */
  #searched = 0
  /** Where the last line of what is stored begins. */
  #lineStart = 0

  constructor({ from, ...limits }: ParserOptions) {
    this.#limits = { ...defaultLimits, ...limits }
    this.#fromServer = from === 'server'
  }

  /** Bytes of a block that has begun and not ended. */
  get pendingBytes(): number {
    return this.#stored
  }

  /** Takes out what has begun and not ended; another reader goes on with it. */
  takePending(): Buffer {
    const pending = this.#store.subarray(0, this.#stored)
    this.#store = Buffer.alloc(0)
    this.#stored = 0
    this.#searched = 0
    return pending
  }

  /**
   * @param blocks where the blocks go: those before what is past a limit are in it when it throws
   * @returns the blocks that these bytes complete; their bytes may be views of the chunk, which must not be changed while they are used
   * @throws ProtocolError past a limit; the parser is of no use afterwards
   */
  push(chunk: Buffer, blocks: Block[] = []): Block[] {
    const bytes = this.#stored > 0 ? this.#append(chunk) : chunk
    let start = 0
    let from = this.#searched
    if (this.#fromServer && this.banner === undefined) {
      start = this.#takeBanner(bytes)
      if (this.banner === undefined) return blocks
      from = start
    }
    for (;;) {
      while (bytes[start] === lf || (bytes[start] === cr && bytes[start + 1] === lf)) start += bytes[start] === lf ? 1 : 2
      const end = this.#findEnd(bytes, start, Math.max(start, from))
      if (end < 0) break
      this.#checkLines(bytes, start, end)
      blocks.push(new Block(bytes.subarray(start, end), this.#fromServer ? 'server' : 'client'))
      start = end
      from = end
    }
    this.#keep(bytes, start)
    return blocks
  }

  /** @returns all that is stored, the chunk included */
  #append(chunk: Buffer): Buffer {
    const length = this.#stored + chunk.length
    if (length > this.#store.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#store.length, 512))
      this.#store.copy(larger, 0, 0, this.#stored)
      this.#store = larger
    }
    chunk.copy(this.#store, this.#stored)
    this.#stored = length
    return this.#store.subarray(0, length)
  }

  #findEnd(bytes: Buffer, start: number, from: number): number {
    return this.#fromServer ? findBlockEnd(bytes, start, from) : findEmptyLine(bytes, from)
  }

  #takeBanner(bytes: Buffer): number {
    const end = bytes.indexOf(lf)
    if (end < 0) {
      this.#keep(bytes, 0)
      return 0
    }
    if (end + 1 > this.#limits.maxHeaderBytes) throw this.#headerTooLong()
    this.banner = bytes.toString('utf8', 0, bytes[end - 1] === cr ? end - 1 : end)
    return end + 1
  }

  /** Stores what has not ended, unless it stands in the store already. */
  #keep(bytes: Buffer, start: number): void {
    const length = bytes.length - start
    const unseen = start > 0 ? start : this.#searched
    const lastLf = bytes.subarray(unseen).lastIndexOf(lf)
    if (lastLf >= 0) this.#lineStart = unseen + lastLf + 1 - start
    else if (start > 0) this.#lineStart = 0
    const line = length - this.#lineStart
    // A lone CR at the end may be the first half of the empty line, which is no part of the block.
    const block = line === 1 && bytes[bytes.length - 1] === cr ? length - 1 : length
    if (block > this.#limits.maxBlockBytes) throw this.#blockTooLong()
    if (line > this.#limits.maxHeaderBytes) throw this.#headerTooLong()
    if (start > 0 || this.#stored === 0) {
      // Blocks that were given out may be views of the old store: the rest moves to a new one.
      this.#store = Buffer.alloc(0)
      this.#stored = 0
      if (length > 0) this.#append(bytes.subarray(start))
    }
    // An end may be cut in the middle: CR LF CR | LF.
    this.#searched = Math.max(0, length - 3)
  }

  #checkLines(bytes: Buffer, start: number, end: number): void {
    if (end - start > this.#limits.maxBlockBytes) throw this.#blockTooLong()
    if (!this.#fromServer) assertFewHeaders(bytes, start, end)
    if (end - start <= this.#limits.maxHeaderBytes) return
    for (let line = start; line < end; ) {
      const next = bytes.indexOf(lf, line) + 1
      if (next - line > this.#limits.maxHeaderBytes) throw this.#headerTooLong()
      line = next
    }
  }

  #blockTooLong(): ProtocolError {
    return new ProtocolError(`A block is longer than ${this.#limits.maxBlockBytes} bytes`, {
      details: { limit: this.#limits.maxBlockBytes }
    })
  }

  #headerTooLong(): ProtocolError {
    return new ProtocolError(`A header is longer than ${this.#limits.maxHeaderBytes} bytes`, {
      details: { limit: this.#limits.maxHeaderBytes }
    })
  }
}

/** @throws ProtocolError */
function assertFewHeaders(bytes: Buffer, start: number, end: number): void {
  let headers = 0
  for (let at = bytes.indexOf(lf, start); at >= 0 && at < end; at = bytes.indexOf(lf, at + 1)) {
    if (++headers > maxClientHeaders)
      throw new ProtocolError(`A block has more than ${maxClientHeaders} headers`, { details: { limit: maxClientHeaders } })
  }
}

/**
 * The end of the server's block at `start`: where its closing empty line begins; -1 when that has not come yet.
 * @param from where to search on when the bytes before were searched already
 */
export function findBlockEnd(bytes: Buffer, start: number, from = start): number {
  if (!isFollows(bytes.subarray(start, start + 40))) return findEmptyLine(bytes, from)
  return findEndOfFollows(bytes, Math.max(start, from - endOfCommand.length - 2))
}

/** Where the first empty line at or after `from` begins, that is, one past the LF before it; -1 when there is none. */
export function findEmptyLine(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(lf, from); at >= 0; at = bytes.indexOf(lf, at + 1)) {
    if (bytes[at + 1] === lf || (bytes[at + 1] === cr && bytes[at + 2] === lf)) return at + 1
  }
  return -1
}

/** The text of a `Response: Follows` answer may hold empty lines: only the end mark before an empty line closes it. */
export function findEndOfFollows(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(endOfCommand, start); at >= 0; at = bytes.indexOf(endOfCommand, at + 1)) {
    const after = at + endOfCommand.length
    const lineEnd = bytes[after] === lf ? after + 1 : bytes[after] === cr && bytes[after + 1] === lf ? after + 2 : -1
    if (lineEnd < 0) continue
    if (bytes[lineEnd] === lf || (bytes[lineEnd] === cr && bytes[lineEnd + 1] === lf)) return lineEnd
  }
  return -1
}
