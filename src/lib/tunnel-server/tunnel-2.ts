import { ConnectionLostError } from '../errors.js'
import type { YamuxSession } from '../net/yamux/session.js'
import { CallRefusedError } from '../tunnel/errors.js'
import { openCall } from '../tunnel/tunnel-call.js'
import type { ApplicationEnd, CallToPlace } from './directory.js'
import type { LocalTunnel, TunnelPeer } from './local-tunnels.js'

/** A tunnel of protocol 2: any number of calls on one connection. */
export class Tunnel2 implements LocalTunnel {
  readonly protocol = 2
  readonly username: string
  readonly instance: string
  readonly address: string
  readonly encrypted: boolean
  readonly version: string
  readonly since = new Date()
  calls = 0
  callsTotal = 0
  readonly #session: YamuxSession
  readonly #maxCalls: number
  readonly #onChange: () => void

  /** @param maxCalls that the client takes at one time @param onChange a call is over */
  constructor(
    session: YamuxSession,
    { username, instance, address, encrypted, version, maxCalls = Number.POSITIVE_INFINITY }: TunnelPeer & { maxCalls?: number },
    onChange: () => void
  ) {
    this.#session = session
    this.username = username
    this.instance = instance
    this.address = address
    this.encrypted = encrypted
    this.version = version
    this.#maxCalls = maxCalls
    this.#onChange = onChange
  }

  get isFree(): boolean {
    return this.calls < this.#maxCalls && this.#session.isOpen
  }

  async take({ metadata, headers }: CallToPlace): Promise<ApplicationEnd> {
    this.calls++
    this.callsTotal++
    const isOver = () => {
      this.calls--
      this.#onChange()
    }
    try {
      const stream = await openCall(this.#session, { metadata, headers })
      if (stream.destroyed) isOver()
      else stream.on('close', isOver)
      return { stream, lossReason: () => (this.#session.isClosed ? 'tunnel-lost' : 'app-lost') }
    } catch (error) {
      isOver()
      // The tunnel stands, and the client has reset the stream without a word: it has as many as it takes.
      if (error instanceof ConnectionLostError && !this.#session.isClosed) throw new CallRefusedError('busy')
      throw error
    }
  }

  leave(): void {
    this.#session.goAway()
  }

  destroy(): void {
    this.#session.destroy()
  }
}
