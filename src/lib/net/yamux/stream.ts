import { EventEmitter } from 'node:events'
import { ConnectionLostError, type PbxkitError } from '../../errors.js'
import type { ByteChannel } from '../byte-channel.js'
import { ByteQueue } from './byte-queue.js'
import { Flag, initialWindowBytes } from './frame.js'

/** A window is a number of 32 bits. */
const maxWindowBytes = 2 ** 32 - 1
/** A reader that takes half a window in less than this is held up by the window: more may be on its way. */
const fastMs = 500
/** What waits here for the peer, before whoever writes is asked to stop: as much as a Duplex has. */
const highWaterBytes = 16 * 1024

/** What a stream needs of its session. */
export interface StreamOwner {
  /** No window grows beyond it. */
  readonly maxWindowBytes: number
  /** The stream has something to send: asks it for payloads when its turn comes. */
  schedule(stream: YamuxStream): void
  /** Sends a window update. */
  update(stream: YamuxStream, flags: number, credit: number): void
  /** The stream's first frame says that it was taken. */
  ackGoes(): void
  /** No frame of the stream will come or go any more. */
  forget(stream: YamuxStream): void
}

/** Reads the beginning of a stream, before its `data` is listened for. */
export interface FirstReader {
  /** @returns undefined: there is more to come. Else it has done; what it gives back, possibly nothing, is for the next reader */
  onBytes(bytes: Buffer): Buffer | undefined
  /** The peer's half ended, or the stream broke, before it had done. */
  onLost(): void
}

/**
 * One stream of a session. `end` closes our half, `destroy` before both halves are closed resets it, and `close` comes when both are. Credit goes back to
 * the peer as the reader takes bytes, so that no more than a window waits here; the window of a stream that is read fast grows.
 *
 * It has the events of a Duplex, `data`, `end`, `drain` and `close`, and is none: a call is a stream at either end and a few short lines, and most of
 * what a call cost went into a Duplex, its states and its turns. Frames are told as they come, in the same turn. There is no event `error`: see `errored`.
 * Its methods that begin with `peer` or `payload` are for its session.
 */
export class YamuxStream extends EventEmitter implements ByteChannel {
  readonly id: number
  /** Is it waiting for its turn to send? The session's own mark. */
  isScheduled = false
  /** Is the peer to be told that it was taken? The session's own mark. */
  owesAck = false
  destroyed = false
  errored: Error | null = null
  readableEnded = false
  writableEnded = false
  writableNeedDrain = false
  readonly #owner: StreamOwner
  #sendWindow = initialWindowBytes
  #receiveWindow = initialWindowBytes
  /** What the peer may have sent and the reader not taken. */
  #windowBytes = initialWindowBytes
  /** Of `performance.now()`. */
  #creditedMs = Number.NEGATIVE_INFINITY
  /** Bytes that the reader took and the peer has no credit for yet. */
  #taken = 0
  #isFlowing = false
  #waiting: ByteQueue | undefined
  #first: FirstReader | undefined
  /** What is sent next, what comes behind it, and how much that is together. */
  #sending: Buffer | undefined
  #later: Buffer[] | undefined
  #sendingBytes = 0
  #isEnded = false
  #isEndedByPeer = false
  /** Both halves are closed, or it was reset. */
  #isOver = false

  constructor(id: number, owner: StreamOwner) {
    super()
    this.id = id
    this.#owner = owner
  }

  get writable(): boolean {
    return !this.destroyed && !this.writableEnded
  }

  /** Gives the first bytes to a reader at once, as they come. Only before `resume`. */
  readFirst(reader: FirstReader): void {
    this.#first = reader
    while (this.#first) {
      const bytes = this.#waiting?.take()
      if (!bytes) break
      this.#giveFirst(reader, bytes)
    }
    if (this.#first && (this.destroyed || this.#isEndedByPeer)) this.#loseFirst()
  }

  /** Bytes that wait are told in a turn of their own. */
  resume(): this {
    if (this.#isFlowing) return this
    this.#isFlowing = true
    if (this.#isEndedByPeer || this.#hasWaiting) process.nextTick(() => this.#flow())
    return this
  }

  pause(): this {
    this.#isFlowing = false
    return this
  }

  /** What is written after the end goes nowhere. @param bytes are not to be changed afterwards */
  write(bytes: Buffer | string): boolean {
    if (!this.writable) return false
    const chunk = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
    if (chunk.length === 0) return !this.writableNeedDrain
    this.#sendingBytes += chunk.length
    if (!this.#sending) this.#sending = chunk
    else {
      this.#later ??= []
      this.#later.push(chunk)
    }
    if (this.#sendWindow > 0) this.#owner.schedule(this)
    // Mostly it has left by now.
    this.writableNeedDrain ||= this.#sendingBytes >= highWaterBytes
    return !this.writableNeedDrain
  }

  end(bytes?: Buffer | string): this {
    if (!this.writable) return this
    if (bytes !== undefined) this.write(bytes)
    this.writableEnded = true
    if (this.#sendingBytes === 0) this.#sendEnd()
    return this
  }

  destroy(error?: Error): this {
    if (this.destroyed) return this
    this.errored = error ?? null
    if (!this.#isOver) {
      this.#owner.update(this, Flag.rst, 0)
      this.#leave()
    }
    this.#close()
    return this
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
    this.#sendingBytes -= length
    if (length < sending.length) {
      this.#sending = sending.subarray(length)
      return sending.subarray(0, length)
    }
    this.#sending = this.#later?.shift()
    return sending
  }

  /** @returns a flag for the frame that goes now */
  takeAck(): number {
    if (!this.owesAck) return 0
    this.owesAck = false
    this.#owner.ackGoes()
    return Flag.ack
  }

  payloadSent(): void {
    if (this.#sendingBytes > 0) return
    if (this.writableEnded && !this.#isEnded) this.#sendEnd()
    if (!this.writableNeedDrain) return
    this.writableNeedDrain = false
    if (this.writable) this.emit('drain')
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
    if (this.#isFlowing && !this.#hasWaiting) return this.#handOver(bytes)
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
    // Its reader may have destroyed it at the bytes that the end came with: no good end follows that.
    if (this.#isEndedByPeer || this.destroyed) return
    this.#isEndedByPeer = true
    this.#loseFirst()
    this.#leaveWhenOver()
    if (this.#isFlowing && !this.#hasWaiting) this.#tellEnd()
  }

  /** The peer reset it, or the whole session is lost. */
  peerIsGone(error: PbxkitError = new ConnectionLostError('The peer reset the stream')): void {
    if (!this.#isOver) this.#leave()
    this.destroy(error)
  }

  get #hasWaiting(): boolean {
    return this.#waiting !== undefined && !this.#waiting.isEmpty
  }

  #flow(): void {
    while (this.#isFlowing && !this.destroyed) {
      const bytes = this.#waiting?.take()
      if (!bytes) {
        if (this.#isEndedByPeer) this.#tellEnd()
        return
      }
      this.#handOver(bytes)
    }
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
    this.#giveCredit()
    this.emit('data', bytes)
  }

  #tellEnd(): void {
    if (this.readableEnded) return
    this.readableEnded = true
    this.emit('end')
    this.#closeWhenOver()
  }

  /** Half a window at a time: an update for every line would double the frames. */
  #giveCredit(): void {
    if (this.#taken < this.#windowBytes / 2 || this.#isEndedByPeer || this.#isOver) return
    const credit = this.#taken + this.#growth()
    this.#taken = 0
    this.#receiveWindow += credit
    this.#owner.update(this, 0, credit)
  }

  /** A window of 256 KiB is 2.5 MB/s where a round trip takes 100 ms. @returns how much more than before may be on its way */
  #growth(): number {
    const nowMs = performance.now()
    const isFast = nowMs - this.#creditedMs < fastMs
    this.#creditedMs = nowMs
    const before = this.#windowBytes
    if (isFast) this.#windowBytes = Math.min(2 * before, this.#owner.maxWindowBytes)
    return this.#windowBytes - before
  }

  #sendEnd(): void {
    this.#isEnded = true
    this.#owner.update(this, Flag.fin, 0)
    this.#leaveWhenOver()
    this.#closeWhenOver()
  }

  #leaveWhenOver(): void {
    if (this.#isEnded && this.#isEndedByPeer && !this.#isOver) this.#leave()
  }

  #closeWhenOver(): void {
    if (this.#isEnded && this.readableEnded && !this.destroyed) this.#close()
  }

  #leave(): void {
    this.#isOver = true
    this.#owner.forget(this)
  }

  /** Whoever has ended or destroyed it goes on first. */
  #close(): void {
    this.destroyed = true
    this.#waiting = undefined
    this.#sending = undefined
    this.#later = undefined
    this.#sendingBytes = 0
    this.#loseFirst()
    process.nextTick(tellClosed, this)
  }
}

function tellClosed(stream: YamuxStream): void {
  stream.emit('close')
  // The map of the session may keep the stream in memory for some time; the call is not to hang on it.
  stream.removeAllListeners()
}
