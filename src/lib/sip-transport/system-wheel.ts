import { TimerWheel, type WheelTimer } from '../sip/timer-wheel.js'

/** A timer wheel that runs: one timer of the system drives it, and there is none while nobody waits. */
export class SystemWheel {
  readonly #now: () => number
  readonly #wheel: TimerWheel
  #timer: NodeJS.Timeout | undefined
  #dueMs = Number.POSITIVE_INFINITY
  #isStopped = false

  /** @param now milliseconds that never go back */
  constructor(now: () => number) {
    this.#now = now
    this.#wheel = new TimerWheel({ now })
  }

  after(delayMs: number, task: () => void): WheelTimer {
    const timer = this.#wheel.after(delayMs, task)
    this.#wake(delayMs)
    return timer
  }

  /** No task runs any more. */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #wake(delayMs: number): void {
    const dueMs = this.#now() + delayMs
    if (this.#isStopped || dueMs >= this.#dueMs) return
    clearTimeout(this.#timer)
    this.#dueMs = dueMs
    this.#timer = setTimeout(() => this.#advance(), Math.ceil(Math.max(delayMs, 1)))
  }

  #advance(): void {
    this.#dueMs = Number.POSITIVE_INFINITY
    try {
      this.#wheel.advance()
    } finally {
      const next = this.#wheel.nextDelayMs()
      if (next !== undefined) this.#wake(next)
    }
  }
}
