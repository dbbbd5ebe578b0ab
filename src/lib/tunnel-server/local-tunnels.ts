import type { UserDirectory, UserHolder } from './directory.js'

/** Who is at the other end of a tunnel. */
export interface TunnelPeer {
  readonly username: string
  /** Which client of the user it is, as it says of itself; empty: it does not. */
  readonly instance: string
  readonly address: string
  readonly encrypted: boolean
  /** What the client says it is; empty: it does not. */
  readonly version: string
}

/** A tunnel of this process. */
export interface LocalTunnel extends UserHolder, TunnelPeer {
  readonly since: Date
  /** Calls that it has now. */
  readonly calls: number
  /** That it was ever given. */
  readonly callsTotal: number
  /** Does it take a call now? */
  readonly isFree: boolean
  /** Takes no more calls, and ends when its last one is over. */
  leave(): void
  /** Ends at once. */
  destroy(): void
}

/** What a further tunnel of a user does: it joins the others, or they take no more calls and end after their last one. */
export const secondLogins = ['join', 'take-over'] as const
export type SecondLogin = (typeof secondLogins)[number]

export interface LocalTunnelLimits {
  maxCallsPerUser: number
  secondLogin?: SecondLogin | undefined
}

/** The tunnels of this process by their users; who waits for one is told when it comes or has room again. */
export class LocalTunnels implements UserDirectory {
  /** May be changed at run time. */
  limits: LocalTunnelLimits
  /** Told of a tunnel that a newer one has put out of work. */
  onReplaced: (tunnel: LocalTunnel) => void = () => {}
  readonly #byUser = new Map<string, Set<LocalTunnel>>()
  /** Those that take no more calls and still have some, which are calls of their users: all of protocol 1 that have one, and who leaves. */
  readonly #busy = new Map<string, Set<LocalTunnel>>()
  /** Those that say which client they are, by that and their user: a user may have thousands, and a login is not to look at each. */
  readonly #byInstance = new Map<string, LocalTunnel>()
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(limits: LocalTunnelLimits) {
    this.limits = limits
  }

  get size(): number {
    let size = 0
    for (const tunnels of this.#byUser.values()) size += tunnels.size
    return size
  }

  *[Symbol.iterator](): Generator<LocalTunnel> {
    for (const tunnels of [...this.#byUser.values()]) yield* [...tunnels]
  }

  /** Also one whose connections of protocol 1 all have a call. */
  has(username: string): boolean {
    if (this.#byUser.has(username)) return true
    for (const { protocol, calls } of this.#busy.get(username) ?? []) if (protocol === 1 && calls > 0) return true
    return false
  }

  countOf(username: string): number {
    return this.#byUser.get(username)?.size ?? 0
  }

  /** It joins the others of its user, or takes over from them. An older one of the same client that still takes calls is one that the client has lost: it ends. */
  add(tunnel: LocalTunnel): void {
    const tunnels = this.#byUser.get(tunnel.username) ?? new Set()
    this.#byUser.set(tunnel.username, tunnels)
    const lost = this.#byInstance.get(instanceKey(tunnel))
    const replaced = this.limits.secondLogin === 'take-over' ? [...tunnels] : lost ? [lost] : []
    tunnels.add(tunnel)
    if (tunnel.instance !== '') this.#byInstance.set(instanceKey(tunnel), tunnel)
    for (const other of replaced) {
      this.onReplaced(other)
      if (other === lost) other.destroy()
      else other.leave()
      // Whatever it does about it: it takes no more calls.
      this.delete(other)
    }
    this.changed(tunnel.username)
  }

  /** It takes no calls any more. May be said twice. */
  delete(tunnel: LocalTunnel): void {
    const tunnels = this.#byUser.get(tunnel.username)
    if (!tunnels?.delete(tunnel)) return
    const key = instanceKey(tunnel)
    if (this.#byInstance.get(key) === tunnel) this.#byInstance.delete(key)
    if (tunnels.size === 0) this.#byUser.delete(tunnel.username)
    if (tunnel.calls === 0) return
    const busy = this.#busy.get(tunnel.username) ?? new Set()
    this.#busy.set(tunnel.username, busy.add(tunnel))
  }

  /** Somebody may have room now: a tunnel has come, or a call is over. */
  changed(username: string): void {
    if (this.#busy.size > 0) this.#forgetIdle(username)
    const waiting = this.#waiting.get(username)
    if (waiting) for (const look of [...waiting]) look()
  }

  find(username: string, signal: AbortSignal): Promise<LocalTunnel | undefined> {
    const free = this.findNow(username)
    if (free || signal.aborted) return Promise.resolve(free)
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(username) ?? new Set()
      this.#waiting.set(username, waiting)
      const settle = (tunnel: LocalTunnel | undefined) => {
        waiting.delete(look)
        if (waiting.size === 0 && this.#waiting.get(username) === waiting) this.#waiting.delete(username)
        signal.removeEventListener('abort', onAbort)
        resolve(tunnel)
      }
      const look = () => {
        const tunnel = this.findNow(username)
        if (tunnel) settle(tunnel)
      }
      const onAbort = () => settle(undefined)
      waiting.add(look)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** The least busy one of protocol 2, else the oldest of protocol 1. */
  findNow(username: string): LocalTunnel | undefined {
    let calls = this.#busy.size > 0 ? this.#busyCalls(username) : 0
    let best: LocalTunnel | undefined
    for (const tunnel of this.#byUser.get(username) ?? []) {
      calls += tunnel.calls
      if (tunnel.isFree && (!best || isBetter(tunnel, best))) best = tunnel
    }
    return calls < this.limits.maxCallsPerUser ? best : undefined
  }

  #busyCalls(username: string): number {
    let all = 0
    for (const { calls } of this.#busy.get(username) ?? []) all += calls
    return all
  }

  #forgetIdle(username: string): void {
    const busy = this.#busy.get(username)
    if (!busy) return
    for (const tunnel of busy) if (tunnel.calls === 0) busy.delete(tunnel)
    if (busy.size === 0) this.#busy.delete(username)
  }
}

/** Neither has an LF in it. */
function instanceKey({ username, instance }: LocalTunnel): string {
  return `${username}\n${instance}`
}

function isBetter(one: LocalTunnel, other: LocalTunnel): boolean {
  return one.protocol === other.protocol ? one.calls < other.calls : one.protocol > other.protocol
}
