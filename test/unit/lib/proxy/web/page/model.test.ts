import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnswerProgress, isBroadcast, isSuccess } from '../../../../../../src/lib/proxy/web/page/model/answers.js'
import { asMessage, offeredActions, readMoreFields } from '../../../../../../src/lib/proxy/web/page/model/catalog.js'
import { compileFilter, globMatches } from '../../../../../../src/lib/proxy/web/page/model/event-filter.js'
import { EventRate } from '../../../../../../src/lib/proxy/web/page/model/event-rate.js'
import { EventRing } from '../../../../../../src/lib/proxy/web/page/model/event-ring.js'
import { first, headersOf, parseMessage, shown } from '../../../../../../src/lib/proxy/web/page/model/message.js'

describe('the filter of the event stream', () => {
  const hangup = { Event: 'Hangup', Channel: 'PJSIP/alice-1', Variable: ['a=1', 'b=2'], 'Cause-txt': 'Normal Clearing' }
  const selects = (text: string) => compileFilter(text)(hangup)

  it('takes words, Name=glob and Name!=glob, all of which must hold', () => {
    expect(
      [
        '',
        'hangup',
        'ALICE clear',
        'event=Hangup',
        'Event=Hang* Channel=PJSIP/*',
        'Variable=b=2',
        'Cause-txt="Normal Clearing"',
        'Channel!=SIP/*',
        'Missing!=x'
      ].map(selects)
    ).not.toContain(false)
    expect(
      ['bob', 'Event=hangup', 'Event=Hangup Channel=SIP/*', 'Event!=H*', 'Channel=PJSIP', 'Missing=*', 'Variable!=a=1'].map(
        selects
      )
    ).not.toContain(true)
  })

  it('matches globs as a slow and plain one does', () => {
    const plain = (glob: string, text: string): boolean =>
      glob === ''
        ? text === ''
        : glob[0] === '*'
          ? plain(glob.slice(1), text) || (text !== '' && plain(glob, text.slice(1)))
          : text !== '' && (glob[0] === '?' || glob[0] === text[0]) && plain(glob.slice(1), text.slice(1))
    const letters = (alphabet: string, maxLength: number) => fc.string({ unit: fc.constantFrom(...alphabet), maxLength })
    fc.assert(
      fc.property(letters('ab*?', 6), letters('ab', 8), (glob, text) => globMatches(glob, text) === plain(glob, text)),
      { numRuns: 2_000 }
    )
  })

  it('takes no long time for any glob', () => {
    const startMs = performance.now()
    expect(globMatches(`${'*a'.repeat(50)}b`, 'a'.repeat(20_000))).toBe(false)
    expect(performance.now() - startMs).toBeLessThan(2_000)
  })

  it('bears whatever is typed', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof compileFilter(text)(hangup) === 'boolean'))
  })
})

describe('a message', () => {
  it('has only headers of its own', () => {
    const message = parseMessage('{"Event":"A","__proto__":"p","constructor":"c","Variable":["1","2"]}')!
    expect(headersOf(message)).toEqual([
      ['Event', 'A'],
      ['__proto__', 'p'],
      ['constructor', 'c'],
      ['Variable', '1'],
      ['Variable', '2']
    ])
    expect([first(message, '__proto__'), first(message, 'toString'), first(message, 'Variable')]).toEqual(['p', undefined, '1'])
    expect([parseMessage('[]'), parseMessage('null'), parseMessage('{')]).toEqual([undefined, undefined, undefined])
  })

  it('is shown with what is invisible, and cut when it is long', () => {
    expect(shown('PJSIP/\u202egpj\u0000\u200b\n')).toBe('PJSIP/\\u{202e}gpj\\u{0}\\u{200b}\\u{a}')
    expect(shown('<b>ü</b>')).toBe('<b>ü</b>')
    expect(shown('x'.repeat(600))).toHaveLength(500 + '… (600 characters)'.length)
  })
})

describe('an answer', () => {
  it('is one block, or a list up to its end', () => {
    expect(new AnswerProgress().push({ Response: 'Success', Ping: 'Pong' })).toMatchObject({ itemCount: 0, complete: undefined })
    const list = new AnswerProgress()
    expect(list.push({ Response: 'Success', EventList: 'start' })).toBeUndefined()
    expect(list.push({ Event: 'CoreShowChannel' })).toBeUndefined()
    expect(list.push({ Event: 'CoreShowChannelsComplete', EventList: 'Complete' })).toMatchObject({
      itemCount: 1,
      complete: { EventList: 'Complete' }
    })
  })

  it('is no event that all may see', () => {
    expect(isBroadcast({ Event: 'OriginateResponse', Privilege: 'call,all', ActionID: '1' })).toBe(true)
    expect([isBroadcast({ Event: 'CoreShowChannel' }), isBroadcast({ Response: 'Success', Privilege: 'x' })]).toEqual([
      false,
      false
    ])
  })

  it('says whether it is good news', () => {
    const said = [
      { Response: 'Success' },
      { Response: 'Goodbye' },
      { ProxyResponse: 'Success' },
      { Response: 'Error' },
      { ProxyResponse: 'Failure' },
      {}
    ]
    expect(said.map((response) => isSuccess({ response }))).toEqual([true, true, true, false, false, false])
  })
})

describe('the form', () => {
  it('offers every action but those of the own session', () => {
    const actions = ['Ping', 'Logoff', 'Login', 'Events'].map((name) => ({ name, fields: [] }))
    expect([...offeredActions({ source: '', actions }).keys()]).toEqual(['ping'])
  })

  it('reads more fields by the line, and repeats what is there twice', () => {
    const more = readMoreFields('Variable: a=1\n\nVariable=b=2\n Priority : 1')
    expect(asMessage([['Action', 'Originate'], ...more])).toEqual({
      Action: 'Originate',
      Variable: ['a=1', 'b=2'],
      Priority: '1'
    })
    expect(() => readMoreFields('nonsense')).toThrow(/"nonsense"/)
    expect(() => readMoreFields('ActionID: 1')).toThrow(/ActionID/)
  })
})

describe('what the page keeps', () => {
  it('is a minute of rates', () => {
    const rate = new EventRate(0)
    for (let ms = 0; ms < 5_000; ms += 100) rate.add(ms)
    expect(rate.perSecond(5_000)).toBe(10)
    expect(rate.history(5_000).slice(-6)).toEqual([0, 10, 10, 10, 10, 10])
    expect(rate.perSecond(100_000)).toBe(0)
    expect(rate.history(100_000)).toEqual(new Array(59).fill(0))
  })

  it('is a bounded number of events, of bounded size', () => {
    const ring = new EventRing()
    for (let n = 0; n < 1_500; n++) ring.push({}, { atMs: 0, size: 100 })
    expect([ring.all.length, ring.all[0]!.number]).toEqual([1_000, 501])
    for (let n = 0; n < 20; n++) ring.push({}, { atMs: 0, size: 1_000_000 })
    expect(ring.all.length).toBeLessThan(9)
  })
})
