import { Duplex } from 'node:stream'

/**
 * Two streams, each of which reads what the other is given: a connection inside the process. (`stream.duplexPair` needs a newer Node than ours.) A write
 * is done when the other side has room, so that `writableLength` and `drain` tell what the reader leaves unread; with one side the other is
 * destroyed.
 */
export function streamPair(): [Duplex, Duplex] {
  const first = new Side()
  const second = new Side()
  first.other = second
  second.other = first
  return [first, second]
}

class Side extends Duplex {
  other!: Side
  #whenRead: (() => void) | undefined

  override _read(): void {
    const done = this.#whenRead
    this.#whenRead = undefined
    done?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    if (this.other.destroyed) done(new Error('The other side has closed'))
    else if (chunk.length === 0 || this.other.push(chunk)) process.nextTick(done)
    else this.other.#whenRead = done
  }

  override _final(done: () => void): void {
    this.other.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    done(error)
    process.nextTick(() => {
      // Whoever waits for room here need not wait any longer.
      this._read()
      this.other.#followEnd(this.writableFinished)
    })
  }

  /** @param saidAll did the other side end, so that what it said is still to be read here? */
  #followEnd(saidAll: boolean): void {
    if (saidAll && !this.readableEnded) this.once('end', () => this.destroy())
    else this.destroy()
  }
}
