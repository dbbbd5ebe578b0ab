import { randomInt } from 'node:crypto'
import type { Block } from '../ami/block.js'
import type { Users } from './users.js'

/** Where a client stands with its login. */
export class LoginState {
  readonly #users: () => Users | undefined
  #username: string | undefined
  #challenge: string | undefined

  /** @param users who may log in now; undefined when nobody has to */
  constructor(users: () => Users | undefined) {
    this.#users = users
  }

  get username(): string | undefined {
    return this.#username
  }

  get isLoggedIn(): boolean {
    return this.#username !== undefined || this.#users() === undefined
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
    const users = this.#users()
    const accepted = users === undefined || this.#accepts(users, username, block, challenge)
    this.#username = accepted ? username : undefined
    return accepted
  }

  #accepts(users: Users, username: string, block: Block, challenge: string | undefined): boolean {
    if (block.get('AuthType')?.trim().toLowerCase() !== 'md5') return users.acceptsSecret(username, block.get('Secret') ?? '')
    return challenge !== undefined && users.acceptsKey(username, challenge, block.get('Key')?.trim() ?? '')
  }
}
