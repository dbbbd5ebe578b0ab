import type net from 'node:net'
import { ConnectionLostError, TimeoutError } from '../errors.js'
import { type Address, formatAddress } from '../net/address.js'
import { type ConnectOptions, connect } from '../net/connect.js'
import { type TlsFacts, tlsFacts } from '../net/tls-facts.js'
import { StreamFramer } from '../sip/framer.js'
import { type FlowHandlers, keepAlive, type TransportFlow } from './flow.js'
import { isSecure, type SipTarget, targetName } from './target.js'

// RFC 5626 4.4.1: a peer that does not answer a ping within 10 s is not there.
const pongTimeoutMs = 10_000
// What a peer that does not read may make us keep: 16 messages of the longest kind.
const maxUnreadBytes = 1024 * 1024

/** A TCP or TLS connection that we opened. Requests of the peer come on it too. */
export class StreamFlow implements TransportFlow {
  readonly reliable = true
  readonly protocol: string
  readonly target: SipTarget
  readonly sentBy: string
  readonly tls: TlsFacts | undefined
  readonly #socket: net.Socket
  readonly #handlers: FlowHandlers
  readonly #source: Address
  #isOpen = true
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #pong: NodeJS.Timeout | undefined

  private constructor(socket: net.Socket, target: SipTarget, handlers: FlowHandlers) {
    this.#socket = socket
    this.target = target
    this.#handlers = handlers
    this.protocol = isSecure(target.transport) ? 'TLS' : 'TCP'
    this.sentBy = formatAddress({ host: socket.localAddress!, port: socket.localPort! })
    this.#source = { host: target.address, port: target.port }
    this.tls = tlsFacts(socket)
    this.#listen()
  }

  /** @throws what `connect` throws */
  static async open(
    target: SipTarget,
    options: Omit<ConnectOptions, 'host' | 'port'>,
    handlers: FlowHandlers
  ): Promise<StreamFlow> {
    const socket = await connect({ ...options, host: target.address, port: target.port })
    return new StreamFlow(socket, target, handlers)
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  send(bytes: Buffer): void {
    if (!this.#isOpen) return
    this.#handlers.onSent?.(bytes, this)
    this.#write(bytes)
  }

  ping(): void {
    if (!this.#isOpen || this.#pong) return
    this.#write(keepAlive)
    this.#pong = setTimeout(() => {
      this.#socket.destroy(new TimeoutError(`${targetName(this.target)} does not answer keep-alives`))
    }, pongTimeoutMs)
    this.#pong.unref()
  }

  close(): void {
    if (!this.#isOpen) return
    this.#end()
    this.#flush()
    this.#socket.end()
    // A peer that does not close its side does not keep us.
    this.#socket.destroySoon()
  }

  /** All that is sent in one turn of the event loop leaves in one write: 10,000 REGISTERs are neither 10,000 system calls nor as many writes to a stream. */
  #write(bytes: Buffer): void {
    if (this.#waiting.length === 0) process.nextTick(() => this.#flush())
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#socket.writableLength + this.#waitingBytes > maxUnreadBytes) {
      this.#socket.destroy(new ConnectionLostError(`${targetName(this.target)} does not read what it is sent`))
    }
  }

  #flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    if (!this.#socket.destroyed && waiting.length > 0)
      this.#socket.write(waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting))
  }

  #listen(): void {
    const framer = new StreamFramer({
      onMessage: (message) => this.#handlers.onMessage(message, this, this.#source),
      onRefused: (error, bytes) => this.#handlers.onRefused?.(error, bytes, this),
      onLineEnd: () => this.#endWait()
    })
    let cause: unknown
    this.#socket.on('data', (chunk: Buffer) => {
      try {
        framer.push(chunk)
      } catch (error) {
        this.#socket.destroy(error as Error)
      }
    })
    this.#socket.on('error', (error) => {
      cause = error
    })
    this.#socket.once('close', () => {
      if (!this.#isOpen) return
      this.#end()
      this.#handlers.onLost(this, cause ?? new ConnectionLostError(`${targetName(this.target)} closed the connection`))
    })
  }

  #endWait(): void {
    clearTimeout(this.#pong)
    this.#pong = undefined
  }

  #end(): void {
    this.#isOpen = false
    this.#endWait()
  }
}
