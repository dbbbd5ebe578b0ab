import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TimerWheel } from '../../../../src/lib/sip/timer-wheel.js'

function wheelAt(start = 12_345.6) {
  const clock = { now: start }
  const wheel = new TimerWheel({ now: () => clock.now })
  /** Drives it as a program does: sleeps for what `nextDelayMs` says. */
  const runUntil = (until: number) => {
    while (clock.now < until) {
      clock.now = Math.min(until, clock.now + Math.max(wheel.nextDelayMs() ?? Infinity, 0.5))
      wheel.advance()
    }
  }
  return { clock, wheel, runUntil }
}

describe('a timer wheel', () => {
  it('fires every timer once, never early, and within a tick when it is driven', () => {
    const delay = fc.oneof(fc.nat(3000), fc.nat(800_000), fc.constantFrom(0, 2550, 2560, 2561, 655_360, 3_600_000))
    fc.assert(
      fc.property(fc.array(fc.record({ delay, pause: fc.nat(5000), cancel: fc.boolean() }), { maxLength: 25 }), (timers) => {
        const { clock, wheel, runUntil } = wheelAt()
        const late: number[] = []
        let expected = 0
        for (const { delay, pause, cancel } of timers) {
          const due = clock.now + delay
          const timer = wheel.after(delay, () => late.push(clock.now - due))
          if (cancel) timer.cancel()
          else expected++
          runUntil(clock.now + pause)
        }
        runUntil(clock.now + 4_000_000)
        expect(late).toHaveLength(expected)
        expect(late.every((ms) => ms >= 0 && ms <= 20)).toBe(true)
        expect([wheel.size, wheel.nextDelayMs()]).toEqual([0, undefined])
      }),
      { numRuns: 60 }
    )
  })

  it('fires what was missed when nobody drove it for long, and what is a year away', () => {
    const { clock, wheel, runUntil } = wheelAt()
    const fired: number[] = []
    for (const delay of [100, 3000, 50_000, 10_000_000]) wheel.after(delay, () => fired.push(delay))
    clock.now += 20_000_000
    wheel.advance()
    expect(fired).toEqual([100, 3000, 50_000, 10_000_000])
    wheel.after(200 * 24 * 3_600_000, () => fired.push(1))
    clock.now += 200 * 24 * 3_600_000 - 1000
    wheel.advance()
    expect(fired).toHaveLength(4)
    runUntil(clock.now + 1100)
    expect(fired).toHaveLength(5)
  })

  it('lets tasks start and cancel timers of the same tick, and goes on after one that throws', () => {
    const { clock, wheel } = wheelAt()
    const fired: string[] = []
    wheel.after(100, () => {
      fired.push('a')
      second.cancel()
      wheel.after(0, () => fired.push('c'))
    })
    const second = wheel.after(100, () => fired.push('b'))
    wheel.after(100, () => {
      throw new Error('ours')
    })
    wheel.after(100, () => fired.push('d'))
    clock.now += 110
    expect(() => wheel.advance()).toThrow('ours')
    wheel.advance()
    second.cancel()
    clock.now += 30
    wheel.advance()
    expect(fired).toEqual(['a', 'd', 'c'])
    expect(wheel.size).toBe(0)
  })

  it('starts and cancels 200,000 timers in a moment', () => {
    const { wheel } = wheelAt()
    const start = performance.now()
    const timers = Array.from({ length: 200_000 }, (_, i) => wheel.after(i * 18, () => undefined))
    expect(wheel.size).toBe(200_000)
    for (const timer of timers) timer.cancel()
    expect(wheel.size).toBe(0)
    expect(performance.now() - start).toBeLessThan(5000)
  })
})
