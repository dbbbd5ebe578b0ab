import { describe, expect, it } from 'vitest'
import { Random } from '../../fuzz/random.js'
import type { ProcessFacts } from '../../soak/process-facts.js'
import { judge, line, type Observed } from '../../soak/verdict.js'

const mib = 1024

/** Half an hour, a look every 10 s. */
function observed({ rssMiB, after = {} }: { rssMiB: (second: number) => number; after?: Partial<ProcessFacts> }): Observed {
  const at = (second: number): ProcessFacts => ({
    atMs: second * 1_000,
    rssKb: rssMiB(second) * mib,
    descriptors: { socket: 5, pipe: 2 },
    threads: 11,
    sleeps: second * 20
  })
  return {
    before: at(0),
    under: Array.from({ length: 180 }, (_, index) => at(index * 10)),
    after: [at(1_800), { ...at(1_820), ...after }]
  }
}

/** The same each time: a collector that frees up to 20 MiB whenever it likes. */
const breath = (second: number) => new Random(second).below(20)

describe('a soaked process', () => {
  it('is flat when its memory grows at first and then breathes', () => {
    const { faults, fromMiB, toMiB, wakeUps } = judge(observed({ rssMiB: (s) => 60 + 40 * Math.min(1, s / 500) + breath(s) }))
    expect(faults).toEqual([])
    expect([fromMiB, toMiB].map((value) => Math.abs(value - 110) < 5)).toEqual([true, true])
    expect(wakeUps).toBeCloseTo(20)
  })

  it('is not when a leak of 16 kB a second hides behind that', () => {
    expect(judge(observed({ rssMiB: (s) => 100 + s / 64 + breath(s) })).faults).toEqual([
      expect.stringMatching(/^memory grows: (1[5-9]|2[0-2])\.\d MiB in 19\.8 min$/)
    ])
  })

  it.each([
    ['sockets that are left', { descriptors: { socket: 8, pipe: 2 } }, /^descriptors are left: .*"socket":5.*"socket":8/],
    ['threads', { threads: 30 }, /^30 threads, 11 before$/],
    ['timers that run on', { sleeps: 1_800 * 20 + 20_000 }, /^it wakes up 1000 times a second with nothing to do$/]
  ])('is not with %s', (_what, after, fault) => {
    expect(judge(observed({ rssMiB: () => 100, after })).faults).toEqual([expect.stringMatching(fault)])
  })

  it('is judged by its peak when the time is too short for a line', () => {
    const short = (rssMiB: (second: number) => number) => {
      const all = observed({ rssMiB })
      return judge({ ...all, under: all.under.slice(0, 29) }).faults
    }
    expect(short((s) => 60 + s / 2)).toEqual([])
    expect(short((s) => 60 + s)).toEqual(['memory: 340.0 MiB'])
  })

  it('is not judged by a few samples', () => {
    const short = observed({ rssMiB: () => 1 })
    expect(() => judge({ ...short, under: short.under.slice(0, 12) })).toThrow(/too few samples/)
  })
})

describe('the line through samples', () => {
  it('is not moved by a quarter of them that are far off', () => {
    const points = Array.from({ length: 40 }, (_, x) => [x, x % 4 === 0 ? 1_000 : 2 * x] as const)
    const [from, to] = line(points)
    expect([Math.abs(from - 0) < 4, Math.abs(to - 78) < 4]).toEqual([true, true])
  })
})
