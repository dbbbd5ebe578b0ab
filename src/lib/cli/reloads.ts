/**
 * Reads something again, one time after the other: of two that run at the same time the one that began first may end last, and bring back what is old.
 * Who asks while one runs shares the next, which begins when that has ended; so at most one waits, however often it is asked.
 */
export class Reloads<T> {
  readonly #reload: () => Promise<T>
  #running: Promise<T> | undefined
  #next: Promise<T> | undefined

  constructor(reload: () => Promise<T>) {
    this.#reload = reload
  }

  /** @returns what a reading gives that began after this call @throws what it throws */
  run(): Promise<T> {
    // The next may not have begun, though the one before it has ended.
    if (this.#next) return this.#next
    if (!this.#running) return this.#start()
    this.#next = this.#running.then(
      () => this.#startNext(),
      () => this.#startNext()
    )
    return this.#next
  }

  #startNext(): Promise<T> {
    this.#next = undefined
    return this.#start()
  }

  #start(): Promise<T> {
    const running = this.#reload().finally(() => {
      this.#running = undefined
    })
    this.#running = running
    return running
  }
}
