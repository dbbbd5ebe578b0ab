import type { FanOut } from './fan-out.js'

/** So much may wait for a client before it counts as behind: some reads of a whole buffer. */
const behindBytes = 1024 * 1024
/** A server is not read for so long at most. */
const maxPauseMs = 250
const pollMs = 2

/**
 * Slows the reading from the servers while most clients are behind: then not one of them is slow, but all of them together cannot take more,
 * and reading on would only make them lose events. A minority never slows anything; its queues overflow alone.
 */
export class Congestion {
  readonly #fanOut: FanOut
  readonly #setPaused: (paused: boolean) => void
  #timer: NodeJS.Timeout | undefined
  #pausedAtMs = 0

  constructor(fanOut: FanOut, setPaused: (paused: boolean) => void) {
    this.#fanOut = fanOut
    this.#setPaused = setPaused
  }

  /** To be called after each delivery. */
  check(): void {
    if (this.#timer || !this.#mostAreBehind()) return
    this.#setPaused(true)
    this.#pausedAtMs = performance.now()
    this.#timer = setTimeout(() => this.#poll(), pollMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #poll(): void {
    if (this.#mostAreBehind() && performance.now() - this.#pausedAtMs < maxPauseMs) {
      this.#timer = setTimeout(() => this.#poll(), pollMs)
      return
    }
    this.#timer = undefined
    this.#setPaused(false)
  }

  #mostAreBehind(): boolean {
    let behind = 0
    for (const { outbox } of this.#fanOut.subscribers) if (outbox.waitingBytes > behindBytes && !outbox.isOverflowing) behind++
    return behind * 2 > this.#fanOut.size
  }
}
