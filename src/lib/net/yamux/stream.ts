import { Duplex } from 'node:stream'
import { ConnectionLostError, type PbxkitError } from '../../errors.js'
import { ByteQueue } from './byte-queue.js'
import { Flag, initialWindowBytes } from './frame.js'

/** A window is a number of 32 bits. */
const maxWindowBytes = 2 ** 32 - 1

/** What a stream needs of its session. */
export interface StreamOwner {
  readonly windowBytes: number
  /** The stream has something to send: asks it for payloads when its turn comes. */
  schedule(stream: YamuxStream): void
  /** Sends a window update. */
  update(stream: YamuxStream, flags: number, credit: number): void
  /** No frame of the stream will come or go any more. */
  forget(stream: YamuxStream): void
}

/** Reads the beginning of a stream, before it is read as a Duplex. */
export interface FirstReader {
  /** @returns undefined: there is more to come. Else it has done; what it gives back, possibly nothing, is for the next reader */
  onBytes(bytes: Buffer): Buffer | undefined
  /** The peer's half ended, or the stream broke, before it had done. */
  onLost(): void
}

/**
 * One stream of a session as a Duplex. `end` closes our half, `destroy` before both halves are closed resets it. Credit goes back to the peer as the
 * reader takes bytes, so that no more than a window waits here. An error is no crash when nobody listens for it: `close` follows.
 * Its methods that begin with `peer` or `payload` are for its session.
 */
export class YamuxStream extends Duplex {
  readonly id: number
  /** Is it waiting for its turn to send? The session's own mark. */
  isScheduled = false
  readonly #owner: StreamOwner
  #sendWindow = initialWindowBytes
  #receiveWindow: number
  /** Bytes that the reader took and the peer has no credit for yet. */
  #taken = 0
  /** Has the reader asked, and got nothing yet? */
  #isWanted = false
  #waiting: ByteQueue | undefined
  #first: FirstReader | undefined
  #sending: Buffer | undefined
  #sent: ((error?: Error | null) => void) | undefined
  #isEnded = false
  #isEndedByPeer = false
  /** Both halves are closed, or it was reset. */
  #isOver = false

  constructor(id: number, owner: StreamOwner) {
    // A reader asks for more when it has nothing: what it does not read waits in few large buffers and not in many small ones.
    super({ allowHalfOpen: true, readableHighWaterMark: 1, writableHighWaterMark: 16 * 1024 })
    this.id = id
    this.#owner = owner
    this.#receiveWindow = owner.windowBytes
    this.on('error', ignore)
  }

  /**
   * Gives the first bytes to a reader at once, as they come. It spares those of a short message the detour over the Readable, which costs more than
   * reading them. Only before the stream is read otherwise.
   */
  readFirst(reader: FirstReader): void {
    this.#first = reader
    while (this.#first) {
      const bytes = this.#waiting?.take()
      if (!bytes) break
      this.#giveFirst(reader, bytes)
    }
    if (this.#first && (this.destroyed || this.#isEndedByPeer)) this.#loseFirst()
  }

  override _read(): void {
    this.#giveCredit()
    const bytes = this.#waiting?.take()
    if (!bytes) this.#isWanted = true
    else this.#handOver(bytes)
    if (this.#isEndedByPeer && (this.#waiting?.isEmpty ?? true)) this.push(null)
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (chunk.length === 0) return done()
    this.#sending = chunk
    this.#sent = done
    this.#owner.schedule(this)
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'utf8', done)
  }

  override _final(done: () => void): void {
    this.#isEnded = true
    this.#owner.update(this, Flag.fin, 0)
    this.#leaveWhenOver()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#isOver) {
      this.#owner.update(this, Flag.rst, 0)
      this.#leave()
    }
    this.#waiting = undefined
    this.#sending = undefined
    this.#loseFirst()
    this.#sent?.(error ?? new ConnectionLostError('The stream was closed'))
    this.#sent = undefined
    done(error)
  }

  /** Has it something to send that the peer has room for? */
  get isReadyToSend(): boolean {
    return this.#sending !== undefined && this.#sendWindow > 0
  }

  /** Takes out what is to be sent next. `payloadSent` is to be called when it is on its way. */
  payloadToSend(maxBytes: number): Buffer | undefined {
    const sending = this.#sending
    const length = Math.min(sending?.length ?? 0, this.#sendWindow, maxBytes)
    if (!sending || length === 0) return undefined
    this.#sendWindow -= length
    this.#sending = length < sending.length ? sending.subarray(length) : undefined
    return length < sending.length ? sending.subarray(0, length) : sending
  }

  payloadSent(): void {
    if (this.#sending) return
    const sent = this.#sent
    this.#sent = undefined
    sent?.()
  }

  /** The peer announces so many bytes. @returns may it send them? */
  peerAnnounces(length: number): boolean {
    if (this.#isEndedByPeer || length > this.#receiveWindow) return false
    this.#receiveWindow -= length
    return true
  }

  /** @param bytes a view of a chunk that will not be changed */
  peerSends(bytes: Buffer): void {
    if (this.destroyed) return
    if (this.#first) return this.#giveFirst(this.#first, bytes)
    if (this.#isWanted) {
      this.#isWanted = false
      this.#handOver(bytes)
      return
    }
    this.#waiting ??= new ByteQueue()
    this.#waiting.append(bytes)
  }

  /** @returns is it still a window? */
  peerGivesCredit(bytes: number): boolean {
    this.#sendWindow += bytes
    if (this.#sendWindow > maxWindowBytes) return false
    if (this.#sending) this.#owner.schedule(this)
    return true
  }

  peerEnds(): void {
    if (this.#isEndedByPeer) return
    this.#isEndedByPeer = true
    this.#loseFirst()
    if (this.#waiting?.isEmpty ?? true) this.push(null)
    this.#leaveWhenOver()
  }

  /** The peer reset it, or the whole session is lost. */
  peerIsGone(error: PbxkitError = new ConnectionLostError('The peer reset the stream')): void {
    if (!this.#isOver) this.#leave()
    this.destroy(error)
  }

  #giveFirst(reader: FirstReader, bytes: Buffer): void {
    const rest = reader.onBytes(bytes)
    this.#taken += bytes.length - (rest?.length ?? 0)
    if (!rest) return this.#giveCredit()
    this.#first = undefined
    if (rest.length === 0) return
    // In front of what waits: that is what it was taken from.
    const later = this.#waiting
    this.#waiting = new ByteQueue()
    this.#waiting.append(rest)
    for (let slab = later?.take(); slab; slab = later?.take()) this.#waiting.append(slab)
  }

  #loseFirst(): void {
    const reader = this.#first
    this.#first = undefined
    reader?.onLost()
  }

  #handOver(bytes: Buffer): void {
    this.#taken += bytes.length
    this.push(bytes)
  }

  /** Half a window at a time: an update for every line would double the frames. */
  #giveCredit(): void {
    if (this.#taken < this.#owner.windowBytes / 2 || this.#isEndedByPeer || this.#isOver) return
    const credit = this.#taken
    this.#taken = 0
    this.#receiveWindow += credit
    this.#owner.update(this, 0, credit)
  }

  #leaveWhenOver(): void {
    if (this.#isEnded && this.#isEndedByPeer && !this.#isOver) this.#leave()
  }

  #leave(): void {
    this.#isOver = true
    this.#owner.forget(this)
  }
}

function ignore(): void {}
