const lf = 0x0a
const cr = 0x0d

/** Asterisk's line buffer (manager.c, `inbuf[1025]`): when it is full and has no line feed in it, it is thrown away, and the action spoilt. */
const lineBufferBytes = 1024
/** AST_MAX_MANHEADERS of manager.c. */
const maxLines = 128
/** Asterisk would read on for ever; here a client that sends this much without an end is sent away. */
const maxDiscardedBytes = 1024 * 1024

/** One action that a client sent: its lines without their line ends, in latin1, so that a string holds bytes. */
export class ActionRequest {
  readonly lines: readonly string[]

  constructor(lines: readonly string[]) {
    this.lines = lines
  }

  /**
   * The first value under a name, without the blanks before it; empty when there is none. The colon follows the name at once: Asterisk
   * does not know `Action : Ping` (astman_get_header).
   */
  get(name: string): string {
    const start = `${name.toLowerCase()}:`
    const line = this.lines.find((line) => line.toLowerCase().startsWith(start))
    return line?.slice(start.length).replace(/^[\x01-\x20]+/, '') ?? ''
  }
}

/** A whole request. With a problem it is not to be carried out, only answered with it. */
export interface Read {
  request: ActionRequest
  problem?: 'Failed to parse message: line too long' | 'Too many lines in message or allocation failure'
}

/**
 * Cuts what a client sends into actions, the way Asterisk does (get_input and do_message of manager.c): line by line, each below 1024
 * bytes, at most 128 to an action. What exceeds that is thrown away as it comes, so that memory stays bounded, and the action is
 * answered with an error when its empty line comes.
 */
export class RequestReader {
  #lines: string[] = []
  #problem: Read['problem']
  #partial: Buffer = Buffer.alloc(0)
  #discardedBytes = 0

  /** Has so much been thrown away since the last action that none will ever end? */
  get isEndless(): boolean {
    return this.#discardedBytes > maxDiscardedBytes
  }

  push(chunk: Buffer): Read[] {
    const reads: Read[] = []
    let start = 0
    for (let end = chunk.indexOf(lf); end >= 0; end = chunk.indexOf(lf, start)) {
      this.#extend(chunk.subarray(start, end))
      this.#endLine(reads)
      start = end + 1
    }
    this.#extend(chunk.subarray(start))
    return reads
  }

  /** What follows a thrown-away buffer is read as a line of its own, also when it is only the line feed (recorded). */
  #extend(bytes: Buffer): void {
    let line = this.#partial.length > 0 ? Buffer.concat([this.#partial, bytes]) : Buffer.from(bytes)
    while (line.length >= lineBufferBytes) {
      this.#discardedBytes += lineBufferBytes
      this.#problem ??= 'Failed to parse message: line too long'
      line = line.subarray(lineBufferBytes)
    }
    this.#partial = line
  }

  #endLine(reads: Read[]): void {
    const line = this.#partial.at(-1) === cr ? this.#partial.subarray(0, -1) : this.#partial
    this.#partial = Buffer.alloc(0)
    if (line.length === 0) {
      reads.push(this.#endAction())
    } else if (this.#lines.length < maxLines) {
      // For Asterisk a NUL ends the text (recorded).
      this.#lines.push(line.toString('latin1').split('\0', 1)[0]!)
    } else {
      this.#discardedBytes += line.length
      this.#problem ??= 'Too many lines in message or allocation failure'
    }
  }

  /** An empty line with nothing before it is an action too, one without a name: Asterisk complains of it. */
  #endAction(): Read {
    const request = new ActionRequest(this.#lines)
    const problem = this.#problem
    this.#lines = []
    this.#problem = undefined
    this.#discardedBytes = 0
    return problem === undefined ? { request } : { request, problem }
  }
}
