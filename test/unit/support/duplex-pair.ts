import { Duplex } from 'node:stream'

export interface DuplexPairOptions {
  /** Bytes that one end takes before the other has read them. */
  highWaterMark?: number
  /** Cuts what is written into pieces, to arrive one by one. */
  cut?: (bytes: Buffer) => Buffer[]
}

/** Two ends of a connection inside the process: what is written to one is read from the other, with its back-pressure. */
export function duplexPair(options: DuplexPairOptions = {}): [PairEnd, PairEnd] {
  const one = new PairEnd(options)
  const other = new PairEnd(options)
  one.peer = other
  other.peer = one
  return [one, other]
}

export class PairEnd extends Duplex {
  peer: PairEnd | undefined
  /** All bytes that were written to this end. */
  written = 0
  readonly #cut: (bytes: Buffer) => Buffer[]
  #taken: (() => void) | undefined

  constructor({ highWaterMark = 64 * 1024, cut = (bytes) => [bytes] }: DuplexPairOptions) {
    super({ highWaterMark })
    this.#cut = cut
  }

  override _read(): void {
    const taken = this.peer?.takeTaken()
    if (taken) process.nextTick(taken)
  }

  takeTaken(): (() => void) | undefined {
    const taken = this.#taken
    this.#taken = undefined
    return taken
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.written += chunk.length
    const peer = this.peer!
    let hasRoom = true
    if (!peer.destroyed) for (const piece of this.#cut(Buffer.from(chunk))) hasRoom = peer.push(piece)
    if (hasRoom || peer.destroyed) process.nextTick(done)
    else this.#taken = done
  }

  override _final(done: () => void): void {
    if (!this.peer!.destroyed) this.peer!.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.peer!.takeTaken()?.()
    if (!this.peer!.readableEnded && !this.peer!.destroyed) this.peer!.push(null)
    done(error)
  }
}
