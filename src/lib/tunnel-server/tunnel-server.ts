import type net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { AddressList } from '../access/address-list.js'
import { CommandPolicy } from '../agi/policy.js'
import type { Address } from '../net/address.js'
import { ConnectionLimits } from '../net/connection-limits.js'
import { ListenerSet } from '../net/listener-set.js'
import type { TunnelAccounts } from './accounts.js'
import { Authenticator } from './authenticator.js'
import type { UserDirectory } from './directory.js'
import { FrontDoor } from './front-door.js'
import { LocalTunnels } from './local-tunnels.js'
import { Observation } from './observation.js'
import type { TunnelServerOptions } from './options.js'
import { type CallContext, PlacedCall } from './placed-call.js'
import type { TunnelServerStatus } from './status.js'
import type { TunnelLog } from './tunnel-log.js'

/** Calls at one time: each is two sockets and a channel of an Asterisk, which has fewer. */
const maxCalls = 10_000
/** What is said at the end has so long to arrive. */
const farewellMs = 1_000

export interface RunningTunnelServer {
  readonly addresses: readonly Address[]
  readonly agiAddresses: readonly Address[]
  readonly authenticatorAddresses: readonly Address[]
  /** As it is now. */
  status(): TunnelServerStatus
  /**
   * Takes other settings over, reads the certificate again, and ends the tunnels of users who are gone. Calls that go on keep what they began with.
   * @throws ConfigError, ListenError: all is as it was then; what the accounts throw
   */
  reload(options?: TunnelServerOptions): Promise<void>
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

interface AgiWish extends Address {
  isAuthenticator: boolean
}

interface Doors {
  door: FrontDoor
  front: ListenerSet
  back: ListenerSet<AgiWish>
}

/** Those of calls come first. */
function agiWishes({ agiListen, authenticatorListen = [] }: TunnelServerOptions): AgiWish[] {
  return [
    ...agiListen.map((address) => ({ ...address, isAuthenticator: false })),
    ...authenticatorListen.map((address) => ({ ...address, isAuthenticator: true }))
  ]
}

class TunnelServer {
  #options: TunnelServerOptions
  readonly #accounts: TunnelAccounts
  readonly #log: TunnelLog
  readonly #tunnels: LocalTunnels
  readonly #calls = new Map<PlacedCall, Promise<void>>()
  #allowed: AddressList
  readonly #directory: UserDirectory
  readonly #observation: Observation
  #door: FrontDoor | undefined
  #isDraining = false
  /** For the port of calls, and for that of the authenticator. */
  #contexts: { of: TunnelServerOptions; made: Map<boolean, CallContext> }
  readonly #limits: ConnectionLimits<net.Socket>

  constructor(options: TunnelServerOptions, accounts: TunnelAccounts, log: TunnelLog) {
    this.#options = options
    this.#contexts = { of: options, made: new Map() }
    this.#accounts = accounts
    this.#log = log
    this.#tunnels = new LocalTunnels(options)
    this.#directory = options.joinDirectory?.(this.#tunnels) ?? this.#tunnels
    this.#observation = new Observation({
      options: () => this.#options,
      tunnels: this.#tunnels,
      calls: () => [...this.#calls.keys()].map(({ status }) => status),
      callCount: () => this.#calls.size,
      sockets: () => this.#door?.sockets ?? { all: 0, halfOpen: 0 },
      isDraining: () => this.#isDraining
    })
    this.#tunnels.onReplaced = ({ username, address }) => {
      this.#observation.counters.tunnels.replaced++
      log.info({ user: username, client: address }, 'a newer tunnel of the user takes over')
    }
    this.#allowed = new AddressList(options.agiAllow, '--agi-allow')
    this.#limits = new ConnectionLimits<net.Socket>((socket) => socket.destroy(), {
      maxConnections: maxCalls,
      maxPerAddress: maxCalls,
      permits: (address) => this.#options.agiAllow.length > 0 && this.#allowed.permits(address)
    })
  }

  async start(signal: AbortSignal): Promise<RunningTunnelServer> {
    const context = {
      ...{ options: () => this.#options, accounts: this.#accounts, tunnels: this.#tunnels, log: this.#log },
      counters: this.#observation.counters,
      page: (path: '/metrics' | '/health', from: string) => this.#observation.page(path, from)
    }
    const door = new FrontDoor(context, await this.#accounts.inventedSecret())
    const onAcceptError = (error: Error) => this.#log.warn({ reason: error.message }, 'a connection could not be accepted')
    const front = new ListenerSet({ onConnection: (socket) => door.admit(socket), onAcceptError })
    this.#door = door
    const back = new ListenerSet<AgiWish>({ onConnection: (socket, wish) => this.#admitCall(socket, wish), onAcceptError })
    try {
      await front.update(this.#options.listen)
      await back.update(agiWishes(this.#options))
      signal.throwIfAborted()
    } catch (error) {
      front.close()
      back.close()
      throw error
    }
    const { addresses } = front
    const calls = this.#options.agiListen.length
    const [agiAddresses, authenticatorAddresses] = [back.addresses.slice(0, calls), back.addresses.slice(calls)]
    const closed = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })).then(
      async () => {
        this.#isDraining = true
        this.#observation.counters.drains++
        // First the side of Asterisk: with hagi: it goes to another server then.
        back.close()
        front.close()
        await this.#drain()
        door.close()
      }
    )
    const reload = async (options: TunnelServerOptions = this.#options) => {
      await this.#apply(options, { door, front, back })
      await this.#closeForgottenUsers()
    }
    return { addresses, agiAddresses, authenticatorAddresses, status: () => this.#observation.status(), reload, closed }
  }

  /** All of it or nothing. */
  async #apply(options: TunnelServerOptions, { door, front, back }: Doors): Promise<void> {
    const before = this.#options
    const allowed = new AddressList(options.agiAllow, '--agi-allow')
    try {
      door.reload(options)
      await front.update(options.listen)
      await back.update(agiWishes(options))
    } catch (error) {
      const put = (what: () => unknown) =>
        Promise.resolve()
          .then(what)
          .catch(() => {})
      await put(() => door.reload(before))
      await put(() => front.update(before.listen))
      await put(() => back.update(agiWishes(before)))
      throw error
    }
    this.#options = options
    this.#allowed = allowed
    this.#tunnels.limits = options
  }

  #admitCall(socket: net.Socket, { isAuthenticator }: AgiWish): void {
    const from = socket.remoteAddress ?? ''
    const refusal = this.#limits.admit(socket, from, true)
    if (refusal) {
      this.#log.warn({ from, reason: refusal }, 'AGI connection refused')
      return void socket.destroy()
    }
    const call = new PlacedCall(socket, `${from}:${socket.remotePort}`, this.#callContext(isAuthenticator))
    const over = call.run().then(() => {
      this.#calls.delete(call)
      call.forget()
    })
    this.#calls.set(call, over)
    socket.on('close', () => this.#limits.gone(socket))
  }

  /** The same for all calls, until the settings change. */
  #callContext(isAuthenticatorOnly: boolean): CallContext {
    if (this.#contexts.of !== this.#options) this.#contexts = { of: this.#options, made: new Map() }
    const known = this.#contexts.made.get(isAuthenticatorOnly)
    if (known) return known
    const { userFrom, connectGraceMs, guard, hangupGraceMs, idleLimitMs, serverName, authenticator, patienceMs } = this.#options
    const context: CallContext = {
      ...{ directory: this.#directory, log: this.#log, userFrom, connectGraceMs, serverName },
      authenticator: authenticator && new Authenticator(this.#accounts, authenticator),
      ...{ isAuthenticatorOnly, counters: this.#observation.counters, headersTimeoutMs: patienceMs },
      // The policy is the default one when none is given, and is made once.
      bridge: { guard: { ...guard, policy: guard.policy ?? new CommandPolicy() }, hangupGraceMs, idleLimitMs }
    }
    this.#contexts.made.set(isAuthenticatorOnly, context)
    return context
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
      if (await this.#accounts.has(username)) continue
      for (const tunnel of this.#tunnels) if (tunnel.username === username) tunnel.destroy()
      this.#log.info({ user: username }, 'the user is gone, so are the tunnels')
    }
  }
}
