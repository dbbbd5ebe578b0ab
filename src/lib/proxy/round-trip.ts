import { nobody } from './answer-router.js'
import type { Ending, Requester } from './pending-actions.js'

/** How long an action takes to a server and back: one Ping on its way, whoever asks. */
export class RoundTrip {
  readonly #ping: (requester: Requester) => void
  #pong: { startMs: number; answered: Promise<number | undefined> } | undefined

  constructor(ping: (requester: Requester) => void) {
    this.#ping = ping
  }

  /** For how long the Ping has been waiting; undefined when there is none. */
  get ageMs(): number | undefined {
    return this.#pong && performance.now() - this.#pong.startMs
  }

  /**
   * Asterisk takes one action after the other, so one that hangs delays this one, too. Who asks meanwhile gets the same answer.
   * @returns milliseconds; undefined when the server is lost before
   */
  ask(): Promise<number | undefined> {
    if (this.#pong) return this.#pong.answered
    const startMs = performance.now()
    const answered = new Promise<number | undefined>((resolve) => {
      const settled = ({ result, ms }: Ending) => {
        this.#pong = undefined
        resolve(result === 'lost' ? undefined : ms)
      }
      this.#ping({ ...nobody, settled })
    })
    this.#pong = { startMs, answered }
    return answered
  }
}
