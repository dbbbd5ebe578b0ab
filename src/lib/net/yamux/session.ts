import type { Duplex } from 'node:stream'
import { ConnectionLostError, PbxkitError, ProtocolError } from '../../errors.js'
import { Flag, FrameDecoder, type FrameSink, FrameType, GoAwayCode, initialWindowBytes } from './frame.js'
import { Pulse } from './pulse.js'
import { SendQueue } from './send-queue.js'
import type { SessionWatch, WatchedSession, WatchTiming } from './session-watch.js'
import { type StreamOwner, YamuxStream } from './stream.js'

/** What happens in a session. One object may serve any number of sessions. */
export interface YamuxHandler {
  /** The peer opened a stream. What is not wanted is destroyed, which resets it. */
  onStream(stream: YamuxStream, session: YamuxSession): void
  /** The peer will take no more streams; those that are open go on. */
  onGoAway?(session: YamuxSession): void
  /** It is over, and all its streams are. @param error why, when nobody wanted it */
  onClosed(session: YamuxSession, error: PbxkitError | undefined): void
}

/** May be shared by any number of sessions. */
export interface YamuxOptions {
  /** The client's streams have odd numbers, the server's even ones. Both may open streams. */
  role: 'client' | 'server'
  handler: YamuxHandler
  /** Streams of the peer at one time; more are reset. Each may keep a window of bytes waiting here. */
  maxIncomingStreams?: number | undefined
  /** What a peer may send on a stream before we read it is 256 KiB, which is the default, and up to this on a stream that we read fast. */
  maxWindowBytes?: number | undefined
  /** Notices a peer that is gone without a word. */
  watch?: SessionWatch | undefined
}

/** The same as in HashiCorp's implementation, which calls it the accept backlog. */
const defaultMaxIncomingStreams = 256
/** Streams that the peer has not acknowledged: it does not keep up, and one more would only wait. */
const maxUnacknowledged = 256
/**
 * So many streams are acknowledged with the first that is said on them, which spares a frame and often a write; further ones at once: a peer is not to be
 * kept from opening streams because their answers take long.
 */
const maxOwedAcks = 64
/** Stream numbers have 32 bits. */
const maxStreamId = 2 ** 32 - 1
/** A peer that was told the end has so long to close. */
const closeTimeoutMs = 5_000

/**
 * A yamux session (https://github.com/hashicorp/yamux/blob/master/spec.md) over any Duplex that carries bytes in order. It owns the transport: the
 * session ends with it and destroys it. What breaks the protocol ends the session with GOAWAY; it never throws because of what a peer sends.
 */
export class YamuxSession implements StreamOwner, FrameSink, WatchedSession {
  readonly maxWindowBytes: number
  readonly #transport: Duplex
  readonly #options: YamuxOptions
  readonly #decoder: FrameDecoder
  readonly #queue: SendQueue
  /** None, until the first stream: most sessions wait for most of their time. */
  #streams: Map<number, YamuxStream> | undefined
  #nextId: number
  #incoming = 0
  /** Streams of the peer that it does not know to have been taken. */
  #owedAcks = 0
  /** Our streams that the peer has said nothing of. */
  #unacknowledged: Set<number> | undefined
  /** Whose payload comes, and is it its last? */
  #receiving: YamuxStream | undefined
  #endsAfterPayload = false
  #isGoingAway = false
  #isPeerGoingAway = false
  #isClosed = false
  readonly #pulse = new Pulse()

  constructor(transport: Duplex, options: YamuxOptions) {
    this.#transport = transport
    this.#options = options
    this.maxWindowBytes = Math.max(options.maxWindowBytes ?? initialWindowBytes, initialWindowBytes)
    this.#decoder = new FrameDecoder(this.maxWindowBytes)
    this.#queue = new SendQueue(transport)
    this.#nextId = options.role === 'client' ? 1 : 2
  }

  /** Begins to read. What the transport has waiting is read too. */
  start(): this {
    const transport = this.#transport
    transport.on('error', (error: Error) => this.#closed(lost(error)))
    transport.on('close', () => this.#closed())
    if (transport.destroyed) {
      process.nextTick(() => this.#closed())
      return this
    }
    transport.on('end', () => this.#endOfTransport())
    transport.on('drain', () => this.#queue.pump())
    transport.on('data', (chunk: Buffer) => this.#receive(chunk))
    transport.resume()
    this.#options.watch?.add(this)
    return this
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Streams that are open, of both sides. */
  get streamCount(): number {
    return this.#streams?.size ?? 0
  }

  /** Of the last ping; undefined before its answer. */
  get roundTripMs(): number | undefined {
    return this.#pulse.roundTripMs
  }

  /** May streams be opened? */
  get isOpen(): boolean {
    return !this.#isClosed && !this.#isGoingAway && !this.#isPeerGoingAway
  }

  /** @throws ConnectionLostError when the session is over or goes away, or when the peer lets too many streams wait */
  open(): YamuxStream {
    if (!this.isOpen) throw new ConnectionLostError('The session takes no more streams')
    this.#unacknowledged ??= new Set()
    if (this.#unacknowledged.size >= maxUnacknowledged || this.#nextId > maxStreamId) {
      throw new ConnectionLostError('The peer does not answer for the streams that were opened already')
    }
    const stream = this.#add(this.#nextId)
    this.#unacknowledged.add(stream.id)
    this.#nextId += 2
    this.update(stream, Flag.syn, 0)
    return stream
  }

  /** Takes no more streams and says so. When the last one is over, the transport is closed. */
  goAway(): void {
    if (this.#isClosed || this.#isGoingAway) return
    this.#isGoingAway = true
    this.#control(FrameType.goAway, 0, 0, GoAwayCode.normal)
    this.#endWhenUnused()
  }

  /** Ends it at once, with all its streams. */
  destroy(error?: PbxkitError): void {
    this.#closed(error)
    this.#transport.destroy()
  }

  look(nowMs: number, timing: Readonly<WatchTiming>): void {
    const next = this.#pulse.look(nowMs, timing, this.streamCount > 0)
    if (next instanceof PbxkitError) this.destroy(next)
    else if (next !== undefined) this.#control(FrameType.ping, Flag.syn, 0, next)
  }

  /** For its streams. */
  schedule(stream: YamuxStream): void {
    if (!this.#isClosed) this.#queue.schedule(stream)
  }

  /** For its streams. */
  update(stream: YamuxStream, flags: number, credit: number): void {
    this.#control(FrameType.windowUpdate, flags | stream.takeAck(), stream.id, credit)
  }

  /** For its streams. */
  ackGoes(): void {
    this.#owedAcks--
  }

  /** For its streams. */
  forget(stream: YamuxStream): void {
    stream.takeAck()
    if (!this.#streams?.delete(stream.id)) return
    if (this.#isOurs(stream.id)) this.#unacknowledged?.delete(stream.id)
    else this.#incoming--
    this.#endWhenUnused()
  }

  /** For its decoder. */
  frame(type: FrameType, flags: number, streamId: number, length: number): void {
    if (this.#isClosed) return
    if (type === FrameType.data || type === FrameType.windowUpdate) return this.#streamFrame(type, flags, streamId, length)
    if (streamId !== 0) throw new ProtocolError('A frame of the session names a stream')
    if (type === FrameType.goAway) return this.#peerGoesAway(length)
    if (flags & Flag.syn) this.#control(FrameType.ping, Flag.ack, 0, length)
    else this.#pulse.answered(length)
  }

  /** For its decoder. */
  payload(bytes: Buffer, isLast: boolean): void {
    const stream = this.#receiving
    if (!stream || this.#isClosed) return
    stream.peerSends(bytes)
    if (!isLast) return
    this.#receiving = undefined
    if (this.#endsAfterPayload) stream.peerEnds()
  }

  #streamFrame(type: FrameType, flags: number, streamId: number, length: number): void {
    if (streamId === 0) throw new ProtocolError('A frame of a stream names none')
    this.#receiving = undefined
    const stream = flags & Flag.syn ? this.#accept(streamId) : this.#streams?.get(streamId)
    // Not known any more: we reset it, or refused it, and the peer has not heard of that yet.
    if (!stream) return
    if (flags & Flag.ack) this.#unacknowledged?.delete(streamId)
    if (flags & Flag.rst) return stream.peerIsGone()
    if (type === FrameType.windowUpdate) {
      if (!stream.peerGivesCredit(length)) throw new ProtocolError('The peer gives more credit than a window can hold')
    } else if (length > 0) {
      if (!stream.peerAnnounces(length)) throw new ProtocolError('The peer sends more than it has credit for')
      this.#receiving = stream
      this.#endsAfterPayload = (flags & Flag.fin) !== 0
      return
    }
    if (flags & Flag.fin) stream.peerEnds()
  }

  #accept(streamId: number): YamuxStream | undefined {
    if (this.#isOurs(streamId)) throw new ProtocolError(`Stream ${streamId} is not the peer's to open`)
    if (this.#streams?.has(streamId)) throw new ProtocolError(`Stream ${streamId} is open already`)
    if (this.#isGoingAway || this.#incoming >= (this.#options.maxIncomingStreams ?? defaultMaxIncomingStreams)) {
      this.#control(FrameType.windowUpdate, Flag.rst, streamId, 0)
      return undefined
    }
    this.#incoming++
    const stream = this.#add(streamId)
    if (this.#owedAcks >= maxOwedAcks) this.update(stream, Flag.ack, 0)
    else {
      this.#owedAcks++
      stream.owesAck = true
    }
    this.#options.handler.onStream(stream, this)
    return stream
  }

  #add(id: number): YamuxStream {
    const stream = new YamuxStream(id, this)
    this.#streams ??= new Map()
    this.#streams.set(id, stream)
    return stream
  }

  #isOurs(streamId: number): boolean {
    return (streamId & 1) === (this.#options.role === 'client' ? 1 : 0)
  }

  #peerGoesAway(code: number): void {
    if (code !== GoAwayCode.normal) return this.destroy(new ProtocolError(`The peer ended the session with code ${code}`))
    if (this.#isPeerGoingAway) return
    this.#isPeerGoingAway = true
    this.#options.handler.onGoAway?.(this)
  }

  #control(type: FrameType, flags: number, streamId: number, length: number): void {
    if (this.#isClosed) return
    if (this.#queue.control(type, flags, streamId, length)) return
    this.destroy(new ProtocolError('The peer does not read the answers to what it sends'))
  }

  #receive(chunk: Buffer): void {
    if (this.#isClosed) return
    this.#pulse.isHeard = true
    try {
      this.#decoder.push(chunk, this)
    } catch (error) {
      if (!(error instanceof PbxkitError)) throw error
      this.#closed(error)
      this.#queue.control(FrameType.goAway, 0, 0, GoAwayCode.protocolError)
      this.#end(() => this.#transport.destroy())
    }
  }

  #endOfTransport(): void {
    const isExpected = this.streamCount === 0
    this.destroy(isExpected ? undefined : new ConnectionLostError('The peer closed the connection'))
  }

  #endWhenUnused(): void {
    if (this.#isGoingAway && !this.#isClosed && this.streamCount === 0) this.#end()
  }

  /**
   * Lets leave what is on its way, not for ever.
   * @param done called when it has left: after a failure nothing of the peer is wanted any more; else its end is awaited, so that our last bytes are not
   *   lost by a reset
   */
  #end(done?: () => void): void {
    const transport = this.#transport
    const timer = setTimeout(() => transport.destroy(), closeTimeoutMs).unref()
    transport.once('close', () => clearTimeout(timer))
    this.#queue.end(done)
  }

  #closed(error?: PbxkitError): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#options.watch?.delete(this)
    const why = error ?? new ConnectionLostError('The session was closed')
    for (const stream of [...(this.#streams?.values() ?? [])]) stream.peerIsGone(why)
    this.#receiving = undefined
    this.#options.handler.onClosed(this, error)
  }
}

function lost(error: Error): PbxkitError {
  if (error instanceof PbxkitError) return error
  return new ConnectionLostError(`The connection was lost: ${error.message}`, { cause: error })
}
