import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileGlob, compileSelection } from '../../../../src/lib/cli/selection.js'
import { UsageError } from '../../../../src/lib/errors.js'

/** Is a thing with these values selected? */
function selects(expressions: string | string[], values: Record<string, string[]>): boolean {
  const lower = Object.fromEntries(Object.entries(values).map(([name, all]) => [name.toLowerCase(), all]))
  return compileSelection([expressions].flat())((name) => lower[name.toLowerCase()] ?? [])
}

const hangup = { Event: ['Hangup'], Channel: ['PJSIP/100-1'], Cause: ['16'] }

describe('compileSelection', () => {
  it('selects everything without an expression', () => {
    expect(selects([], hangup)).toBe(true)
  })

  it('wants every term of an expression', () => {
    expect(selects('Event=Hangup,Channel=PJSIP/10*', hangup)).toBe(true)
    expect(selects('Event=Hangup,Channel=PJSIP/20*', hangup)).toBe(false)
  })

  it('takes several expressions for alternatives', () => {
    expect(selects(['Event=Newchannel', 'Cause=16'], hangup)).toBe(true)
    expect(selects(['Event=Newchannel', 'Cause=17'], hangup)).toBe(false)
  })

  it('regards case in values, not in names', () => {
    expect(selects('EVENT=Hangup', hangup)).toBe(true)
    expect(selects('Event=hangup', hangup)).toBe(false)
  })

  it('matches whole values', () => {
    expect(selects('Event=Hang', hangup)).toBe(false)
    expect(selects('Event=angup', hangup)).toBe(false)
    expect(selects('Cause=1?', hangup)).toBe(true)
  })

  it('holds for = when any of repeated headers matches, for != when none does', () => {
    const repeated = { Variable: ['a=1', 'b=2'] }
    expect(selects('Variable=b=2', repeated)).toBe(true)
    expect(selects('Variable!=b=2', repeated)).toBe(false)
    expect(selects('Variable!=c*', repeated)).toBe(true)
  })

  it('holds for != and not for = when there is no such header', () => {
    expect(selects('ActionID!=1', hangup)).toBe(true)
    expect(selects('ActionID=*', hangup)).toBe(false)
    expect(selects('ActionID!=*', hangup)).toBe(true)
    expect(selects('Event!=*', hangup)).toBe(false)
  })

  it('takes an empty value', () => {
    expect(selects('AccountCode=', { AccountCode: [''] })).toBe(true)
    expect(selects('AccountCode=', { AccountCode: ['x'] })).toBe(false)
  })

  it('takes what is escaped literally', () => {
    expect(selects('AppData=a\\,b', { AppData: ['a,b'] })).toBe(true)
    expect(selects('AppData=a\\*', { AppData: ['a*'] })).toBe(true)
    expect(selects('AppData=a\\*', { AppData: ['ab'] })).toBe(false)
    expect(selects('AppData=a\\\\', { AppData: ['a\\'] })).toBe(true)
    expect(selects('AppData=a\\', { AppData: ['a\\'] })).toBe(true)
  })

  it('takes blanks around a name', () => {
    expect(selects(' Event =Hangup, Cause!=17', hangup)).toBe(true)
  })

  it.each(['', 'Event', '=x', '!=x', ' = x', 'Event=Hangup,', 'Event=Hangup,Cause'])('refuses %j', (expression) => {
    expect(() => compileSelection([expression])).toThrow(UsageError)
  })

  it('compiles any text behind a name and =', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (glob, value) => {
        const escaped = glob.replace(/[\\,]/g, '\\$&')
        expect(typeof selects([`Name=${escaped}`, `Name!=${escaped}`], { Name: [value] })).toBe('boolean')
      })
    )
  })

  it('refuses nothing in another way than with UsageError', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          compileSelection([text])
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError)
        }
      })
    )
  })
})

describe('compileGlob', () => {
  it('matches any text that is escaped, and nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (text, other) => {
        const glob = compileGlob(text.replace(/[\\*?]/g, '\\$&'))
        expect(glob.test(text)).toBe(true)
        expect(glob.test(other)).toBe(other === text)
      })
    )
  })

  it('matches what a plain search by the rules matches', () => {
    const matches = (glob: string, text: string): boolean =>
      glob === ''
        ? text === ''
        : glob[0] === '*'
          ? matches(glob.slice(1), text) || (text !== '' && matches(glob, text.slice(1)))
          : text !== '' && (glob[0] === '?' || glob[0] === text[0]) && matches(glob.slice(1), text.slice(1))
    const small = (letters: string[]) => fc.array(fc.constantFrom(...letters), { maxLength: 8 }).map((all) => all.join(''))
    fc.assert(
      fc.property(small(['a', 'b', '*', '?']), small(['a', 'b']), (glob, text) => {
        expect(compileGlob(glob).test(text)).toBe(matches(glob, text))
      }),
      { numRuns: 2000 }
    )
  })

  it('takes ? for one character, also beyond the basic plane, and stars for line breaks too', () => {
    expect(compileGlob('a?b').test('a😀b')).toBe(true)
    expect(compileGlob('a??b').test('a😀b')).toBe(false)
    expect(compileGlob('a*b').test('a\n\nb')).toBe(true)
  })

  // With a backtracking expression this would not end within the life of the machine.
  it('is not slowed down by many stars', () => {
    expect(compileGlob(`${'*a'.repeat(20)}*b`).test('a'.repeat(5000))).toBe(false)
    expect(compileGlob(`${'*?a'.repeat(20)}*b`).test('a'.repeat(5000))).toBe(false)
    expect(compileGlob('*'.repeat(1000)).test('a'.repeat(5000))).toBe(true)
  })
})
