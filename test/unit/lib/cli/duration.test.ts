import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDurationMs } from '../../../../src/lib/cli/duration.js'
import { UsageError } from '../../../../src/lib/errors.js'

describe('parseDurationMs', () => {
  it.each([
    ['5', 5000],
    ['0.5', 500],
    ['0', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
    ['24d', 2_073_600_000],
    [' 5 ', 5000]
  ])('reads %j', (text, milliseconds) => {
    expect(parseDurationMs(text)).toBe(milliseconds)
  })

  it.each(['', '5x', '-5', '5 m', '1e3', '.5', '5.', 'm', '5M', '0x10', 'Infinity', '5s5s'])('refuses %j', (text) => {
    expect(() => parseDurationMs(text)).toThrow(UsageError)
  })

  it('refuses a time that would make a timer fire at once', () => {
    expect(parseDurationMs('2147483647ms')).toBe(2 ** 31 - 1)
    expect(() => parseDurationMs('2147483648ms')).toThrow(UsageError)
    expect(() => parseDurationMs('25d')).toThrow(UsageError)
  })

  it('gives a time that a timer takes, or refuses, for any text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9.msh d-]{0,12}$/), (text) => {
        let value: number
        try {
          value = parseDurationMs(text)
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError)
          return
        }
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(2 ** 31 - 1)
      })
    )
  })
})
