import type { IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { DelimitedMessages } from './delimited.js'

/** One action is one message, and the longest block that the proxy takes from a client has 1 MiB. */
const maxMessageBytes = 1024 * 1024
/** Below the idle time-outs of the proxies and firewalls on the way (60 s and more). */
const pingIntervalMs = 30_000
/** A peer that is told the end answers within a round trip; one that does not (ws would wait 30 s) does not keep its socket. */
const closeTimeoutMs = 5_000
/** Answers of `reply` that may wait for a peer that does not read them: two at their longest. Past that it is not heard until they have left. */
const maxUnreadBytes = 64 * 1024

export interface WebSocketStreamOptions {
  /** What ends a message in the bytes that are written; the peer gets the messages without it. */
  delimiter: string
  /**
   * What a message of the peer becomes in the bytes that are read; undefined: nothing.
   * Must not throw: what is refused is answered with `reply`, as one message.
   */
  decode: (message: string, reply: (message: Buffer) => void) => Buffer | undefined
  pingIntervalMs?: number
}

/** `closeTimeout` is not in the types of ws yet. */
const serverOptions: ServerOptions & { closeTimeout: number } = {
  noServer: true,
  clientTracking: false,
  maxPayload: maxMessageBytes,
  closeTimeout: closeTimeoutMs,
  // Compression costs some 300 KB for each client, and lets a peer make us inflate.
  perMessageDeflate: false
}
const server = new WebSocketServer(serverOptions)

/** Agrees on a WebSocket (RFC 6455) with a peer that asked for one; what it asked wrongly, ws itself refuses with 4xx, and nothing is given out. */
export function acceptWebSocket(
  request: IncomingMessage,
  { socket, head }: { socket: Duplex; head: Buffer },
  options: WebSocketStreamOptions,
  onStream: (stream: WebSocketStream) => void
): void {
  server.handleUpgrade(request, socket, head, (webSocket) => onStream(new WebSocketStream(webSocket, options)))
}

/**
 * A WebSocket as a stream of bytes. What is written is cut at the delimiter into text messages, and a write is done when the system has taken
 * its messages; reading stops the peer when nobody reads on. It ends with the WebSocket; one that does not answer a ping until the next is gone.
 */
export class WebSocketStream extends Duplex {
  readonly #webSocket: WebSocket
  readonly #messages: DelimitedMessages
  /** Bytes given to `reply` that the system has not taken yet. */
  #unread = 0

  constructor(webSocket: WebSocket, { delimiter, decode, pingIntervalMs: everyMs = pingIntervalMs }: WebSocketStreamOptions) {
    super({ allowHalfOpen: false })
    this.#webSocket = webSocket
    this.#messages = new DelimitedMessages(delimiter)
    webSocket.on('message', (data, isBinary) => {
      if (isBinary) return webSocket.close(1003, 'Text messages only')
      const bytes = decode(data.toString(), (message) => this.#reply(message))
      if (bytes && !this.push(bytes)) webSocket.pause()
    })
    // Every error of a WebSocket is its end: `close` follows.
    webSocket.on('error', ignore)
    webSocket.once('close', () => this.destroy())
    this.#keepAlive(everyMs)
  }

  override _read(): void {
    if (this.#webSocket.isPaused && this.#unread <= maxUnreadBytes) this.#webSocket.resume()
  }

  #reply(message: Buffer): void {
    this.#unread += message.length
    if (this.#unread > maxUnreadBytes) this.#webSocket.pause()
    this.#webSocket.send(message, { binary: false }, () => {
      this.#unread -= message.length
      if (this.readableLength < this.readableHighWaterMark) this._read()
    })
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    const messages = this.#messages.push(chunk)
    const last = messages.pop()
    if (!last) return done()
    for (const message of messages) this.#webSocket.send(message, { binary: false }, ignore)
    // The messages leave in their order: when the last one has left, all have. One that cannot leave is no failure of its own: the end follows.
    this.#webSocket.send(last, { binary: false }, () => done())
  }

  override _final(done: () => void): void {
    this.#webSocket.close(1000)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // After a close handshake that is under way its time limit counts, which is ws' own.
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.terminate()
    done(error)
  }

  #keepAlive(everyMs: number): void {
    let isAlive = true
    this.#webSocket.on('pong', () => {
      isAlive = true
    })
    const timer = setInterval(() => {
      if (!isAlive) return this.#webSocket.terminate()
      isAlive = false
      this.#webSocket.ping(undefined, undefined, ignore)
    }, everyMs)
    this.#webSocket.once('close', () => clearInterval(timer))
  }
}

function ignore(): void {}
