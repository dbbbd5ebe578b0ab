import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { meets, outcomeOf, parseExpectations } from '../../../../../src/lib/dialplan/trace/expectations.js'
import { DataError } from '../../../../../src/lib/errors.js'
import { play, steps } from './play.js'

describe('a table of expectations', () => {
  it('is plain text or CSV', () => {
    const plain = parseExpectations('# numbers\n\n100 @in from=bob dial=BUSY+ANSWER digits=1w -> alice & @voicemail\n', 'f')
    const csv = parseExpectations(
      'number,Context,from,dial,digits,expect\r\n100,in,bob,BUSY ANSWER,1w,"alice & @voicemail"\r\n',
      'f'
    )
    const call = {
      number: '100',
      context: 'in',
      from: 'bob',
      dial: ['BUSY', 'ANSWER'],
      digits: '1w',
      targets: ['alice', '@voicemail']
    }
    expect(plain).toEqual([{ ...call, line: 3 }])
    expect(csv).toEqual([{ ...call, line: 2 }])
  })

  it.each([
    ['', 'no expectations'],
    ['100 alice', '"100 alice" is no column'],
    ['100 -> alice\n101 alice', 'f:2: no arrow'],
    ['100 bob -> alice', 'f:1: "bob" is neither'],
    ['100 ->', 'f:1: a number and what to expect'],
    ['number\n1', 'f:1: there is neither an arrow'],
    ['number,expect\n1,2,3', 'f:2: more values']
  ])('says with the line what is wrong with %j', (text, message) => {
    expect(() => parseExpectations(text, 'f')).toThrow(message)
  })

  it('never fails otherwise', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (text) => {
        try {
          parseExpectations(`number,expect\n${text}`, 'f')
        } catch (error) {
          expect(error).toBeInstanceOf(DataError)
        }
      })
    )
  })

  it('is met by devices, contexts and applications', () => {
    const trace = play(steps('Dial(PJSIP/alice/sip:a@h&SIP/x@trunk)', 'NoOp()'))
    const met = ['alice', 'PJSIP/alice', 'trunk', '@c', 'Dial()', 'dial(PJSIP/alice/sip:a@h&SIP/x@trunk)']
    expect(met.filter((one) => !meets(trace, one))).toEqual([])
    expect(['bob', 'PJSIP/ali', '@d', 'Hangup()', 'Dial(x)', 'nobody'].filter((one) => meets(trace, one))).toEqual([])
    const none = play(steps('Hangup(28)'))
    expect(meets(none, 'nobody') && meets(none, 'Hangup(28)')).toBe(true)
    expect(outcomeOf(none)).toBe('nobody: Hangup(28) at s@c')
  })
})
