import { randomBytes } from 'node:crypto'
import type { LoginThrottle } from '../../access/login-throttle.js'
import { ConfigError } from '../../errors.js'
import type { UserOptions } from '../user-options.js'
import { Account } from './account.js'
import { StoredSecret } from './stored-secret.js'
import { VerifiedSecrets } from './verified-secrets.js'

/** One try to log in, by the secret or by the key of an MD5 challenge. */
export type LoginAttempt = { username: string; address: string } & ({ secret: string } | { challenge: string; key: string })

export type LoginOutcome =
  | { account: Account }
  /** Wrong: the answer should wait so long. */
  | { delayMs: number }
  /** Too many failures, or too many who wait: the secret was not looked at. */
  | { retryInMs: number }

/** Secrets that are compared at a time: scrypt takes one of Node's four threads, and files and names need some too. */
const maxComparing = 2
/** Logins that wait for that: a panel of 5,000 clients that reconnect at once gets in, and each that waits keeps only its attempt. */
const maxWaiting = 5000
/** When even more wait. */
const busyRetryMs = 5000

/** The proxy's own accounts. Never changes: a reload makes a new one. */
export class Accounts {
  readonly #accounts: ReadonlyMap<string, Account>
  /** Compared with when nobody has the name. */
  readonly #nobody = StoredSecret.parse(randomBytes(16).toString('hex'), 'nobody')
  /** The dearest hash that an account has. */
  readonly #hashed: StoredSecret | undefined
  /** Only where hashes are: what is plain costs nothing to compare. */
  readonly #verified: VerifiedSecrets
  #comparing = 0
  readonly #waiting: (() => void)[] = []

  private constructor(accounts: ReadonlyMap<string, Account>, clock: () => number) {
    this.#accounts = accounts
    this.#verified = new VerifiedSecrets({ clock })
    this.#hashed = [...accounts.values()]
      .map(({ secret }) => secret)
      .filter(({ kind }) => kind !== 'plain')
      .sort((a, b) => b.cost - a.cost)[0]
  }

  /**
   * @param clock milliseconds that never go back
   * @throws ConfigError for a name that is there twice or empty, and whatever is wrong with an account
   */
  static fromOptions(users: readonly UserOptions[], clock = () => performance.now()): Accounts {
    const accounts = new Map<string, Account>()
    for (const user of users) {
      if (user.name === '') throw new ConfigError(`${user.where}: a user without a name`)
      if (accounts.has(user.name)) throw new ConfigError(`${user.where}: the user "${user.name}" is there twice`)
      accounts.set(user.name, new Account(user))
    }
    return new Accounts(accounts, clock)
  }

  get names(): string[] {
    return [...this.#accounts.keys()]
  }

  /** Does anybody see less than all because of filter columns? */
  get hasFilters(): boolean {
    return [...this.#accounts.values()].some(({ filter }) => filter !== undefined)
  }

  /** @param name in its case */
  get(name: string): Account | undefined {
    return this.#accounts.get(name)
  }

  /**
   * The account, when everything is right: name, secret or key, and address. A refusal takes as long whatever was wrong: while any account has
   * a hash, every comparison of a secret computes one.
   */
  async login(attempt: LoginAttempt): Promise<Account | undefined> {
    return this.#inTurn(
      attempt,
      () => this.#compare(attempt),
      () => undefined
    )
  }

  /**
   * A login that counts. Who has failed too often is refused without a look at the secret, and so are those of its attempts that were waiting
   * meanwhile: a thousand connections at once have no more guesses than one.
   */
  async throttledLogin(attempt: LoginAttempt, throttle: LoginThrottle): Promise<LoginOutcome> {
    const { address, username } = attempt
    const refused = throttle.check(address, username)
    if (refused !== 'ok') return refused
    const compare = async (): Promise<LoginOutcome> => {
      const state = throttle.check(address, username)
      if (state !== 'ok') return state
      const account = await this.#compare(attempt)
      if (!account) return { delayMs: throttle.failed(address, username) }
      throttle.succeeded(address, username)
      return { account }
    }
    // Who was right a moment ago need not wait behind those who guess.
    if (this.#isKnown(attempt)) return compare()
    return this.#inTurn(attempt, compare, () => ({ retryInMs: busyRetryMs }))
  }

  /** As `throttledLogin`, and at once: where no account has a hash there is nothing to wait for. Undefined where one has. */
  throttledLoginNow(attempt: LoginAttempt, throttle: LoginThrottle): LoginOutcome | undefined {
    if (this.#hashed) return undefined
    const { address, username } = attempt
    const state = throttle.check(address, username)
    if (state !== 'ok') return state
    const account = this.#accounts.get(username)
    const stored = account?.secret ?? this.#nobody
    const isRight = 'secret' in attempt ? stored.acceptsPlain(attempt.secret) : stored.acceptsKey(attempt.challenge, attempt.key)
    if (!account || !isRight || !account.permits(address)) return { delayMs: throttle.failed(address, username) }
    throttle.succeeded(address, username)
    return { account }
  }

  async #compare(attempt: LoginAttempt): Promise<Account | undefined> {
    const account = this.#accounts.get(attempt.username)
    if (account && this.#isKnown(attempt)) return account
    const isRight = await this.#isRight(account?.secret ?? this.#nobody, attempt)
    if (!account || !isRight || !account.permits(attempt.address)) return undefined
    if ('secret' in attempt && this.#hashed) this.#verified.remember(attempt.username, attempt.secret)
    return account
  }

  /** Was all of it right a short time ago? From an address that is not permitted nobody is told so sooner: the time would say that the secret is right. */
  #isKnown(attempt: LoginAttempt): boolean {
    // Without a hash nothing is remembered: comparing is as cheap.
    if (!this.#hashed || !('secret' in attempt) || !this.#accounts.get(attempt.username)?.permits(attempt.address)) return false
    return this.#verified.knows(attempt.username, attempt.secret)
  }

  async #isRight(stored: StoredSecret, attempt: LoginAttempt): Promise<boolean> {
    if (!('secret' in attempt)) return stored.acceptsKey(attempt.challenge, attempt.key)
    // For its time only: what it says does not count.
    if (stored.kind === 'plain') await this.#hashed?.accepts(attempt.secret)
    return stored.accepts(attempt.secret)
  }

  /** Runs it when its turn comes. A key takes no hashing, so it need not wait behind those who do. */
  async #inTurn<T>(attempt: LoginAttempt, run: () => Promise<T>, whenBusy: () => T): Promise<T> {
    if (!('secret' in attempt)) return run()
    if (this.#comparing < maxComparing) this.#comparing++
    else if (this.#waiting.length >= maxWaiting) return whenBusy()
    // Whoever ends hands its place over, so the number of those who compare stays.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await run()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#comparing--
    }
  }
}
