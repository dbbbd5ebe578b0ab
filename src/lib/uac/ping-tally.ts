import type { PbxkitError } from '../errors.js'
import type { Ping } from './ping.js'

/** Round trips of one target, in milliseconds, as ping(8) sums them up. */
export interface PingSummary {
  sent: number
  received: number
  lossPercent: number
  minMs?: number
  avgMs?: number
  maxMs?: number
  /** Standard deviation. */
  mdevMs?: number
}

/** Sums pings up as they come, and keeps none: there may be millions before somebody ends them. */
export class PingTally {
  #sent = 0
  #received = 0
  #accepted = 0
  #minMs = Number.POSITIVE_INFINITY
  #maxMs = Number.NEGATIVE_INFINITY
  #avgMs = 0
  /** Of the distances from the mean (Welford): sums of squares of the times themselves lose their last digits. */
  #squares = 0
  #failure: PbxkitError | undefined

  add(one: Ping): void {
    this.#sent++
    if (!('status' in one)) {
      this.#failure ??= one.error
      return
    }
    const { roundTripMs: ms, status } = one
    this.#received++
    if (status >= 200 && status < 300) this.#accepted++
    this.#minMs = Math.min(this.#minMs, ms)
    this.#maxMs = Math.max(this.#maxMs, ms)
    const distance = ms - this.#avgMs
    this.#avgMs += distance / this.#received
    this.#squares += distance * (ms - this.#avgMs)
  }

  /** Replies of 2xx. */
  get accepted(): number {
    return this.#accepted
  }

  /** The error of the first that was not answered. */
  get failure(): PbxkitError | undefined {
    return this.#failure
  }

  get summary(): PingSummary {
    const [sent, received] = [this.#sent, this.#received]
    const counts = { sent, received, lossPercent: sent === 0 ? 0 : (100 * (sent - received)) / sent }
    if (received === 0) return counts
    const round = (ms: number) => Math.round(ms * 1000) / 1000
    return {
      ...counts,
      minMs: round(this.#minMs),
      avgMs: round(this.#avgMs),
      maxMs: round(this.#maxMs),
      mdevMs: round(Math.sqrt(this.#squares / received))
    }
  }
}
