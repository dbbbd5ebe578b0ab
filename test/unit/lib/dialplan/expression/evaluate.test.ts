import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encode } from '../../../../../src/lib/asterisk-config/text.js'
import { evaluateExpression } from '../../../../../src/lib/dialplan/expression/evaluate.js'

const file = path.join(import.meta.dirname, '../../../../fixtures/dialplan/expressions.json')
/** What Asterisk 22 answered (test/lab/dialplan-expressions.test.ts). */
const recorded = JSON.parse(readFileSync(file, 'utf8')) as [string, string][]

function call(name: string, data: string): string | undefined {
  if (name === 'LEN') return String(data.length)
  if (name === 'TOUPPER') return data.toUpperCase()
  if (name === 'ISNULL') return data === '' ? '1' : '0'
  return name === 'EXISTS' ? (data === '' ? '0' : '1') : undefined
}

describe('an expression', () => {
  it.each(recorded)('%s', (expression, result) => {
    expect(evaluateExpression(encode(expression), { call })).toBe(encode(result))
  })

  it('was compared with Asterisk some hundred times', () => {
    expect(recorded.length).toBeGreaterThan(200)
  })

  it('says what is wrong with it', () => {
    const warnings: string[] = []
    const warn = (message: string) => void warnings.push(message)
    for (const one of ['1 +', '1 2', 'a / 2', 'x =~ "["', 'NOSUCH(1)', '5 / 0']) evaluateExpression(one, { warn })
    expect(warnings).toEqual([
      'syntax error: unexpected end in 1 +',
      'syntax error: unexpected 2',
      'non-numeric argument',
      '[ is no regular expression',
      'NOSUCH is no function that could be read',
      'division by zero'
    ])
  })

  it('never throws, whatever its text is', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => typeof evaluateExpression(encode(text)) === 'string'))
    const signs = fc.array(fc.constantFrom(...'()!-+*/%:?=~<>|&"$[]{},. 19aA'.split('')), { maxLength: 60 })
    fc.assert(fc.property(signs, (all) => typeof evaluateExpression(all.join('')) === 'string'))
  })

  it('gives up on parentheses without end, and on hostile expressions, in time', () => {
    expect(evaluateExpression('('.repeat(100_000))).toBe('0')
    expect(evaluateExpression('-'.repeat(100_000))).toBe('0')
    const start = performance.now()
    evaluateExpression(`"${'a'.repeat(5000)}" =~ "(a+)+b"`)
    expect(performance.now() - start).toBeLessThan(2000)
  })
})
