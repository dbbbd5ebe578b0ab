/** Long enough to be calm, short enough to show what happens now. */
const windowS = 5

/** How many of something come per second: the mean of the last five whole seconds. Costs one comparison a call. */
export class RateMeter {
  readonly #counts = new Array<number>(windowS + 1).fill(0)
  #second = 0

  add(count: number, nowMs: number): void {
    this.#advance(nowMs)
    this.#counts[this.#second % this.#counts.length]! += count
  }

  perSecond(nowMs: number): number {
    this.#advance(nowMs)
    const current = this.#second % this.#counts.length
    return this.#counts.reduce((sum, count, index) => (index === current ? sum : sum + count), 0) / windowS
  }

  /** Empties the places of the seconds in which nothing was counted. A clock that was set back changes nothing. */
  #advance(nowMs: number): void {
    const second = Math.floor(nowMs / 1000)
    if (second <= this.#second) return
    for (let passed = Math.max(this.#second + 1, second - windowS); passed <= second; passed++)
      this.#counts[passed % this.#counts.length] = 0
    this.#second = second
  }
}
