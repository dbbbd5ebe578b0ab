import { Backoff, type BackoffOptions } from '../net/backoff.js'

export interface RetrySettings {
  /** Waits between tries. */
  reconnect: BackoffOptions
  /** Tries in a row until it is given up; 0: never. */
  maxRetries: number
}

/** When a server is tried again that is not to be reached, was lost, or refused our login. */
export class Retries {
  readonly #settings: () => RetrySettings
  #backoff: Backoff
  #failures = 0

  /** @param settings as they are now: a reload may change them */
  constructor(settings: () => RetrySettings) {
    this.#settings = settings
    this.#backoff = new Backoff(settings().reconnect)
  }

  /**
   * A try, or the session that came of it, has ended.
   * @param wasUp fully booted, it was in order: an Asterisk that is restarted again and again is found again each time
   * @param isRefused it did not take our login
   * @returns milliseconds to wait; undefined when it is given up
   */
  nextMs({ wasUp, isRefused }: { wasUp: boolean; isRefused: boolean }): number | undefined {
    const { maxRetries, reconnect } = this.#settings()
    if (wasUp) this.#backoff = new Backoff(reconnect)
    this.#failures = wasUp ? 0 : this.#failures + 1
    if (maxRetries > 0 && this.#failures > maxRetries) return undefined
    // Whoever guesses at passwords gets banned: a refusal is not tried again soon.
    return isRefused ? reconnect.maxMs : this.#backoff.next()
  }
}
