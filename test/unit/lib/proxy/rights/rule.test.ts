import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Block } from '../../../../../src/lib/ami/block.js'
import { ActionView } from '../../../../../src/lib/proxy/rights/action-view.js'
import { Glob } from '../../../../../src/lib/proxy/rights/glob.js'
import { Rule, type RuleKind } from '../../../../../src/lib/proxy/rights/rule.js'

function matches(kind: RuleKind, rule: string, action: string, ...fields: string[]): boolean {
  const block = new Block(Buffer.from([`Action: ${action}`, ...fields, ''].join('\r\n')), 'client')
  return Rule.parse(rule, kind, 'here').matches(new ActionView(block, action))
}

const crm = 'Originate Channel=Local/*@from-crm Context=from-crm'

describe('a rule that allows', () => {
  for (const [fields, isMatch] of [
    [['Channel: Local/100@from-crm', 'Context: from-crm'], true],
    [['CHANNEL:  Local/100@from-crm', 'context: from-crm'], true],
    [['Channel: Local/100@from-crm'], false],
    [['Channel: Local/100@from-crm', 'Context : from-crm'], false],
    [['Channel: Local/100@from-crm', 'Context: from-crm', 'Context: other'], false],
    [['Channel: Local/100@from-crm', 'Context: from-crm', 'Context :other'], false],
    [['Channel: Local/100@from-crm', 'Context: from-crm', 'Context: '], false],
    [['Channel: Local/100@from-crm', 'Context: FROM-CRM'], false],
    [['Channel: Local/100@from-crm', 'Context: from-crm '], false],
    [['Channel: Local/100@other/n@from-crm', 'Context: from-crm'], false],
    [['Channel: Local/100@other@from-crm', 'Context: from-crm'], false],
    [['Channel: PJSIP/1&Local/1@from-crm', 'Context: from-crm'], false]
  ] as const) {
    it(`${isMatch ? 'matches' : 'does not match'} ${fields.join(' | ')}`, () => {
      expect(matches('allow', crm, 'originate', ...fields)).toBe(isMatch)
    })
  }

  it('takes everything for a star at the end', () => {
    expect(matches('allow', 'Command Command="core show *"', 'Command', 'Command: core show channels /a,b')).toBe(true)
    expect(matches('allow', 'Command Command="core show *"', 'Command', 'Command: core stop now')).toBe(false)
  })

  it('looks at each variable of a list', () => {
    expect(matches('allow', 'Originate Variable=CRM_*', 'Originate', 'Variable: CRM_A=1, CRM_B=2')).toBe(true)
    expect(matches('allow', 'Originate Variable=CRM_*', 'Originate', 'Variable: CRM_A=1,EVIL=2')).toBe(false)
  })
})

describe('a rule that denies', () => {
  for (const [rule, field, isMatch] of [
    ['Originate Context=internal', 'Context: internal', true],
    ['Originate Context=internal', 'CONTEXT:\t INTERNAL ', true],
    ['Originate Context=internal', 'Context : internal', true],
    ['Originate Context=internal', 'Context: a | Context: internal', true],
    ['Originate Context=internal', 'Context: internals', false],
    ['Originate Context=internal', 'Exten: internal', false],
    ['Originate Channel=Local/*@internal', 'Channel: Local/1@internal/n', true],
    ['Originate Channel=Local/*@internal', 'Channel: local/1/2@internal', true],
    ['Originate Variable=SECRET=*', 'Variable: A=1,secret=2', true],
    ['Originate Context=internal Exten=9*', 'Context: internal | Exten: 8', false],
    ['Originate Context=internal Exten=9*', 'Context: internal | Exten: 91', true]
  ] as const) {
    it(`${rule}: ${isMatch ? 'matches' : 'does not match'} ${field}`, () => {
      expect(matches('deny', rule, 'Originate', ...field.split(' | '))).toBe(isMatch)
    })
  }
})

describe('the text of a rule', () => {
  for (const text of [
    '',
    '  ',
    'Originate Context',
    'Originate =x',
    'Originate Context=',
    'Orig/inate',
    'A B="x',
    'A B="x"y',
    `A B=${'x'.repeat(1100)}`
  ]) {
    it(`is refused with its place: ${text.slice(0, 30)}`, () => {
      expect(() => Rule.parse(text, 'deny', 'proxy.ini:3')).toThrow(
        expect.objectContaining({ code: 'E_CONFIG', message: expect.stringContaining('proxy.ini:3: the rule') })
      )
    })
  }

  it('may have quotes inside quotes, and stars that mean themselves', () => {
    expect(matches('deny', 'A B="say \\"\\*\\""', 'A', 'B: say "*"')).toBe(true)
    expect(matches('deny', 'A B="say \\"\\*\\""', 'A', 'B: say "x"')).toBe(false)
  })
})

describe('a glob', () => {
  const options = { ignoreCase: false, stopsAtSeparators: false }

  it('matches what a regular expression of the same form matches', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 12 })
    const value = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 })
    fc.assert(
      fc.property(text, value, (pattern, subject) => {
        const expected = new RegExp(
          `^${pattern
            .replaceAll('*', '.*')
            .replaceAll('?', '.')
            .replaceAll(/(\.\*)+/g, '.*')}$`,
          's'
        ).test(subject)
        expect(new Glob(pattern, options).matches(subject)).toBe(expected)
      })
    )
  })

  it('never goes back: the worst pattern takes no longer than text times pattern', () => {
    const glob = new Glob(`${'*a'.repeat(500)}b`, options)
    const started = performance.now()
    expect(glob.matches('a'.repeat(1000))).toBe(false)
    // About 20 ms; going back would take longer than the universe is old.
    expect(performance.now() - started).toBeLessThan(5000)
  })
})
