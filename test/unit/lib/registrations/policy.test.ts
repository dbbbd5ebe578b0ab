import { describe, expect, it } from 'vitest'
import { refreshMs } from '../../../../src/lib/registrations/policy.js'

describe('a refresh', () => {
  it.each([10, 60, 65, 90, 120, 300, 3600])(
    'of %d s comes early enough for a request that nobody answers, and not for all at once',
    (grantedS) => {
      const [first, last] = [refreshMs(grantedS, undefined, () => 0), refreshMs(grantedS, undefined, () => 1)].map(
        (ms) => ms / 1000
      ) as [number, number]
      expect(last).toBeLessThanOrEqual(grantedS > 64 ? grantedS - 32 : 0.6 * grantedS)
      expect(last).toBeLessThanOrEqual(0.85 * grantedS)
      expect(first).toBeLessThanOrEqual(0.5 * grantedS)
      expect(last - first).toBeGreaterThan(0.2 * Math.min(last, grantedS))
    }
  )

  it('is where the account wants it, but never too late', () => {
    expect(refreshMs(3600, 0.1, () => 0.5)).toBe(360_000)
    expect(refreshMs(100, 0.95, () => 0.5)).toBe(68_000)
    expect(refreshMs(60, 0.95, () => 0.5)).toBe(36_000)
  })
})
