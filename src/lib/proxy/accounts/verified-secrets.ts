import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export interface VerifiedSecretsOptions {
  /** Milliseconds that never go back. */
  clock: () => number
  /** Default 1 minute: a panel that polls by HTTP pays for one hash a minute instead of one a request. */
  ttlMs?: number
  /** Default 1,000 users, about 200 kB; the one that was proved longest ago is forgotten first. */
  maxEntries?: number
}

interface Entry {
  mac: Buffer
  provedAtMs: number
}

/**
 * Remembers for a short time that a secret was right, so that who logs in again and again (HTTP does with every request) is not hashed each time.
 * What is kept is no secret: an HMAC of name and secret under a key that only this object has, and that goes with it at a reload. It knows only
 * what was right: a wrong secret costs its full hash, always.
 */
export class VerifiedSecrets {
  readonly #clock: () => number
  readonly #ttlMs: number
  readonly #maxEntries: number
  readonly #key = randomBytes(32)
  /** Compared with when nobody is remembered, so that this takes no less time. */
  readonly #nobody = randomBytes(32)
  /** By user, in the order in which they were proved. */
  readonly #entries = new Map<string, Entry>()

  constructor({ clock, ttlMs = 60_000, maxEntries = 1_000 }: VerifiedSecretsOptions) {
    this.#clock = clock
    this.#ttlMs = ttlMs
    this.#maxEntries = maxEntries
  }

  get size(): number {
    return this.#entries.size
  }

  /** Was this secret right a short time ago? The time counts from the proof, not from the last use: who logs in for ever is hashed anew now and then. */
  knows(username: string, secret: string): boolean {
    const entry = this.#entries.get(username)
    const isRight = timingSafeEqual(entry?.mac ?? this.#nobody, this.#mac(username, secret))
    if (!entry || this.#clock() - entry.provedAtMs < this.#ttlMs) return isRight
    this.#entries.delete(username)
    return false
  }

  /** It was right just now, by its hash. */
  remember(username: string, secret: string): void {
    this.#entries.delete(username)
    this.#entries.set(username, { mac: this.#mac(username, secret), provedAtMs: this.#clock() })
    if (this.#entries.size > this.#maxEntries) this.#entries.delete(this.#entries.keys().next().value!)
  }

  /** The length before the name: no other pair of name and secret gives the same bytes. */
  #mac(username: string, secret: string): Buffer {
    return createHmac('sha256', this.#key).update(`${username.length}:${username}:${secret}`).digest()
  }
}
