import { describe, expect, it } from 'vitest'
import { runBatch } from '../../../../src/lib/uac/batch.js'
import { userAgent } from '../../support/sip-peer.js'

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)
const never = new AbortController().signal

/** A job that ends when it is told. */
function gates() {
  const open: (() => void)[] = []
  return { open, wait: () => new Promise<void>((resolve) => open.push(resolve)) }
}

describe('a batch', () => {
  it('runs each job once, in order, in as many places as are allowed', async () => {
    const seen: number[] = []
    const busy = new Set<number>()
    const run = async (job: number, place: number) => {
      expect(busy.has(place)).toBe(false)
      busy.add(place)
      expect(busy.size).toBeLessThanOrEqual(3)
      seen.push(job)
      await new Promise((resolve) => setImmediate(resolve))
      busy.delete(place)
    }
    await runBatch(userAgent(), numbers(20), { concurrency: 3, intervalMs: 0, signal: never }, run)
    expect(seen).toEqual(numbers(20))
  })

  it('starts them at the interval, however many places are free', async () => {
    const starts: number[] = []
    const run = async () => void starts.push(performance.now())
    await runBatch(userAgent(), numbers(4), { concurrency: 4, intervalMs: 30, signal: never }, run)
    // Each timer may be a millisecond early.
    for (const [index, start] of starts.entries()) expect(start - starts[0]!).toBeGreaterThanOrEqual(29 * index - 2)
  })

  it('starts no other when one throws, or when the signal comes', async () => {
    const seen: number[] = []
    const failing = async (job: number) => {
      seen.push(job)
      if (job === 1) throw new Error('stop')
    }
    await expect(runBatch(userAgent(), numbers(9), { concurrency: 1, intervalMs: 0, signal: never }, failing)).rejects.toThrow(
      'stop'
    )
    expect(seen).toEqual([0, 1])

    const controller = new AbortController()
    const { open, wait } = gates()
    const running = runBatch(userAgent(), numbers(9), { concurrency: 2, intervalMs: 0, signal: controller.signal }, wait)
    while (open.length < 2) await new Promise((resolve) => setImmediate(resolve))
    controller.abort()
    for (const end of open) end()
    await running
    expect(open).toHaveLength(2)
  })
})
