import type net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { AddressList } from '../access/address-list.js'
import type { Address } from '../net/address.js'
import { ConnectionLimits } from '../net/connection-limits.js'
import { ListenerSet } from '../net/listener-set.js'
import type { TunnelAccounts } from './accounts.js'
import { FrontDoor } from './front-door.js'
import { LocalTunnels } from './local-tunnels.js'
import type { TunnelServerOptions } from './options.js'
import { type CallContext, PlacedCall } from './placed-call.js'
import type { TunnelLog } from './tunnel-log.js'

/** Calls at one time: each is two sockets and a channel of an Asterisk, which has fewer. */
const maxCalls = 10_000
/** What is said at the end has so long to arrive. */
const farewellMs = 1_000

export interface RunningTunnelServer {
  readonly addresses: readonly Address[]
  readonly agiAddresses: readonly Address[]
  /** Reads the certificate again, and ends the tunnels of users who are gone. @throws ConfigError, what the accounts throw */
  reload(): Promise<void>
  /** Settles when the signal was aborted and the last call is over, or its time. */
  readonly closed: Promise<void>
}

/**
 * Starts the public side of the tunnel. Aborting the signal drains: nobody comes in, clients are told to go elsewhere, calls end by themselves or,
 * when their time is over, as DROPPED. The accounts stay open.
 * @throws ConfigError, ListenError, what the accounts throw
 */
export async function startTunnelServer(
  options: TunnelServerOptions,
  accounts: TunnelAccounts,
  log: TunnelLog,
  signal: AbortSignal
): Promise<RunningTunnelServer> {
  const server = new TunnelServer(options, accounts, log)
  return server.start(signal)
}

class TunnelServer {
  readonly #options: TunnelServerOptions
  readonly #accounts: TunnelAccounts
  readonly #log: TunnelLog
  readonly #tunnels: LocalTunnels
  readonly #calls = new Map<PlacedCall, Promise<void>>()
  readonly #allowed: AddressList
  readonly #limits: ConnectionLimits<net.Socket>

  constructor(options: TunnelServerOptions, accounts: TunnelAccounts, log: TunnelLog) {
    this.#options = options
    this.#accounts = accounts
    this.#log = log
    this.#tunnels = new LocalTunnels(options)
    this.#allowed = new AddressList(options.agiAllow, '--agi-allow')
    this.#limits = new ConnectionLimits<net.Socket>((socket) => socket.destroy(), {
      maxConnections: maxCalls,
      maxPerAddress: maxCalls,
      // Who is not taken for half open makes room for nobody: a call is never closed for another.
      maxHalfOpen: maxCalls,
      permits: (address) => options.agiAllow.length > 0 && this.#allowed.permits(address)
    })
  }

  async start(signal: AbortSignal): Promise<RunningTunnelServer> {
    const context = { options: () => this.#options, accounts: this.#accounts, tunnels: this.#tunnels, log: this.#log }
    const door = new FrontDoor(context, await this.#accounts.inventedSecret())
    const onAcceptError = (error: Error) => this.#log.warn({ reason: error.message }, 'a connection could not be accepted')
    const front = new ListenerSet({ onConnection: (socket) => door.admit(socket), onAcceptError })
    const back = new ListenerSet({ onConnection: (socket) => this.#admitCall(socket), onAcceptError })
    try {
      await front.update(this.#options.listen)
      await back.update(this.#options.agiListen)
      signal.throwIfAborted()
    } catch (error) {
      front.close()
      back.close()
      throw error
    }
    const { addresses } = front
    const { addresses: agiAddresses } = back
    const closed = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })).then(
      async () => {
        // First the side of Asterisk: with hagi: it goes to another server then.
        back.close()
        front.close()
        await this.#drain()
        door.close()
      }
    )
    const reload = async () => {
      door.reload()
      await this.#closeForgottenUsers()
    }
    return { addresses, agiAddresses, reload, closed }
  }

  #admitCall(socket: net.Socket): void {
    const from = socket.remoteAddress ?? ''
    const refusal = this.#limits.admit(socket, from)
    if (refusal) {
      this.#log.warn({ from, reason: refusal }, 'AGI connection refused')
      return void socket.destroy()
    }
    this.#limits.loggedIn(socket)
    socket.once('close', () => this.#limits.gone(socket))
    const { userFrom, connectGraceMs, guard, hangupGraceMs, serverName } = this.#options
    const context: CallContext = {
      ...{ directory: this.#tunnels, log: this.#log, userFrom, connectGraceMs, serverName },
      bridge: { guard, hangupGraceMs }
    }
    const call = new PlacedCall(socket, `${from}:${socket.remotePort}`, context)
    this.#calls.set(
      call,
      call.run().finally(() => this.#calls.delete(call))
    )
  }

  async #drain(): Promise<void> {
    for (const tunnel of this.#tunnels) tunnel.leave()
    await this.#callsEnd(this.#options.drainMs)
    if (this.#calls.size > 0) this.#log.warn({ calls: this.#calls.size }, 'the time to drain is over, calls are dropped')
    for (const call of this.#calls.keys()) call.stop('server-shutdown')
    await this.#callsEnd(farewellMs)
    for (const call of this.#calls.keys()) call.destroy()
  }

  /** @param timeoutMs how long it waits for them */
  async #callsEnd(timeoutMs: number): Promise<void> {
    const done = new AbortController()
    const late = delay(timeoutMs, undefined, { signal: done.signal }).catch(() => {})
    await Promise.race([Promise.all(this.#calls.values()), late])
    done.abort()
  }

  async #closeForgottenUsers(): Promise<void> {
    const users = new Set([...this.#tunnels].map(({ username }) => username))
    for (const username of users) {
      if (await this.#accounts.findRecord(username)) continue
      for (const tunnel of this.#tunnels) if (tunnel.username === username) tunnel.destroy()
      this.#log.info({ user: username }, 'the user is gone, so are the tunnels')
    }
  }
}
