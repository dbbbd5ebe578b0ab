/** Cuts a stream of bytes at a delimiter: push bytes in, take whole messages out, each without its delimiter. */
export class DelimitedMessages {
  readonly #delimiter: Buffer
  #pending: Buffer = Buffer.alloc(0)

  constructor(delimiter: string) {
    this.#delimiter = Buffer.from(delimiter)
  }

  /** @returns views of what was pushed; empty messages are left out */
  push(chunk: Buffer): Buffer[] {
    const searched = this.#pending.length
    const bytes = searched > 0 ? Buffer.concat([this.#pending, chunk]) : chunk
    const messages: Buffer[] = []
    let start = 0
    // A delimiter may be cut by the chunks.
    let from = Math.max(0, searched - this.#delimiter.length + 1)
    for (;;) {
      const end = bytes.indexOf(this.#delimiter, from)
      if (end < 0) break
      if (end > start) messages.push(bytes.subarray(start, end))
      start = end + this.#delimiter.length
      from = start
    }
    this.#pending = bytes.subarray(start)
    return messages
  }

  /** Takes out what has begun and not ended. */
  takePending(): Buffer {
    const pending = this.#pending
    this.#pending = Buffer.alloc(0)
    return pending
  }
}
