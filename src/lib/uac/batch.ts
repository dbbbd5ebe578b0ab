import { pause } from './ping.js'
import type { UserAgent } from './user-agent.js'

export interface BatchOptions {
  /** So many at the same time. */
  concurrency: number
  /** From the start of one to that of the next, at least; 0: as soon as there is room. */
  intervalMs: number
  signal: AbortSignal
}

/**
 * Runs jobs in their order, several at the same time. The signal ends it before the next one; those in flight are ended by whoever runs them.
 * @param run gets the number of the place that is free, from 0: what may not be shared by two at the same time belongs to a place
 * @throws what `run` throws, and starts no other then
 */
export async function runBatch<T>(
  agent: UserAgent,
  jobs: Iterable<T>,
  { concurrency, intervalMs, signal }: BatchOptions,
  run: (job: T, place: number) => Promise<void>
): Promise<void> {
  const iterator = jobs[Symbol.iterator]()
  let nextMs = performance.now()
  let isFailed = false
  const work = async (place: number) => {
    for (;;) {
      if (signal.aborted || isFailed) return
      const { done, value } = iterator.next()
      if (done) return
      const nowMs = performance.now()
      const dueMs = Math.max(nowMs, nextMs)
      nextMs = dueMs + intervalMs
      await pause(agent, dueMs - nowMs, signal)
      if (signal.aborted || isFailed) return
      try {
        await run(value, place)
      } catch (error) {
        isFailed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, (_, place) => work(place)))
}
