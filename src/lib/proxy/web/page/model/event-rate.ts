/** A minute of seconds. */
const seconds = 60

/** How many events came in each of the last 60 seconds. Times are milliseconds that never go back. */
export class EventRate {
  readonly #counts = new Array<number>(seconds).fill(0)
  #second = 0
  readonly #startSecond: number

  constructor(nowMs: number) {
    this.#second = Math.floor(nowMs / 1000)
    this.#startSecond = this.#second
  }

  add(nowMs: number): void {
    this.#advance(nowMs)
    this.#counts[this.#second % seconds]!++
  }

  /** The whole seconds that are over, the oldest first. */
  history(nowMs: number): number[] {
    this.#advance(nowMs)
    return Array.from({ length: seconds - 1 }, (_, age) => this.#counts[(this.#second + 1 + age) % seconds]!)
  }

  /** The mean of the last ten seconds that are over, or of as many as there were. */
  perSecond(nowMs: number): number {
    const known = Math.min(10, this.#secondsSince(nowMs))
    if (known === 0) return 0
    return (
      this.history(nowMs)
        .slice(-known)
        .reduce((sum, count) => sum + count, 0) / known
    )
  }

  #secondsSince(nowMs: number): number {
    return Math.floor(nowMs / 1000) - this.#startSecond
  }

  #advance(nowMs: number): void {
    const second = Math.floor(nowMs / 1000)
    // After a pause all of them are old.
    const from = Math.max(this.#second + 1, second - seconds + 1)
    for (let one = from; one <= second; one++) this.#counts[one % seconds] = 0
    this.#second = Math.max(this.#second, second)
  }
}
