import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Block } from '../../../../../src/lib/ami/block.js'
import { DataError } from '../../../../../src/lib/errors.js'
import {
  AsteriskEventFilter,
  maximumRules,
  parseEventFilter,
  ruleFromAction
} from '../../../../../src/lib/proxy/filter/asterisk-event-filter.js'
import { EventFilterError } from '../../../../../src/lib/proxy/filter/asterisk-filter-rule.js'
import { EventView } from '../../../../../src/lib/proxy/filter/event-view.js'

const view = (text: string): EventView => new EventView(Buffer.from(text), 'pbx')
const filterOf = (...lines: string[]): AsteriskEventFilter => new AsteriskEventFilter(lines.map(parseEventFilter))
const passes = (lines: readonly string[], text: string): boolean => filterOf(...lines).apply(view(text)) !== undefined

const newchannel = 'Event: Newchannel\r\nChannel: XXX\r\nSomeheader: YYY\r\n'
const varSet = 'Event: VarSet\r\nChannel: ABC\r\nSomeheader: XXX\r\n'

/** `parsing_filter_tests` of Asterisk's own tests (manager.c): line, event, does it pass. */
const valid: readonly (readonly [line: string, event: string, passes: boolean])[] = [
  ['eventfilter = XXX', newchannel, true],
  ['eventfilter = !XXX', varSet, false],
  ['eventfilter(name(VarSet),method(none)) = ', varSet, true],
  ['eventfilter(name(Newchannel),method(regex)) = X[XYZ]X', newchannel, true],
  ['eventfilter(name(Newchannel),method(regex)) = X[abc]X', newchannel, false],
  ['eventfilter(action(exclude),name(Newchannel),method(regex)) = X[XYZ]X', newchannel, false],
  ['eventfilter(action(exclude),name(Newchannel),method(regex)) = X[abc]X', newchannel, true],
  ['eventfilter(action(include),name(VarSet),header(Channel),method(starts_with)) = AB', varSet, true],
  ['eventfilter(action(include),name(VarSet),header(Channel),method(ends_with)) = BC', varSet, true],
  ['eventfilter(action(include),name(VarSet),header(Channel),method(exact)) = ABC', varSet, true],
  ['eventfilter(action(include),name(VarSet),header(Channel),method(exact)) = XXX', varSet, false],
  ['eventfilter(name(VarSet),header(Channel),method(exact)) = !ZZZ', varSet, true],
  ['eventfilter(action(exclude),name(VarSet),header(Channel),method(exact)) = ZZZ', varSet, true],
  ['eventfilter(action(include),name(VarSet),header(Someheader),method(exact)) = !XXX', varSet, true]
]

const badFormat = 'Filter was formatted incorrectly.  Check the syntax of the filter given.'
const badPattern = 'Filter did not compile.  Check the syntax of the filter given.'

const invalid: readonly (readonly [line: string, answer: string])[] = [
  ['eventfilter(action(inlude) = ', badFormat],
  ['eventfilter(action(include) = ', badFormat],
  ['eventfilter(nnnn(yyy) = XXX', badFormat],
  ['eventfilter(eader(VarSet) = XXX', badFormat],
  ['eventfilter(nnnn(yyy),header(VarSet),method(contains) = XXX', badFormat],
  ['eventfilter(name(yyy),header(VarSet),mehod(contains) = XXX', badFormat],
  ['eventfilter(name(yyy),header(VarSet),method(coains) = XXX', badFormat],
  ['eventfilter = ', badFormat],
  ['eventfilter = !', badFormat],
  ['eventfilter() = XXX', badFormat],
  ['eventfilter(name(X),method(regex)) = ', badFormat],
  ['eventfilter = XX[X', badPattern],
  ['eventfilter(method(regex)) = XX[X', badPattern]
]

function refusal(line: string): EventFilterError | undefined {
  try {
    parseEventFilter(line)
    return undefined
  } catch (error) {
    if (error instanceof EventFilterError) return error
    throw error
  }
}

function action(...lines: string[]): ReturnType<typeof ruleFromAction> {
  return ruleFromAction(new Block(Buffer.from(['Action: Filter', ...lines, ''].join('\r\n')), 'client'))
}

describe('parseEventFilter', () => {
  for (const [line, event, expected] of valid) {
    it(`takes ${line}`, () => expect(passes([line], event)).toBe(expected))
  }

  for (const [line, answer] of invalid) {
    it(`refuses ${line}`, () => expect(refusal(line)?.answer).toBe(answer))
  }

  it('takes a line, what a line has behind the word, and the value of a legacy filter alone', () => {
    const line = filterOf('eventfilter(name(Hangup)) = ')
    expect(filterOf('(name(Hangup)) =').key).toBe(line.key)
    expect(filterOf('  eventfilter(name(Hangup))=>').key).toBe(line.key)
    expect(filterOf('!Channel: DAHDI/').key).toBe(filterOf('eventfilter = !Channel: DAHDI/').key)
    expect(filterOf('(a|b)=c').rules[0]!.pattern).toBe('(a|b)=c')
  })

  it('says what Asterisk logs, as a DataError', () => {
    expect(() => parseEventFilter('eventfilter(nme(X)) = y')).toThrow(DataError)
    expect(() => parseEventFilter('eventfilter(nme(X)) = y')).toThrow(
      "'eventfilter(nme(X)) = y': Filter option 'nme(X' is unknown"
    )
  })

  it('refuses the options without a parenthesis that Asterisk dies of', () => {
    for (const option of ['name', 'header', 'method']) expect(refusal(`eventfilter(${option}) = x`)?.answer).toBe(badFormat)
  })

  it('gives a rule or its own error, whatever the text', () => {
    const part = fc.constantFrom(
      'eventfilter',
      '(',
      ')',
      ',',
      ' ',
      '=',
      '!',
      'name',
      'header(',
      'method(regex',
      'action(exclude',
      'a',
      '[',
      '\\',
      '*',
      '\0',
      'é'
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''))
        ),
        (text) => {
          const reason = refusal(text)
          return reason === undefined || reason.answer.startsWith('Filter ')
        }
      )
    )
  })
})

describe('ruleFromAction', () => {
  it('asks for the operation first, in any case', () => {
    expect(action('Filter: x')).toEqual({ error: 'Unknown operation' })
    expect(action('Operation: Remove', 'Filter: [')).toEqual({ error: 'Unknown operation' })
    expect(action('Operation: aDD', 'Filter: x')).toHaveProperty('rule.pattern', 'x')
  })

  it('answers with the words of Asterisk', () => {
    expect(action('Operation: Add')).toEqual({ error: badFormat })
    expect(action('Operation: Add', 'Filter: [')).toEqual({ error: badPattern })
    expect(action('Operation: Add', 'MatchCriteria: name(X)', 'Filter: x')).toEqual({ error: badFormat })
    expect(action('Operation: Add', 'MatchCriteria: method(regex)', 'Filter: [')).toEqual({ error: badPattern })
  })

  it('takes the first of a header, and forgives a missing last parenthesis', () => {
    expect(action('Operation: Add', 'Filter: x', 'Filter: [')).toHaveProperty('rule.pattern', 'x')
    expect(action('Operation: Add', 'MatchCriteria: name(X')).toHaveProperty('rule.eventName', 'X')
  })

  it('never throws, whatever the lines', () => {
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('Add', 'name(X)', 'action(exclude),header(A),method(regex)', '(a|b)*', 'a{999}{999}')
    )
    fc.assert(
      fc.property(value, value, (criteria, pattern) => {
        const read = action('Operation: Add', `MatchCriteria: ${criteria}`, `Filter: ${pattern}`)
        return 'rule' in read || read.error.startsWith('Filter ') || read.error === 'Unknown operation'
      })
    )
  })
})

describe('AsteriskEventFilter', () => {
  it('without rules lets everything through, as the same bytes', () => {
    const event = view(newchannel)
    expect(filterOf().apply(event)).toBe(event.bytes)
  })

  it('wants any include, and then no exclude (filters_for_matching of manager.c)', () => {
    const lines = [
      'eventfilter(name(VarSet),method(none)) = ',
      'eventfilter(name(Newchannel),method(regex)) = X[XYZ]X',
      'eventfilter(name(Newchannel),method(regex)) = X[abc]X',
      'eventfilter(name(Newchannel),header(Someheader),method(regex)) = ZZZ',
      'eventfilter(action(exclude),name(Newchannel),method(regex)) = X[a]X',
      'eventfilter(action(exclude),name(Newchannel),method(regex)) = X[Z]X',
      'eventfilter(action(exclude),name(VarSet),header(Channel),method(regex)) = YYY'
    ]
    const events: readonly (readonly [name: string, channel: string, some: string, passes: boolean])[] = [
      ['Newchannel', 'XXX', 'YYY', true],
      ['Newchannel', 'XZX', 'YYY', false],
      ['Newchannel', 'XaX', 'YYY', false],
      ['Newchannel', 'XbX', 'YYY', true],
      ['Newchannel', 'YYY', 'YYY', false],
      ['Newchannel', 'YYY', 'ZZZ', true],
      ['VarSet', 'XXX', 'YYY', true],
      ['VarSet', 'YYY', 'YYY', false],
      ['Hangup', 'XXX', 'ZZZ', false]
    ]
    for (const [name, channel, some, expected] of events) {
      const event = `Event: ${name}\r\nChannel: ${channel}\r\nSomeheader: ${some}\r\n\r\n`
      expect([event, passes(lines, event)]).toEqual([event, expected])
    }
  })

  it('looks at every header of the name, not at empty ones, and at none that only ends so', () => {
    const lines = ['eventfilter(header(Word),method(exact)) = two']
    expect(passes(lines, 'Event: A\r\nWord: one\r\nWord:   two\r\n\r\n')).toBe(true)
    expect(passes(lines, 'Event: A\r\nKeyWord: two\r\nOther: Word: two\r\n\r\n')).toBe(false)
    expect(passes(['eventfilter(header(Word)) = '], 'Event: A\r\nWord:  \r\nNext: x\r\n\r\n')).toBe(false)
    expect(passes(lines, 'Word: two')).toBe(true)
  })

  it('compares bytes, and in regular expressions characters', () => {
    const event = 'Event: Gruß\r\nWord: café\r\n\r\n'
    expect(passes(['eventfilter(name(Gruß),header(Word),method(ends_with)) = fé'], event)).toBe(true)
    expect(passes(['eventfilter(header(Word),method(regex)) = ^caf.$'], event)).toBe(true)
  })

  it('has the same key for the same rules in any order, and another one for others', () => {
    const one = filterOf('Event: A', 'eventfilter(name(B)) =', 'Event: A')
    expect(one.key).toBe(filterOf('eventfilter(name(B)) =', 'Event: A').key)
    const others = [
      '!Event: A',
      'eventfilter(name(A)) =',
      'eventfilter(header(A)) =',
      'eventfilter(header(A),method(exact)) = x',
      'Event: [A]'
    ]
    expect(new Set([one.key, ...others.map((line) => filterOf(line).key)]).size).toBe(others.length + 1)
  })

  it('refuses more rules than it has room for, and more choices in all of them together', () => {
    const lines = Array.from({ length: maximumRules + 1 }, (_, n) => `Event: A${n}`)
    expect(filterOf(...lines.slice(1)).rules).toHaveLength(maximumRules)
    expect(() => filterOf(...lines)).toThrow(`at most ${maximumRules} event filters`)
    expect(() => filterOf('a.{200}', 'b.{20}')).not.toThrow()
    expect(() => filterOf('a.{200}', 'b.{100}')).toThrow('at most 256 choices')
  })
})
