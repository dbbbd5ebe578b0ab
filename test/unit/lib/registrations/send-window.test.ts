import { describe, expect, it } from 'vitest'
import { SendWindow } from '../../../../src/lib/registrations/send-window.js'
import { TargetBreaker } from '../../../../src/lib/registrations/target-breaker.js'
import { TimerWheel } from '../../../../src/lib/sip/timer-wheel.js'

function clock() {
  const time = { ms: 0 }
  const wheel = new TimerWheel({ now: () => time.ms })
  const pass = (ms: number) => {
    for (const end = time.ms + ms; time.ms < end; ) {
      time.ms += 10
      wheel.advance()
    }
  }
  return { now: () => time.ms, wheel, pass }
}

function windowOf(limit: number, ratePerS?: number) {
  const { now, wheel, pass } = clock()
  const window = new SendWindow({ limit, ratePerS, wheel, now })
  const started: string[] = []
  const enter = (name: string, urgent = false) => window.enter(() => started.push(name), urgent)
  return { window, started, enter, pass }
}

describe('the window', () => {
  it('lets so many in, and the next when one leaves; who is registered goes first', () => {
    const { window, started, enter } = windowOf(2)
    for (const name of ['a', 'b', 'c', 'd']) enter(name)
    enter('registered', true)
    expect(started).toEqual(['a', 'b'])
    expect([window.active, window.waiting]).toEqual([2, 3])
    window.leave()
    window.leave()
    expect(started).toEqual(['a', 'b', 'registered', 'c'])
  })

  it('is not deep in calls where all who begin leave at once', () => {
    const { window } = windowOf(2)
    let count = 0
    const busy = [() => {}, () => {}]
    for (const start of busy) window.enter(start, false)
    for (let i = 0; i < 50_000; i++) {
      window.enter(() => {
        count++
        window.leave()
      }, false)
    }
    window.leave()
    expect([count, window.active, window.waiting]).toEqual([50_000, 1, 0])
  })

  it('keeps the rate', () => {
    const { started, enter, window, pass } = windowOf(100, 10)
    for (let i = 0; i < 50; i++) enter(String(i))
    pass(1000)
    expect(started.length).toBeGreaterThanOrEqual(10)
    expect(started.length).toBeLessThanOrEqual(12)
    expect(window.waiting).toBe(50 - started.length)
  })

  it('begins with what a registrar cannot lose, and grows while replies come as fast as ever and there are accounts for it', () => {
    const { window, enter, pass } = windowOf(300)
    expect(window.limit).toBe(100)
    talk(window, pass, 20)
    // Nobody waited for a place.
    expect(window.limit).toBe(100)
    for (let i = 0; i < 1000; i++) enter(String(i))
    talk(window, pass, 20)
    expect(window.limit).toBe(150)
    talk(window, pass, 20)
    talk(window, pass, 20)
    expect(window.limit).toBe(300)
  })

  it('stays where replies only queue, and shrinks when they come late', () => {
    const { window, enter, pass } = windowOf(300)
    for (let i = 0; i < 1000; i++) enter(String(i))
    talk(window, pass, 2)
    talk(window, pass, 150)
    talk(window, pass, 150)
    expect(window.limit).toBe(150)
    talk(window, pass, 300)
    expect(window.limit).toBe(112)
    for (let i = 0; i < 100; i++) talk(window, pass, 900)
    expect(window.limit).toBe(32)
  })

  it('is halved at the second repeat, not faster than a change can show, and comes back to three quarters of what was too much, slowly from there', () => {
    const { window, enter, pass } = windowOf(256)
    for (let i = 0; i < 1000; i++) enter(String(i))
    const lossy = Array.from({ length: 100 }, () => ({ sent: 1 }))
    for (const one of lossy) window.watch(one)
    lossy[0]!.sent = 2
    pass(100)
    expect(window.limit).toBe(100)
    lossy[1]!.sent = 2
    lossy[2]!.sent = 2
    pass(100)
    expect(window.limit).toBe(50)
    for (const one of lossy.slice(3, 9)) one.sent = 2
    pass(100)
    expect(window.limit).toBe(50)
    expect([window.requests, window.repeats]).toEqual([100, 9])
    for (const one of lossy) window.unwatch(one)
    while (window.active > 0) window.leave()
    for (let i = 0; i < 1000; i++) enter(String(i))
    for (const limit of [62, 75, 77, 79]) {
      talk(window, pass, 20)
      expect(window.limit).toBe(limit)
    }
  })

  it('of a silent registrar shrinks to a few', () => {
    const { window, pass } = windowOf(300)
    const silent = Array.from({ length: 300 }, () => ({ sent: 1 }))
    for (const one of silent) window.watch(one)
    for (let i = 0; i < 100; i++) {
      if (i % 10 === 0) for (const one of silent) one.sent++
      pass(100)
    }
    expect(window.limit).toBe(8)
  })
})

/** A look's time with one request that is answered after `roundTripMs`. */
function talk(window: SendWindow, pass: (ms: number) => void, roundTripMs: number): void {
  const one = { sent: 1 }
  window.watch(one)
  window.unwatch(one, roundTripMs)
  pass(100)
}

describe('the breaker', () => {
  function breakerOf() {
    const time = { ms: 0 }
    const told: string[] = []
    const breaker = new TargetBreaker(() => time.ms, {
      onOpen: (target, inMs) => told.push(`open ${target} ${inMs}`),
      onClose: (target) => told.push(`close ${target}`)
    })
    return { time, told, breaker }
  }

  it('opens after three failures without an answer in between', () => {
    const { breaker, told } = breakerOf()
    breaker.failed('a')
    breaker.failed('a')
    breaker.answered('a')
    breaker.failed('a')
    breaker.failed('a')
    expect(breaker.isOpen('a')).toBe(false)
    breaker.failed('a')
    expect([breaker.isOpen('a'), breaker.isOpen('b'), told]).toEqual([true, false, ['open a 1000']])
  })

  it('lets one look at a time, later each time, and closes at the first answer', () => {
    const { breaker, told, time } = breakerOf()
    for (let i = 0; i < 5; i++) breaker.failed('a')
    expect(breaker.takeProbe('a')).toBe(false)
    time.ms = 1000
    expect([breaker.takeProbe('a'), breaker.takeProbe('a')]).toEqual([true, false])
    breaker.failed('a')
    expect(breaker.takeProbe('a')).toBe(false)
    time.ms = 3000
    expect(breaker.takeProbe('a')).toBe(true)
    // It ended without a word to the target.
    breaker.endProbe('a')
    time.ms = 7000
    expect(breaker.takeProbe('a')).toBe(true)
    breaker.answered('a')
    expect(breaker.isOpen('a')).toBe(false)
    expect(told).toEqual(['open a 1000', 'open a 2000', 'open a 4000', 'close a'])
  })
})
