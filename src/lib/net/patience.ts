/** Something that is waited for. */
export interface Wait {
  readonly dueMs: number
  /** Undefined: it is over. */
  onLate: (() => void) | undefined
}

/**
 * Waits of one length. They are over in the order in which they began, so that one timer serves all of them; nearly all end before their time, and a timer
 * for each, of which a call has half a dozen, would cost more than what is waited for. It does not keep the process alive, as what is waited for does.
 */
export class Patience {
  static readonly #all = new Map<number, Patience>()
  readonly #ms: number
  readonly #waits = new Set<Wait>()
  #timer: NodeJS.Timeout | undefined

  private constructor(ms: number) {
    this.#ms = ms
  }

  /** All who wait for so long share it. The lengths come from the program and its settings, so that there are few. */
  static of(ms: number): Patience {
    const known = Patience.#all.get(ms)
    if (known) return known
    const made = new Patience(ms)
    Patience.#all.set(ms, made)
    return made
  }

  /** @param onLate called once, when `end` was not in time @returns what is to be given to `end` */
  begin(onLate: () => void): Wait {
    const wait: Wait = { dueMs: performance.now() + this.#ms, onLate }
    this.#waits.add(wait)
    this.#timer ??= setTimeout(() => this.#look(), this.#ms).unref()
    return wait
  }

  /** May be said twice, and of none. */
  end(wait: Wait | undefined): void {
    if (!wait) return
    this.#waits.delete(wait)
    // V8 keeps what a set had when it last grew or shrank until all is collected, and with it a whole call.
    wait.onLate = undefined
  }

  #look(): void {
    this.#timer = undefined
    // A timer may come up to a millisecond early.
    const nowMs = performance.now() + 1
    for (const wait of this.#waits) {
      if (wait.dueMs > nowMs) {
        this.#timer = setTimeout(() => this.#look(), wait.dueMs - nowMs + 1).unref()
        return
      }
      this.#waits.delete(wait)
      wait.onLate?.()
    }
  }
}
