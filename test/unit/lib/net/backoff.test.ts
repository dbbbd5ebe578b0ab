import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Backoff } from '../../../../src/lib/net/backoff.js'

const waits = (backoff: Backoff, count: number) => Array.from({ length: count }, () => backoff.next())

describe('Backoff', () => {
  it('doubles up to its maximum', () => {
    expect(waits(new Backoff({ initialMs: 100, maxMs: 1000, random: () => 1 }), 6)).toEqual([100, 200, 400, 800, 1000, 1000])
  })

  it('waits at least half of its turn', () => {
    expect(waits(new Backoff({ initialMs: 100, maxMs: 1000, random: () => 0 }), 6)).toEqual([50, 100, 200, 400, 500, 500])
  })

  it('spreads over the upper half', () => {
    expect(new Backoff({ initialMs: 100, maxMs: 1000, random: () => 0.5 }).next()).toBe(75)
  })

  it('begins anew after a connection that lasted longer than the wait for it', () => {
    const backoff = new Backoff({ initialMs: 100, maxMs: 1000, random: () => 1 })
    waits(backoff, 2)
    backoff.lasted(201)
    expect(waits(backoff, 2)).toEqual([100, 200])
  })

  it('goes on doubling for a server that takes the connection and drops it', () => {
    const backoff = new Backoff({ initialMs: 100, maxMs: 1000, random: () => 1 })
    waits(backoff, 2)
    backoff.lasted(200)
    expect(waits(backoff, 2)).toEqual([400, 800])
  })

  it('stays a time that a timer takes, however often it is asked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 600_000 }), (initialMs, maxMs) => {
        for (const wait of waits(new Backoff({ initialMs, maxMs }), 100)) {
          expect(wait).toBeGreaterThanOrEqual(0)
          expect(wait).toBeLessThanOrEqual(maxMs)
        }
      }),
      { numRuns: 20 }
    )
  })
})
