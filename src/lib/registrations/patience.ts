import { backoffMs, type Chance, type RegistrationPolicy } from './policy.js'

/** How an account waits after failures: it remembers how many there were in a row. */
export class Patience {
  readonly #policy: RegistrationPolicy
  readonly #random: Chance
  #failures = 0

  constructor(policy: RegistrationPolicy, random: Chance) {
    this.#policy = policy
    this.#random = random
  }

  /** It went well, or somebody wants it anew. */
  reset(): void {
    this.#failures = 0
  }

  /** Nothing that a soon retry could change: a password that is wrong hammers nobody. @returns milliseconds; undefined: never again */
  afterRefusal(retryAfterS: number | undefined): number | undefined {
    this.#failures++
    if (this.#policy.retryS === 0) return undefined
    return Math.max(this.#policy.rejectedS, retryAfterS ?? 0) * 1000 * (1 + this.#random() / 10)
  }

  /** @param boundMs how long a binding still lives @returns milliseconds; undefined: never again */
  afterFailure(boundMs: number, retryAfterS: number | undefined): number | undefined {
    this.#failures++
    return backoffMs(this.#policy, { failures: this.#failures, boundMs, retryAfterS }, this.#random)
  }
}
