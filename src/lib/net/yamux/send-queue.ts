import type { Duplex } from 'node:stream'
import { encodeHeader, FrameType, headerBytes } from './frame.js'
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

/** Writes the frames of a session: streams by turns, as the transport takes them, and all of one turn of the event loop in one write. */
export class SendQueue {
  readonly #transport: Duplex
  #waiting: YamuxStream[] | undefined
  #isPumping = false
  #isCorked = false

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

  /** @returns false when the peer lets too much wait */
  control(frame: Buffer): boolean {
    const transport = this.#transport
    if (transport.writableLength > Math.max(transport.writableHighWaterMark, maxWaitingBytes) + maxAnswerBytes) return false
    this.#write(frame)
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

  /** Ends our half of the transport, after a last frame. */
  end(last: Buffer | undefined, done: (() => void) | undefined): void {
    if (last) this.#write(last)
    uncork(this)
    this.#transport.end(done)
  }

  #sendOne(waiting: YamuxStream[], stream: YamuxStream): void {
    const payload = stream.payloadToSend(maxPayloadBytes)
    if (payload) this.#writeData(stream.id, payload)
    stream.isScheduled = stream.isReadyToSend
    if (stream.isScheduled) waiting.push(stream)
    if (payload) stream.payloadSent()
  }

  #writeData(streamId: number, payload: Buffer): void {
    const isCopied = payload.length <= maxCopyBytes
    const header = encodeHeader(FrameType.data, 0, streamId, payload.length, isCopied ? payload.length : 0)
    if (isCopied) payload.copy(header, headerBytes)
    this.#write(header)
    if (!isCopied) this.#write(payload)
  }

  /** `drain` comes only when the transport has said that it is full. */
  #isFull(): boolean {
    return this.#transport.writableNeedDrain && this.#transport.writableLength >= maxWaitingBytes
  }

  #write(bytes: Buffer): void {
    const transport = this.#transport
    if (transport.destroyed || transport.writableEnded) return
    if (!this.#isCorked) {
      this.#isCorked = true
      transport.cork()
      process.nextTick(uncork, this)
    }
    transport.write(bytes)
  }

  /** For the end of the turn. */
  flush(): void {
    if (!this.#isCorked) return
    this.#isCorked = false
    this.#transport.uncork()
  }
}

/** One function for all sessions. */
function uncork(queue: SendQueue): void {
  queue.flush()
}
