import ipaddr from 'ipaddr.js'

/** How many connections are taken. A connection is half open until whoever looks after it says that its client has logged in. */
export interface ConnectionLimitOptions {
  /** Four times the 5,000 idle clients that the proxy is measured with: 500 MB at 25 kB each. */
  maxConnections: number
  /** Half of all: a call centre behind one address fits in, and one address never has everything. */
  maxPerAddress: number
  /** 5,000 clients may all come back in the same second after a restart, and 125 MB is what a flood of silent ones may cost. */
  maxHalfOpen: number
  /** The allow list, asked first. */
  permits: (address: string) => boolean
}

export const defaultConnectionLimits: ConnectionLimitOptions = {
  maxConnections: 20_000,
  maxPerAddress: 10_000,
  maxHalfOpen: 5_000,
  permits: () => true
}

/** Why a connection is not taken. */
export type Refusal = 'address-not-permitted' | 'too-many-connections' | 'too-many-of-address'

/** All that comes from one address. */
interface Source {
  address: string
  connections: number
  /** Oldest first. */
  halfOpen: Set<object>
}

/**
 * Counts connections and decides who is taken, in constant time. Who has logged in is never closed to make room; half-open ones are: the oldest one
 * of the address that has the most of them. So a flood of silent connections takes nobody's place but its own, and a new client always has its turn
 * (the MaxStartups of sshd drops new ones instead, which lets a slow-loris lock everybody out).
 *
 * IPv6 addresses count by their /64, since one host has all of it.
 */
export class ConnectionLimits<Connection extends object> {
  /** May be changed at run time; it counts for those who come then. */
  limits: ConnectionLimitOptions
  readonly #onEvicted: (connection: Connection) => void
  readonly #sources = new Map<string, Source>()
  readonly #sourceOf = new Map<Connection, Source>()
  /** Sources by how many half-open connections they have, so that the one with the most is found at once. */
  readonly #byHalfOpen: Set<Source>[] = []
  #halfOpen = 0

  /** @param onEvicted is to close a half-open connection that makes room; it does not count any more */
  constructor(onEvicted: (connection: Connection) => void, limits: Partial<ConnectionLimitOptions> = {}) {
    this.#onEvicted = onEvicted
    this.limits = { ...defaultConnectionLimits, ...limits }
  }

  get connections(): number {
    return this.#sourceOf.size
  }

  get halfOpen(): number {
    return this.#halfOpen
  }

  /**
   * Takes a connection as half open, or says why not.
   * @param address an IPv4 or IPv6 address; `::ffff:192.0.2.1` counts as, and is asked about as, `192.0.2.1`
   * @param isLoggedIn it needs no login: then it is not half open
   * @returns undefined when it is taken
   */
  admit(connection: Connection, address: string, isLoggedIn = false): Refusal | undefined {
    const { maxConnections, maxPerAddress, maxHalfOpen, permits } = this.limits
    const plain = plainAddress(address)
    if (!permits(plain)) return 'address-not-permitted'
    const name = sourceName(plain)
    const known = this.#sources.get(name)
    if (known && known.connections >= maxPerAddress && !this.#evictOldest(known)) return 'too-many-of-address'
    if (this.connections >= maxConnections && !this.#evictOldest(this.#greediest())) return 'too-many-connections'
    if (!isLoggedIn && this.#halfOpen >= maxHalfOpen) this.#evictOldest(this.#greediest())
    const source = known ?? { address: name, connections: 0, halfOpen: new Set() }
    // Set again even when known: what made room may have been the last of this address.
    this.#sources.set(name, source)
    this.#sourceOf.set(connection, source)
    source.connections++
    if (!isLoggedIn) this.#changeHalfOpen(source, () => source.halfOpen.add(connection))
    return undefined
  }

  /** Its client has logged in: it is never closed to make room. */
  loggedIn(connection: Connection): void {
    const source = this.#sourceOf.get(connection)
    if (source?.halfOpen.has(connection)) this.#changeHalfOpen(source, () => source.halfOpen.delete(connection))
  }

  /** It has ended. May be said twice, and of one that was never taken. */
  gone(connection: Connection): void {
    const source = this.#sourceOf.get(connection)
    if (!source) return
    this.loggedIn(connection)
    this.#sourceOf.delete(connection)
    source.connections--
    if (source.connections === 0) this.#sources.delete(source.address)
  }

  /** @returns false when there was none */
  #evictOldest(source: Source | undefined): boolean {
    const oldest = source?.halfOpen.values().next().value as Connection | undefined
    if (!oldest) return false
    this.gone(oldest)
    this.#onEvicted(oldest)
    return true
  }

  /** The list has no empty end. */
  #greediest(): Source | undefined {
    return this.#byHalfOpen.at(-1)?.values().next().value
  }

  #changeHalfOpen(source: Source, change: () => void): void {
    const before = source.halfOpen.size
    this.#byHalfOpen[before]?.delete(source)
    change()
    const now = source.halfOpen.size
    this.#halfOpen += now - before
    if (now > 0) {
      this.#byHalfOpen[now] ??= new Set()
      this.#byHalfOpen[now].add(source)
    }
    // It went up or down by one, so that at most the last place has become empty, or was never taken.
    while (this.#byHalfOpen.length > 0 && !this.#byHalfOpen.at(-1)?.size) this.#byHalfOpen.pop()
  }
}

/** IPv4 in an IPv6 socket is IPv4. Without a colon there is nothing to look for: this runs for every connection of a flood. */
function plainAddress(address: string): string {
  return address.includes(':') && ipaddr.isValid(address) ? ipaddr.process(address).toString() : address
}

function sourceName(address: string): string {
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return address
  return ipaddr.IPv6.parse(address).parts.slice(0, 4).join(':')
}
