import type { Duplex } from 'node:stream'
import { FrameType, headerBytes, writeHeader } from './frame.js'
import type { YamuxStream } from './stream.js'

/** Of one stream before it is the next one's turn; a record of TLS has as much. */
const maxPayloadBytes = 16 * 1024
/** What waits in the transport for a peer that does not read. Streams wait beyond that; a ping is behind no more than this. */
const maxWaitingBytes = 64 * 1024
/**
 * And so much more of answers to pings and to streams that are refused, which wait for no turn. That is 16,000 of them unread: no peer asks for so
 * many but to fill our memory.
 */
const maxAnswerBytes = 192 * 1024
/** Copying so much is cheaper than a second buffer in a write. */
const maxCopyBytes = 4 * 1024
/** What dozens of calls say in one turn of the event loop. */
const slabBytes = 16 * 1024

/**
 * Where frames are gathered, one behind the other; a buffer for each would cost more than what is in it. It is shared by all sessions, most of which have
 * nothing to send, and what was put in it is not changed again: a full one is left to those who still write from it.
 */
let slab = Buffer.allocUnsafeSlow(slabBytes)
let slabFilled = 0

/** Those that have something to write at the end of this turn. */
let gathering: SendQueue[] = []

/**
 * Writes the frames of a session: streams by turns, as the transport takes them, and all of one turn of the event loop in one write. The turn ends when all
 * sockets that had something to say were read (`setImmediate`), so that the calls of one moment share a write.
 */
export class SendQueue {
  readonly #transport: Duplex
  #waiting: YamuxStream[] | undefined
  #isPumping = false
  #isGathering = false
  #isCorked = false
  /** Frames that the transport does not have yet: this part of this slab. */
  #slab: Buffer | undefined
  #start = 0
  #end = 0

  constructor(transport: Duplex) {
    this.#transport = transport
  }

  schedule(stream: YamuxStream): void {
    if (stream.isScheduled) return
    stream.isScheduled = true
    this.#waiting ??= []
    this.#waiting.push(stream)
    this.pump()
  }

  /** @param length as in the frame @returns false when the peer lets too much wait */
  control(type: FrameType, flags: number, streamId: number, length: number): boolean {
    const transport = this.#transport
    if (transport.writableLength > Math.max(transport.writableHighWaterMark, maxWaitingBytes) + maxAnswerBytes) return false
    this.#gather(type, flags, streamId, length)
    return true
  }

  /** Sends what the transport has room for. */
  pump(): void {
    const waiting = this.#waiting
    // A stream whose payload was sent may have the next one at once.
    if (!waiting || this.#isPumping) return
    this.#isPumping = true
    try {
      while (waiting.length > 0 && !this.#isFull()) this.#sendOne(waiting, waiting.shift()!)
    } finally {
      this.#isPumping = false
    }
  }

  /** Ends our half of the transport. @param done called when all has gone */
  end(done: (() => void) | undefined): void {
    this.flush()
    this.#transport.end(done)
  }

  #sendOne(waiting: YamuxStream[], stream: YamuxStream): void {
    const payload = stream.payloadToSend(maxPayloadBytes)
    if (payload) this.#gather(FrameType.data, stream.takeAck(), stream.id, payload.length, payload)
    stream.isScheduled = stream.isReadyToSend
    if (stream.isScheduled) waiting.push(stream)
    if (payload) stream.payloadSent()
  }

  /** `drain` comes only when the transport has said that it is full. */
  #isFull(): boolean {
    return this.#transport.writableNeedDrain && this.#transport.writableLength >= maxWaitingBytes
  }

  #gather(type: FrameType, flags: number, streamId: number, length: number, payload?: Buffer): void {
    const transport = this.#transport
    if (transport.destroyed || transport.writableEnded) return
    if (!this.#isGathering) {
      this.#isGathering = true
      if (gathering.length === 0) setImmediate(flushAll)
      gathering.push(this)
    }
    const isCopied = payload !== undefined && payload.length <= maxCopyBytes
    const at = this.#reserve(isCopied ? headerBytes + payload.length : headerBytes)
    writeHeader(slab, at, type, flags, streamId, length)
    if (isCopied) slab.set(payload, at + headerBytes)
    else if (payload) {
      this.#passOn()
      transport.write(payload)
    }
  }

  /** @returns where in the slab there is room, right behind our last frame if that can be */
  #reserve(bytes: number): number {
    const isFull = slabFilled + bytes > slab.length
    if (isFull || this.#slab !== slab || this.#end !== slabFilled) {
      if (this.#slab) this.#passOn()
      if (isFull) {
        slab = Buffer.allocUnsafeSlow(slabBytes)
        slabFilled = 0
      }
      this.#slab = slab
      this.#start = slabFilled
    }
    const at = slabFilled
    slabFilled += bytes
    this.#end = slabFilled
    return at
  }

  /** In the middle of a turn: the transport keeps it, counts it, and does not write yet. */
  #passOn(): void {
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#transport.cork()
    }
    this.#writeGathered()
  }

  #writeGathered(): void {
    if (!this.#slab) return
    const frames = this.#slab.subarray(this.#start, this.#end)
    this.#slab = undefined
    if (!this.#transport.destroyed && !this.#transport.writableEnded) this.#transport.write(frames)
  }

  /** For the end of the turn. */
  flush(): void {
    this.#isGathering = false
    this.#writeGathered()
    if (!this.#isCorked) return
    this.#isCorked = false
    this.#transport.uncork()
  }
}

function flushAll(): void {
  const queues = gathering
  gathering = []
  for (const queue of queues) queue.flush()
}
