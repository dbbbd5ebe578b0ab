import { TimeoutError } from '../../errors.js'
import type { WatchTiming } from './session-watch.js'

/** Does the peer of a session live? It is asked by a ping when it was silent, and is gone when it is silent still. Knows no frames; the session sends them. */
export class Pulse {
  /** Something has come since the last look. The session's own mark. */
  isHeard = true
  /** Of the last ping; undefined before its answer. */
  roundTripMs: number | undefined
  #silentSinceMs = 0
  /** By the watch's clock; 0: no ping waits for its answer. */
  #pingedAtMs = 0
  /** By our own, to measure with. */
  #pingSentMs = 0
  #pingValue = 0

  /** @param nowMs by the watch's clock @returns the value of a ping that is to be sent now; an error: the peer is gone; undefined: nothing is to be done */
  look(
    nowMs: number,
    { intervalMs, activeIntervalMs, timeoutMs }: Readonly<WatchTiming>,
    hasStreams: boolean
  ): number | TimeoutError | undefined {
    if (this.isHeard) {
      this.isHeard = false
      this.#silentSinceMs = nowMs
      this.#pingedAtMs = 0
      return undefined
    }
    if (this.#pingedAtMs > 0) {
      if (nowMs - this.#pingedAtMs < timeoutMs) return undefined
      return new TimeoutError(`The peer was silent for ${Math.round((nowMs - this.#silentSinceMs) / 1000)} s`)
    }
    if (nowMs - this.#silentSinceMs < (hasStreams ? activeIntervalMs : intervalMs)) return undefined
    this.#pingedAtMs = nowMs
    this.#pingSentMs = performance.now()
    this.#pingValue = (this.#pingValue + 1) >>> 0
    return this.#pingValue
  }

  /** The answer to a ping has come; to another one than the last, or to none, it says nothing. */
  answered(value: number): void {
    if (value === this.#pingValue && this.#pingedAtMs > 0) this.roundTripMs = performance.now() - this.#pingSentMs
  }
}
