/** Beyond so many waiting events their source is asked to pause, and below half of it to go on. */
const highWater = 1_000

/** Hands events from callbacks to one consumer that takes its time. Its source pauses while the consumer is behind: nothing is lost. */
export class EventQueue<T> implements AsyncIterable<T> {
  readonly #setPaused: (paused: boolean) => void
  readonly #waiting: T[] = []
  #paused = false
  #ended = false
  #failure: Error | undefined
  #wake: () => void = () => {}

  constructor(setPaused: (paused: boolean) => void) {
    this.#setPaused = setPaused
  }

  push(event: T): void {
    if (this.#ended) return
    this.#waiting.push(event)
    if (!this.#paused && this.#waiting.length >= highWater) this.#pause(true)
    this.#wake()
  }

  /** Ends the stream after what waits, or at once with an error. */
  end(failure?: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#failure = failure
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      if (this.#failure) throw this.#failure
      const event = this.#waiting.shift()
      if (event !== undefined) {
        if (this.#paused && this.#waiting.length <= highWater / 2) this.#pause(false)
        yield event
      } else if (this.#ended) {
        return
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }

  #pause(paused: boolean): void {
    this.#paused = paused
    this.#setPaused(paused)
  }
}
