import { randomInt } from 'node:crypto'
import { equalInConstantTime } from '../access/constant-time.js'
import type { LoginThrottle } from '../access/login-throttle.js'
import type { Block } from '../ami/block.js'
import type { Account } from './accounts/account.js'
import type { Accounts, LoginAttempt, LoginOutcome } from './accounts/accounts.js'
import { Rights } from './rights/rights.js'
import { plainUser } from './user-options.js'

/** What the proxy asks of its clients, as it is now. */
export interface LoginRules {
  /** Undefined: there are none, and any login is accepted where none is required. */
  accounts: Accounts | undefined
  authRequired: boolean
  proxyKey?: string | undefined
}

/** What became of a login. */
export interface LoginVerdict {
  accepted: boolean
  /** How long a refusal should wait for its answer. */
  delayMs: number
  /** Its secret was not even looked at. */
  isBlocked: boolean
}

/** What somebody without an account may do, where that is enough to be let in. */
const anonymousRights = new Rights(plainUser('', 'nobody'))

/** Where a client stands with its login. */
export class LoginState {
  readonly #rules: () => LoginRules
  readonly #throttle: LoginThrottle
  /** Without its port. */
  readonly #address: string
  readonly #isWeb: boolean
  #username: string | undefined
  #hasKey = false
  #challenge: string | undefined

  /** @param isWeb it comes from the web page: then only users who may do so log in, and neither a key nor the want of accounts stands in for a login */
  constructor({
    rules,
    throttle,
    address,
    isWeb = false
  }: {
    rules: () => LoginRules
    throttle: LoginThrottle
    address: string
    isWeb?: boolean | undefined
  }) {
    this.#rules = rules
    this.#throttle = throttle
    this.#address = address
    this.#isWeb = isWeb
  }

  get username(): string | undefined {
    return this.#username
  }

  /** As it is now: a reload may change it, or take it away. */
  get account(): Account | undefined {
    return this.#username === undefined ? undefined : this.#rules().accounts?.get(this.#username)
  }

  get isLoggedIn(): boolean {
    const { accounts, authRequired, proxyKey } = this.#rules()
    if (this.#isWeb) return this.account?.web ?? false
    if (this.#username !== undefined && accounts !== undefined) return this.account !== undefined
    return this.#hasKey || (!authRequired && proxyKey === undefined)
  }

  /** May it change the proxy? */
  get isAdmin(): boolean {
    return this.account?.admin ?? false
  }

  get rights(): Rights {
    return this.account?.rights ?? anonymousRights
  }

  /** Is a ProxyKey due before anything else? */
  get needsKey(): boolean {
    return this.#rules().proxyKey !== undefined && !this.isLoggedIn
  }

  /**
   * The key counts as a login. Wrong ones count against the address, and who gave too many is refused without a look at the key. A right one does
   * not forgive them: it is shared by many, one of whom may be guessing at users.
   * @param key undefined: none was given, which is no guess
   * @returns whether it is the key, and how long a refusal should wait for its answer
   */
  giveKey(key: string | undefined): { accepted: boolean; delayMs: number } {
    const { proxyKey } = this.#rules()
    this.#hasKey = false
    if (key === undefined || this.#throttle.check(this.#address) !== 'ok') return { accepted: false, delayMs: 0 }
    this.#hasKey = proxyKey !== undefined && equalInConstantTime(proxyKey, key)
    return { accepted: this.#hasKey, delayMs: this.#hasKey ? 0 : this.#throttle.failed(this.#address) }
  }

  /** A new challenge; the one before is void. Decimal, since old clients expect a number. */
  issueChallenge(): string {
    this.#challenge = String(randomInt(100_000_000, 1_000_000_000))
    return this.#challenge
  }

  /**
   * Checks `Action: Login`, in plain or with the key of an MD5 challenge. A challenge serves once: neither answer nor key can be used again.
   * A refused login takes away the one before.
   * @returns what became of it, later where a hash has to be computed
   */
  attempt(block: Block): LoginVerdict | Promise<LoginVerdict> {
    const username = block.get('Username')?.trim() ?? ''
    const challenge = this.#challenge
    this.#challenge = undefined
    this.#username = undefined
    const outcome = this.#check(username, block, challenge)
    return outcome instanceof Promise ? outcome.then((late) => this.#judge(username, late)) : this.#judge(username, outcome)
  }

  #judge(username: string, outcome: LoginOutcome | undefined): LoginVerdict {
    if (outcome && !('account' in outcome)) {
      this.#hasKey = false
      const isBlocked = 'retryInMs' in outcome
      return { accepted: false, delayMs: isBlocked ? 0 : outcome.delayMs, isBlocked }
    }
    // In the same words as for a wrong secret: who may use the page is nobody's business.
    if (this.#isWeb && !this.#rules().accounts?.get(username)?.web) return { accepted: false, delayMs: 0, isBlocked: false }
    this.#username = username
    return { accepted: true, delayMs: 0, isBlocked: false }
  }

  /** @returns undefined where nobody has an account, and none is required */
  #check(username: string, block: Block, challenge: string | undefined): LoginOutcome | undefined | Promise<LoginOutcome> {
    const { accounts, authRequired } = this.#rules()
    if (!accounts) return authRequired ? { delayMs: 0 } : undefined
    const who = { username, address: this.#address }
    const isMd5 = block.get('AuthType')?.trim().toLowerCase() === 'md5'
    if (isMd5 && challenge === undefined) return { delayMs: this.#throttle.failed(this.#address, username) }
    const attempt: LoginAttempt = isMd5
      ? { ...who, challenge: challenge!, key: block.get('Key')?.trim() ?? '' }
      : { ...who, secret: block.get('Secret') ?? '' }
    return accounts.throttledLoginNow(attempt, this.#throttle) ?? accounts.throttledLogin(attempt, this.#throttle)
  }
}
