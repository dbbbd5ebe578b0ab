/** How long to wait before each next try. */
export interface BackoffOptions {
  initialMs: number
  maxMs: number
  /** Between 0 and 1, exclusive. Injected so that tests are exact. */
  random?: () => number
}

/**
 * Doubling waits with full jitter in the upper half: many clients that lost the same server do not come back in the same instant, and none
 * waits less than half of its turn.
 */
export class Backoff {
  readonly #options: Required<BackoffOptions>
  #tries = 0
  #lastWaitMs = 0

  constructor(options: BackoffOptions) {
    this.#options = { random: Math.random, ...options }
  }

  /** Milliseconds to wait now. */
  next(): number {
    const { initialMs, maxMs, random } = this.#options
    const ceiling = Math.min(maxMs, initialMs * 2 ** Math.min(this.#tries++, 30))
    this.#lastWaitMs = Math.round(ceiling / 2 + (ceiling / 2) * random())
    return this.#lastWaitMs
  }

  /**
   * A connection ended that had lasted so long. Only one that lasted longer than the wait for it makes the waits short again: a server that takes
   * us and drops us at once is no reason to hurry.
   */
  lasted(ms: number): void {
    if (ms > this.#lastWaitMs) this.reset()
  }

  /** It worked: the next wait is short. */
  reset(): void {
    this.#tries = 0
  }
}
