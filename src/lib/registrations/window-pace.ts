/** What was seen since the last look. */
export interface PaceLook {
  /** Requests that went out, copies not counted, and copies. */
  requests: number
  repeats: number
  /** Mean of the replies to requests that went out once; undefined without any. */
  roundTripMs: number | undefined
  /** There was somebody for every place. */
  wasFull: boolean
  nowMs: number
}

// Linux keeps 208 KiB for a UDP socket that asked for no more, and counts about 1.3 KiB for a REGISTER: 160 of them. A registrar that is not scheduled for
// a moment loses what comes beyond; so many at once it cannot lose.
const safe = 100
// So many of ours may wait in the registrar's queue. What is more makes nobody faster (as TCP Vegas counts it).
const longestQueue = 96
// T1 is 500 ms: a registrar that takes half of it longer than it can is about to cause repeats.
const slowMs = 250
// A halved window needs a round trip and T1 to show what it did.
const settleMs = 600
// One lost packet is chance.
const fewestRepeats = 2
// A registrar that answers nobody is still asked by so many, until the breaker opens.
const smallest = 8
const fastGrowth = 1.5
// After a loss the window comes back by so much a look.
const slowGrowth = 2
// The shortest round trip ever seen is forgotten slowly: ways change.
const creep = 1.01

/**
 * How many accounts may have a request on its way. It begins with what a registrar cannot lose, grows while replies come as fast as ever, stays where they
 * only queue, and is halved at the first sign of loss. Pure: it is handed what was seen.
 */
export class WindowPace {
  readonly #most: number
  #limit: number
  #hasLost = false
  #shortestMs = Number.POSITIVE_INFINITY
  #changedMs = Number.NEGATIVE_INFINITY

  /** @param most never more than this */
  constructor(most: number) {
    this.#most = most
    this.#limit = Math.min(most, safe)
  }

  get limit(): number {
    return Math.floor(this.#limit)
  }

  look({ requests, repeats, roundTripMs, wasFull, nowMs }: PaceLook): void {
    if (roundTripMs !== undefined) this.#shortestMs = Math.min(roundTripMs, this.#shortestMs * creep)
    const isSlow = roundTripMs !== undefined && roundTripMs - this.#shortestMs > slowMs
    if (repeats >= fewestRepeats || isSlow) return this.#shrink(repeats >= fewestRepeats ? 0.5 : 0.75, nowMs)
    if (repeats > 0 || requests === 0 || !wasFull || roundTripMs === undefined) return
    if (this.#limit * (1 - this.#shortestMs / roundTripMs) > longestQueue) return
    const grown = this.#hasLost ? this.#limit + slowGrowth : this.#limit * fastGrowth
    this.#limit = Math.min(this.#most, grown)
  }

  #shrink(factor: number, nowMs: number): void {
    this.#hasLost = true
    if (nowMs - this.#changedMs < settleMs) return
    this.#limit = Math.max(Math.min(smallest, this.#most), this.#limit * factor)
    this.#changedMs = nowMs
  }
}
