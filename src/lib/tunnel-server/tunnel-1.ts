import type { Duplex } from 'node:stream'
import { ConnectionLostError } from '../errors.js'
import type { Protocol1Server } from '../tunnel/protocol-1-server.js'
import type { ApplicationEnd, CallToPlace } from './directory.js'
import type { LocalTunnel } from './local-tunnels.js'

/** Nothing in protocol 1 tells a client that waits from one that is gone: the connection is made anew so often. sandbox.rb comes back at once. */
const idleMs = 5 * 60_000

export interface Tunnel1Events {
  /** It waits for a call no more. */
  onLeft: (tunnel: Tunnel1) => void
  /** The call that it had is over. */
  onCallOver: () => void
}

/** A connection of protocol 1: it waits for one call, and is that call then. */
export class Tunnel1 implements LocalTunnel {
  readonly protocol = 1
  readonly instance = ''
  readonly username: string
  readonly address: string
  readonly encrypted: boolean
  readonly version = ''
  readonly since = new Date()
  readonly #socket: Duplex
  readonly #machine: Protocol1Server
  readonly #onLeft: (tunnel: Tunnel1) => void
  readonly #onCallOver: () => void
  readonly #timer: NodeJS.Timeout
  #isWaiting = true
  /** One, while it is in no list any more. */
  calls = 0

  /** @param machine has accepted its login */
  constructor(
    socket: Duplex,
    machine: Protocol1Server,
    { username, address, encrypted }: Pick<LocalTunnel, 'username' | 'address' | 'encrypted'>,
    { onLeft, onCallOver }: Tunnel1Events
  ) {
    this.#socket = socket
    this.#machine = machine
    this.username = username
    this.address = address
    this.encrypted = encrypted
    this.#onLeft = onLeft
    this.#onCallOver = onCallOver
    this.#timer = setTimeout(() => this.leave(), idleMs * (0.8 + 0.4 * Math.random())).unref()
    socket.on('data', this.#onEarlyData).on('end', this.#onEnd).on('close', this.#onEnd)
    if (socket.destroyed) process.nextTick(this.#onEnd)
    else socket.resume()
  }

  get callsTotal(): number {
    return 0
  }

  get isFree(): boolean {
    return this.#isWaiting && this.#socket.writable
  }

  async take({ id, headers }: CallToPlace): Promise<ApplicationEnd> {
    if (!this.isFree) throw new ConnectionLostError('The connection of the client is gone')
    // Before it leaves the list: it is to be known that it leaves with a call.
    this.calls = 1
    this.#stopWaiting()
    this.#socket.once('close', () => {
      this.calls = 0
      this.#onCallOver()
    })
    this.#socket.pause()
    this.#socket.write(this.#machine.startCall(headers, id))
    return { stream: this.#socket, lossReason: () => 'tunnel-lost' }
  }

  leave(): void {
    if (!this.#isWaiting) return
    this.#stopWaiting()
    this.#socket.resume()
    this.#socket.end()
    // A peer that is not there any more does not close its half.
    setTimeout(() => this.#socket.destroy(), 2_000).unref()
  }

  destroy(): void {
    this.#stopWaiting()
    this.#socket.destroy()
  }

  readonly #onEarlyData = (chunk: Buffer) => {
    // The original closes a client that speaks before it has a call.
    if (this.#machine.push(chunk)) this.destroy()
  }

  readonly #onEnd = () => this.destroy()

  #stopWaiting(): void {
    if (!this.#isWaiting) return
    this.#isWaiting = false
    clearTimeout(this.#timer)
    this.#socket.off('data', this.#onEarlyData).off('end', this.#onEnd).off('close', this.#onEnd)
    this.#onLeft(this)
  }
}
