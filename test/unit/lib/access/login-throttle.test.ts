import { describe, expect, it } from 'vitest'
import { LoginThrottle } from '../../../../src/lib/access/login-throttle.js'

function throttled(options: { perAddress?: number; perUser?: number; maxEntries?: number } = {}) {
  let now = 1000
  const throttle = new LoginThrottle({ clock: () => now, windowMs: 60_000, perAddress: 3, perUser: 5, ...options })
  return { throttle, pass: (ms: number) => (now += ms) }
}
const fail = (throttle: LoginThrottle, times: number, address: string, user: string) => {
  for (let n = 0; n < times; n++) throttle.failed(address, user)
}

describe('the login throttle', () => {
  it('stops an address after its failures, whatever the users, until the window has passed', () => {
    const { throttle, pass } = throttled()
    throttle.failed('192.0.2.1', 'ann')
    pass(10_000)
    throttle.failed('192.0.2.1', 'bob')
    expect(throttle.check('192.0.2.1', 'eve')).toBe('ok')
    throttle.failed('192.0.2.1', 'eve')
    expect(throttle.check('192.0.2.1', 'dan')).toEqual({ retryInMs: 50_000 })
    expect(throttle.check('192.0.2.2', 'dan')).toBe('ok')
    pass(49_999)
    expect(throttle.check('192.0.2.1', 'dan')).toEqual({ retryInMs: 1 })
    pass(1)
    expect(throttle.check('192.0.2.1', 'dan')).toBe('ok')
    fail(throttle, 1, '192.0.2.1', 'dan')
    expect(throttle.check('192.0.2.1', 'dan')).toBe('ok')
  })

  it('stops a user after failures from many addresses, and nobody else', () => {
    const { throttle } = throttled()
    for (let n = 0; n < 5; n++) throttle.failed(`192.0.2.${n}`, 'ann')
    expect(throttle.check('203.0.113.1', 'ann')).toEqual({ retryInMs: 60_000 })
    expect(throttle.check('203.0.113.1', 'bob')).toBe('ok')
  })

  it('cannot be made to shut out a user from one address', () => {
    const throttle = new LoginThrottle({ clock: () => 0 })
    for (let n = 0; n < 100 && throttle.check('192.0.2.1', 'ann') === 'ok'; n++) throttle.failed('192.0.2.1', 'ann')
    expect(throttle.check('192.0.2.1', 'ann')).toEqual({ retryInMs: 300_000 })
    expect(throttle.check('192.0.2.2', 'ann')).toBe('ok')
  })

  it('forgets the failures of an address that succeeds, not those of others, nor of the user', () => {
    const { throttle } = throttled({ perUser: 4 })
    fail(throttle, 2, '192.0.2.1', 'ann')
    fail(throttle, 2, '192.0.2.2', 'ann')
    throttle.succeeded('192.0.2.1', 'ann')
    fail(throttle, 2, '192.0.2.1', 'bob')
    expect(throttle.check('192.0.2.1', 'bob')).toBe('ok')
    fail(throttle, 1, '192.0.2.2', 'bob')
    expect(throttle.check('192.0.2.2', 'bob')).not.toBe('ok')
    expect(throttle.check('192.0.2.3', 'ann')).not.toBe('ok')
  })

  it('takes an IPv6 network of 64 bits for one address, and an IPv4 address as one however it is written', () => {
    const { throttle } = throttled()
    for (let n = 1; n <= 3; n++) throttle.failed(`2001:db8::${n}`, `u${n}`)
    expect(throttle.check('2001:db8::ffff', 'x')).not.toBe('ok')
    expect(throttle.check('2001:db8:0:1::1', 'x')).toBe('ok')
    fail(throttle, 3, '::ffff:192.0.2.1', 'y')
    expect(throttle.check('192.0.2.1', 'x')).not.toBe('ok')
  })

  it('makes each answer wait longer, up to a limit', () => {
    const throttle = new LoginThrottle({ clock: () => 0 })
    const delays = Array.from({ length: 8 }, () => throttle.failed('192.0.2.1', 'ann'))
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3000, 3000, 3000])
  })

  it('remembers no more than its entries, those that failed last', () => {
    const { throttle } = throttled({ perAddress: 1, maxEntries: 3 })
    for (const n of [1, 2, 3]) throttle.failed(`192.0.2.${n}`, `u${n}`)
    throttle.failed('192.0.2.1', 'u1')
    throttle.failed('192.0.2.4', 'u4')
    expect(throttle.size).toEqual({ addresses: 3, users: 3 })
    expect([1, 2, 3, 4].map((n) => throttle.check(`192.0.2.${n}`, 'x') === 'ok')).toEqual([false, true, false, false])
  })
})
