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
// A registrar that answers nobody is still asked by so many, until the breaker opens; one that is slow and answers, by more.
const smallest = 8
const smallestWhenSlow = 32
const fastGrowth = 1.5
// After a loss the window comes back to three quarters of what was too much, and from there on by so much a look: as TCP does (RFC 9438).
const regain = 0.75
const regainGrowth = 1.25
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
  /** Where packets were lost last. */
  #tooMuch = Number.POSITIVE_INFINITY
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
    if (repeats >= fewestRepeats) return this.#shrink(0.5, smallest, nowMs)
    if (isSlow) return this.#shrink(0.75, smallestWhenSlow, nowMs)
    if (repeats > 0 || requests === 0 || !wasFull || roundTripMs === undefined) return
    if (this.#limit * (1 - this.#shortestMs / roundTripMs) > longestQueue) return
    this.#limit = Math.min(this.#most, this.#grown())
  }

  #grown(): number {
    if (this.#tooMuch === Number.POSITIVE_INFINITY) return this.#limit * fastGrowth
    const safeAgain = this.#tooMuch * regain
    return this.#limit < safeAgain ? Math.min(safeAgain, this.#limit * regainGrowth) : this.#limit + slowGrowth
  }

  #shrink(factor: number, least: number, nowMs: number): void {
    if (nowMs - this.#changedMs < settleMs) return
    this.#tooMuch = this.#limit
    this.#limit = Math.max(Math.min(least, this.#limit), this.#limit * factor)
    this.#changedMs = nowMs
  }
}
