import type { FanOut } from './fan-out.js'

/** So much may wait for a client before it counts as behind: some reads of a whole buffer. */
const behindBytes = 1024 * 1024
/** A server is not read for so long at most. */
const maxPauseMs = 250
const pollMs = 2

/**
 * Slows the reading from the servers while clients are behind that read as fast as they can: one that takes megabytes in no time, or most of all.
 * Reading on would only make them lose events. A client that reads slowly or not at all never slows anything; its queue overflows alone.
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
    if (this.#timer || !this.#mustWait()) return
    this.#setPaused(true)
    this.#pausedAtMs = performance.now()
    this.#timer = setTimeout(() => this.#poll(), pollMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #poll(): void {
    if (this.#mustWait() && performance.now() - this.#pausedAtMs < maxPauseMs) {
      this.#timer = setTimeout(() => this.#poll(), pollMs)
      return
    }
    this.#timer = undefined
    this.#setPaused(false)
  }

  #mustWait(): boolean {
    const nowMs = performance.now()
    let behind = 0
    let counted = 0
    for (const { outbox } of this.#fanOut.subscribers) {
      const readsFast = outbox.readsFast(nowMs)
      // Who misses events already, or reads next to nothing, gains nothing from a pause.
      if (outbox.isOverflowing) continue
      const isBehind = outbox.waitingBytes > behindBytes
      if (isBehind && !outbox.reads(nowMs)) continue
      counted++
      if (!isBehind) continue
      if (readsFast) return true
      behind++
    }
    return behind * 2 > counted
  }
}
