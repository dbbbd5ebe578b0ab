import { randomBytes } from 'node:crypto'
import { ConnectionLostError } from '../errors.js'
import type { ConnectOptions } from '../net/connect.js'
import { type TlsFacts, tlsFacts } from '../net/tls-facts.js'
import { connectWebSocket } from '../net/web-socket-client.js'
import { SipSyntaxError } from '../sip/fault.js'
import { defaultLimits } from '../sip/limits.js'
import { parseDatagram } from '../sip/parse.js'
import type { FlowHandlers, TransportFlow } from './flow.js'
import { isSecure, type SipTarget, targetName } from './target.js'

type OpenWebSocket = Awaited<ReturnType<typeof connectWebSocket>>

// As for streams: what a peer that does not read may make us keep.
const maxUnreadBytes = 1024 * 1024

/** SIP over a WebSocket (RFC 7118): one message in each message, text or binary. */
export class WebSocketFlow implements TransportFlow {
  readonly reliable = true
  readonly protocol: string
  readonly target: SipTarget
  readonly sentBy: string
  readonly tls: TlsFacts | undefined
  readonly #webSocket: OpenWebSocket['webSocket']
  readonly #handlers: FlowHandlers
  #isOpen = true
  /** Why it will be closed. */
  #cause: unknown

  private constructor({ webSocket, socket }: OpenWebSocket, target: SipTarget, handlers: FlowHandlers) {
    this.#webSocket = webSocket
    this.target = target
    this.#handlers = handlers
    this.protocol = isSecure(target.transport) ? 'WSS' : 'WS'
    this.sentBy = `${randomBytes(6).toString('hex')}.invalid`
    this.tls = tlsFacts(socket)
    this.#listen()
  }

  /** @throws what `connectWebSocket` throws */
  static async open(
    target: SipTarget,
    options: Omit<ConnectOptions, 'host' | 'port'> & { urlPath: string },
    handlers: FlowHandlers
  ): Promise<WebSocketFlow> {
    const place = { host: target.address, port: target.port, serverName: target.serverName }
    const { maxMessageBytes } = defaultLimits
    return new WebSocketFlow(await connectWebSocket({ ...options, ...place, protocol: 'sip', maxMessageBytes }), target, handlers)
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  send(bytes: Buffer): void {
    if (!this.#isOpen) return
    this.#handlers.onSent?.(bytes, this)
    // Text where it is text (RFC 7118 5.1): there are servers that know no other.
    const text = bytes.toString('utf8')
    const isText = !text.includes('\ufffd')
    this.#webSocket.send(isText ? text : bytes, { binary: !isText }, () => {})
    if (this.#webSocket.bufferedAmount <= maxUnreadBytes) return
    this.#cause ??= new ConnectionLostError(`${targetName(this.target)} does not read what it is sent`)
    this.#webSocket.terminate()
  }

  ping(): void {
    if (this.#isOpen) this.#webSocket.ping(undefined, undefined, () => {})
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#webSocket.close(1000)
    // A peer that does not close its side does not keep us.
    setTimeout(() => this.#webSocket.terminate(), 500).unref()
  }

  #listen(): void {
    const source = { host: this.target.address, port: this.target.port }
    this.#webSocket.on('message', (data) => {
      const bytes = Buffer.isBuffer(data) ? data : Buffer.concat([data].flat().map((part) => Buffer.from(part as ArrayBuffer)))
      try {
        this.#handlers.onMessage(parseDatagram(bytes), this, source)
      } catch (error) {
        if (!(error instanceof SipSyntaxError)) throw error
        this.#handlers.onRefused?.(error, bytes, this)
      }
    })
    this.#webSocket.on('error', (error) => {
      this.#cause ??= error
    })
    this.#webSocket.once('close', () => {
      if (!this.#isOpen) return
      this.#isOpen = false
      this.#handlers.onLost(this, this.#cause ?? new ConnectionLostError(`${targetName(this.target)} closed the WebSocket`))
    })
  }
}
