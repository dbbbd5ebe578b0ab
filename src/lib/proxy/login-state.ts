import { randomInt } from 'node:crypto'
import type { Block } from '../ami/block.js'
import { equalInConstantTime } from './constant-time.js'
import type { ProxyOptions } from './options.js'
import type { Users } from './users.js'

/** Where a client stands with its login. */
export class LoginState {
  readonly #options: () => Pick<ProxyOptions, 'users' | 'proxyKey'>
  #username: string | undefined
  #hasKey = false
  #challenge: string | undefined

  /** @param options as they are now: without users nobody has to log in */
  constructor(options: () => Pick<ProxyOptions, 'users' | 'proxyKey'>) {
    this.#options = options
  }

  get username(): string | undefined {
    return this.#username
  }

  get isLoggedIn(): boolean {
    const { users, proxyKey } = this.#options()
    return this.#username !== undefined || this.#hasKey || (users === undefined && proxyKey === undefined)
  }

  /** May it change the proxy? */
  get isAdmin(): boolean {
    return this.#options().users === undefined
  }

  /** Is a ProxyKey due before anything else? */
  get needsKey(): boolean {
    return this.#options().proxyKey !== undefined && !this.isLoggedIn
  }

  /** @returns whether it is the key; it then counts as a login */
  giveKey(key: string): boolean {
    const { proxyKey } = this.#options()
    this.#hasKey = proxyKey !== undefined && equalInConstantTime(proxyKey, key)
    return this.#hasKey
  }

  /** A new challenge; the one before is void. Decimal, since old clients expect a number. */
  issueChallenge(): string {
    this.#challenge = String(randomInt(100_000_000, 1_000_000_000))
    return this.#challenge
  }

  /**
   * Checks `Action: Login`, in plain or with the key of an MD5 challenge. A challenge serves once: neither answer nor key can be used again.
   * A refused login takes away the one before.
   */
  attempt(block: Block): boolean {
    const username = block.get('Username')?.trim() ?? ''
    const challenge = this.#challenge
    this.#challenge = undefined
    const { users } = this.#options()
    const accepted = users === undefined || this.#accepts(users, username, block, challenge)
    this.#username = accepted ? username : undefined
    if (!accepted) this.#hasKey = false
    return accepted
  }

  #accepts(users: Users, username: string, block: Block, challenge: string | undefined): boolean {
    if (block.get('AuthType')?.trim().toLowerCase() !== 'md5') return users.acceptsSecret(username, block.get('Secret') ?? '')
    return challenge !== undefined && users.acceptsKey(username, challenge, block.get('Key')?.trim() ?? '')
  }
}
