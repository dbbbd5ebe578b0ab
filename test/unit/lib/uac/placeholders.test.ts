import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fillPlaceholders, hasPlaceholders } from '../../../../src/lib/uac/placeholders.js'

const fields = new Map([
  ['a', '1'],
  ['b c', 'two'],
  ['$&', '$&$1'],
  ['lines', 'x\r\ny']
])

describe('placeholders', () => {
  it('are replaced by the values of their columns, with and without blanks', () => {
    expect(fillPlaceholders('{{a}}-{{ a }}-{{$&}}', fields)).toBe('1-1-$&$1')
  })

  it('that are none stay as they are', () => {
    for (const text of ['{a}', '{{}}', '{{ }}', '{{a}', '{{a b}}', '{{{}}}']) {
      expect(fillPlaceholders(text, fields)).toBe(text)
      expect(hasPlaceholders(text)).toBe(false)
    }
  })

  it('name a column that is there', () => {
    expect(() => fillPlaceholders('{{x}}', fields)).toThrow(/no column "x"/)
  })

  it('bring line ends into bodies only', () => {
    expect(() => fillPlaceholders('{{lines}}', fields)).toThrow(/line end/)
    expect(fillPlaceholders('{{lines}}', fields, { lines: true })).toBe('x\r\ny')
  })

  it('are filled once: a value is text, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (value, rest) => {
        const text = rest.replaceAll('{', '(')
        expect(fillPlaceholders(`${text}{{v}}${text}`, new Map([['v', value]]), { lines: true })).toBe(text + value + text)
      })
    )
  })
})
