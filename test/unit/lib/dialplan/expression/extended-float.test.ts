import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as float from '../../../../../src/lib/dialplan/expression/extended-float.js'

const { formatExtended: format, parseExtended: parse } = float

describe('a long double', () => {
  it('prints eighteen digits, as %.18Lg', () => {
    expect(format(float.divide(parse('2'), parse('3')))).toBe('0.666666666666666667')
    expect(format(parse('0.1'))).toBe('0.1')
    expect(format(parse('1000000000000000000'))).toBe('1e+18')
    expect(format(parse('0.00001'))).toBe('1e-05')
    expect(format(parse('-0'))).toBe('-0')
  })

  it('rounds to 64 bits, half to even', () => {
    const two64 = 2n ** 64n
    expect(float.compare(parse(String(two64 + 1n)), parse(String(two64)))).toBe(0)
    expect(float.compare(parse(String(two64 + 3n)), parse(String(two64 + 4n)))).toBe(0)
    expect(float.compare(parse(String(two64 - 1n)), parse(String(two64)))).toBe(-1)
  })

  it('counts exactly where 64 bits are enough', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 31n), max: 2n ** 31n }), fc.bigInt({ min: -(2n ** 31n), max: 2n ** 31n }), (a, b) => {
        const [x, y] = [parse(String(a)), parse(String(b))]
        expect(float.compare(float.add(x, y), parse(String(a + b)))).toBe(0)
        expect(float.compare(float.subtract(x, y), parse(String(a - b)))).toBe(0)
        expect(float.compare(float.multiply(x, y), parse(String(a * b)))).toBe(0)
        if (b === 0n) return
        expect(float.compare(float.remainder(x, y), parse(String(a % b)))).toBe(0)
        expect(Math.abs(float.toDouble(float.divide(x, y)) - Number(a) / Number(b))).toBeLessThan(1e-6)
      })
    )
  })
})
