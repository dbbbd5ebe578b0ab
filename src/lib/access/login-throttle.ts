import ipaddr from 'ipaddr.js'
import { parseAddress } from './address-list.js'

export interface LoginThrottleOptions {
  /** Milliseconds that never go back. */
  clock: () => number
  /** Failures from one address. Default 10: enough for somebody who mistypes, and 120 guesses an hour find nothing. */
  perAddress?: number
  /** Failures of one user from all addresses together. Default 20: more than one address has, so that one client cannot shut out a user. */
  perUser?: number
  /** Default 5 minutes: what a person who is shut out can wait for. */
  windowMs?: number
  /** Addresses, and users, to remember. Default 10,000: about 2 MB; the longest unseen is forgotten first. */
  maxEntries?: number
}

/** The answer to the first failure waits so long, the next twice as long, … */
const firstDelayMs = 100
/** … and none longer than that, since every answer that waits keeps a socket. */
const maxDelayMs = 3000
/** Longer names share a counter: no real one is longer, and a table of 10,000 stays small. */
const maxNameLength = 100

interface Failures {
  count: number
  since: number
}

/** Slows down who guesses secrets: counts failed logins by address and by user, and stops them before the secret is looked at. */
export class LoginThrottle {
  readonly #clock: () => number
  readonly #windowMs: number
  readonly #addresses: FailureTable
  readonly #users: FailureTable

  constructor({ clock, perAddress = 10, perUser = 20, windowMs = 5 * 60_000, maxEntries = 10_000 }: LoginThrottleOptions) {
    this.#clock = clock
    this.#windowMs = windowMs
    this.#addresses = new FailureTable(perAddress, windowMs, maxEntries)
    this.#users = new FailureTable(perUser, windowMs, maxEntries)
  }

  /** May this address try this user now? Changes nothing. @param user none for a key, which has no user who could be shut out */
  check(address: string, user?: string): 'ok' | { retryInMs: number } {
    // Nearly always: nobody has failed, so there is nothing to look up.
    if (this.#addresses.size === 0 && this.#users.size === 0) return 'ok'
    const now = this.#clock()
    const ofAddress = this.#addresses.blockedSince(addressKey(address), now)
    const since = user === undefined ? ofAddress : Math.max(ofAddress, this.#users.blockedSince(userKey(user), now))
    return since === Number.NEGATIVE_INFINITY ? 'ok' : { retryInMs: since + this.#windowMs - now }
  }

  /** Counts a failed login. @returns how many milliseconds its answer should wait */
  failed(address: string, user?: string): number {
    const now = this.#clock()
    const count = this.#addresses.add(addressKey(address), now)
    if (user !== undefined) this.#users.add(userKey(user), now)
    return Math.min(firstDelayMs * 2 ** (count - 1), maxDelayMs)
  }

  /** Forgets the failures of the address. Not those of the user: somebody else may be guessing. */
  succeeded(address: string, _user: string): void {
    if (this.#addresses.size > 0) this.#addresses.delete(addressKey(address))
  }

  /** How many addresses and users are remembered. */
  get size(): { addresses: number; users: number } {
    return { addresses: this.#addresses.size, users: this.#users.size }
  }
}

/** Failures by key in windows that begin with the first one. The Map's order is that of the last failure, the oldest first. */
class FailureTable {
  readonly #limit: number
  readonly #windowMs: number
  readonly #maxEntries: number
  readonly #entries = new Map<string, Failures>()

  constructor(limit: number, windowMs: number, maxEntries: number) {
    this.#limit = limit
    this.#windowMs = windowMs
    this.#maxEntries = maxEntries
  }

  get size(): number {
    return this.#entries.size
  }

  blockedSince(key: string, now: number): number {
    const entry = this.#entries.get(key)
    return entry && entry.count >= this.#limit && now - entry.since < this.#windowMs ? entry.since : Number.NEGATIVE_INFINITY
  }

  add(key: string, now: number): number {
    const known = this.#entries.get(key)
    const entry = known && now - known.since < this.#windowMs ? known : { count: 0, since: now }
    entry.count++
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    if (this.#entries.size > this.#maxEntries) this.#entries.delete(this.#entries.keys().next().value!)
    return entry.count
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }
}

/** Who has one IPv6 address has its whole /64 (RFC 6177), so that is what counts. */
function addressKey(text: string): string {
  // As the system writes them, which nearly all are.
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return text
  const address = parseAddress(text.replace(/%.*$/, ''))
  if (address === undefined) return text.slice(0, maxNameLength)
  return address instanceof ipaddr.IPv6 ? address.parts.slice(0, 4).join(':') : address.toString()
}

function userKey(name: string): string {
  return name.slice(0, maxNameLength)
}
