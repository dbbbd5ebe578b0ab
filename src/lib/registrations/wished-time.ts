/** How long an account wants to be registered: what its row says, and at least what the registrar has asked for (423). */
export class WishedTime {
  readonly #wishedS: number
  readonly #mostS: number
  #leastS: number
  #wasTooBrief = false

  /** @param mostS a Min-Expires above it is refused @param leastS what an earlier process was asked for */
  constructor(wishedS: number, mostS: number, leastS = 0) {
    this.#wishedS = wishedS
    this.#mostS = mostS
    this.#leastS = leastS
  }

  get seconds(): number {
    return Math.max(this.#wishedS, this.#leastS)
  }

  /** What a registrar has asked for; 0: nothing. */
  get leastS(): number {
    return this.#leastS
  }

  /** An attempt begins. */
  begin(): void {
    this.#wasTooBrief = false
  }

  /** A 423. @param minExpiresS what it says; without one, twice as long is tried */
  tooBrief(minExpiresS: number | undefined): 'ask again' | 'too long' | 'refused' {
    const least = minExpiresS ?? this.seconds * 2
    if (least > this.#mostS) return 'too long'
    // It has what it asks for: once more, because some count what is left of an older binding; then the same would be answered the same.
    if (least <= this.seconds && this.#wasTooBrief) return 'refused'
    this.#wasTooBrief = true
    this.#leastS = Math.max(this.#leastS, least)
    return 'ask again'
  }
}
