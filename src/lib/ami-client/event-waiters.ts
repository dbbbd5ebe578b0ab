import type { Block } from '../ami/block.js'

interface Waiter {
  matches: (event: Block) => boolean
  resolve: (event: Block) => void
  reject: (error: Error) => void
  timer: NodeJS.Timeout
}

/** Those who wait for one event of a certain form. */
export class EventWaiters {
  readonly #waiters = new Set<Waiter>()

  /** Resolves with the next event that matches; rejects after the time. */
  next(
    matches: (event: Block) => boolean,
    { timeoutMs, onTimeout }: { timeoutMs: number; onTimeout: () => Error }
  ): Promise<Block> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter)
        reject(onTimeout())
      }, timeoutMs)
      const waiter: Waiter = { matches, resolve, reject, timer }
      this.#waiters.add(waiter)
    })
  }

  take(event: Block): void {
    for (const waiter of this.#waiters) {
      if (!waiter.matches(event)) continue
      this.#waiters.delete(waiter)
      clearTimeout(waiter.timer)
      waiter.resolve(event)
    }
  }

  rejectAll(error: Error): void {
    for (const { timer, reject } of this.#waiters) {
      clearTimeout(timer)
      reject(error)
    }
    this.#waiters.clear()
  }
}
