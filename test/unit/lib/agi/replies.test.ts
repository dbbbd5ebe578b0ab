import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AgiMessage, AgiReply } from '../../../../src/lib/agi/reply.js'
import { ReplyReader } from '../../../../src/lib/agi/reply-reader.js'
import {
  deadChannelReply,
  encodeResult,
  encodeUsage,
  hangupLine,
  unknownCommandReply
} from '../../../../src/lib/agi/reply-writer.js'
import { ProtocolError } from '../../../../src/lib/errors.js'
import { agiSessions, cutAt, recordingOf, splitHeaders } from '../../support/agi-recordings.js'
import { everyCut } from '../../support/chunks.js'

function readAll(chunks: Iterable<Buffer>): { messages: AgiMessage[]; rest: Buffer } {
  const reader = new ReplyReader()
  const messages: AgiMessage[] = []
  for (const chunk of chunks) {
    const lent = Buffer.from(chunk)
    messages.push(...reader.push(lent))
    lent.fill(0x7a)
  }
  return { messages, rest: reader.takeRest() }
}

const readText = (text: string) => readAll([Buffer.from(text)]).messages

function writeAgain(message: AgiMessage): Buffer {
  if (message.kind === 'hangup') return hangupLine
  if (message.kind !== 'reply') throw new Error(`Asterisk 22 says no ${message.kind}`)
  switch (message.code) {
    case 510:
      return unknownCommandReply
    case 511:
      return deadChannelReply
    case 520:
      return encodeUsage(message.usage)
    default:
      return encodeResult({ result: message.result!, value: message.value, attributes: message.attributes })
  }
}

describe('the replies of Asterisk', () => {
  it.each(agiSessions)('in $name are read, and written again as the same bytes', (recording) => {
    const { replies } = splitHeaders(recording)
    const { messages, rest } = readAll([replies])
    expect(rest).toHaveLength(0)
    expect(Buffer.concat(messages.map(({ bytes }) => bytes)).equals(replies)).toBe(true)
    expect(Buffer.concat(messages.map(writeAgain)).equals(replies)).toBe(true)
  })

  it.each(agiSessions)('in $name are the same byte by byte, and cut anywhere', (recording) => {
    const { replies } = splitHeaders(recording)
    const { messages } = readAll([replies])
    expect(readAll([...replies].map((byte) => Buffer.from([byte]))).messages).toEqual(messages)
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), (cuts) => {
        expect(readAll(cutAt(replies, cuts)).messages).toEqual(messages)
      }),
      { numRuns: 30 }
    )
  })

  it('are as many as the commands that were answered', () => {
    const { messages } = readAll([splitHeaders(recordingOf('02-errors')).replies])
    expect(messages.map((message) => (message.kind === 'reply' ? message.code : message.kind))).toEqual([
      ...[510, 520, 520, 200, 520, 200, 200, 520, 200, 200, 200, 200, 200, 520, 510, 510],
      'hangup'
    ])
    const usage = messages[4] as AgiReply
    expect(usage.usage.slice(-2)).toEqual(['    <value>SUCCESS</value>', '    <value>FAILED</value>'])
  })

  it.each([
    ['200 result=0', { result: '0', value: undefined, attributes: {} }],
    ['200 result=1 (jicksta)', { result: '1', value: 'jicksta', attributes: {} }],
    ['200 result=1 ()', { result: '1', value: '', attributes: {} }],
    ['200 result=1 (a (b) c d)', { result: '1', value: 'a (b) c d', attributes: {} }],
    ['200 result=1 (a) endpos=b)', { result: '1', value: 'a) endpos=b', attributes: {} }],
    ['200 result= (timeout)', { result: '', value: 'timeout', attributes: {} }],
    ['200 result=12# (timeout)', { result: '12#', value: 'timeout', attributes: {} }],
    ['200 result=-1 endpos=3360', { result: '-1', value: undefined, attributes: { endpos: '3360' } }],
    ['200 result=0 (hangup) endpos=80', { result: '0', value: 'hangup', attributes: { endpos: '80' } }],
    [
      '200 result=1 (speech) endpos=0 results=1 score0=900 text0="call bob" grammar0=names',
      {
        result: '1',
        value: 'speech',
        attributes: { endpos: '0', results: '1', score0: '900', text0: 'call bob', grammar0: 'names' }
      }
    ],
    ['200 result=1 (digit) digit=# endpos=0', { result: '1', value: 'digit', attributes: { digit: '#', endpos: '0' } }],
    // GET FULL VARIABLE ${SHELL(echo hi)}: the value ends with an LF.
    ['200 result=1 (hi\n)', { result: '1', value: 'hi\n', attributes: {} }],
    ['200 result=1 (a\nHANGUP\n510 b\n)', { result: '1', value: 'a\nHANGUP\n510 b\n', attributes: {} }],
    ['520 Invalid command syntax.  Proper usage not available.', { code: 520, result: undefined, usage: [] }],
    ['520-Invalid\nHANGUP\n\n520 End of proper usage.', { code: 520, text: 'Invalid', usage: ['HANGUP', ''] }],
    ['520-Invalid\nlast line520 End of proper usage.', { code: 520, usage: ['last line'] }]
  ])('%j is one', (text, fields) => {
    for (const { how, chunks } of everyCut(Buffer.from(`${text}\n200 result=7\n`))) {
      const { messages, rest } = readAll(chunks)
      expect(messages, how).toHaveLength(2)
      expect(messages[0], how).toMatchObject({ kind: 'reply', ...fields })
      expect(rest, how).toHaveLength(0)
    }
  })

  it('tells what answers nothing', () => {
    expect(readText('HANGUP\n100 result=0 Trying...\nwhat\n\nhangup\n').map(({ kind }) => kind)).toEqual([
      ...['hangup', 'provisional', 'other', 'other', 'other']
    ])
  })

  it.each([
    ['a line that never ends', 'x'.repeat(65_536)],
    ['a usage that never ends', `520-Invalid\n${'line\n'.repeat(13_200)}`],
    ['a value that never ends', `200 result=1 (a\n${'line\n'.repeat(13_200)}`]
  ])('are bounded: %s', (_, text) => {
    expect(() => readText(text)).toThrow(ProtocolError)
  })

  it('are read as they were written', () => {
    const value = fc.string({ unit: fc.constantFrom('a', ' ', '(', ')', '=', 'é', '"', '5') })
    fc.assert(
      fc.property(fc.integer(), fc.option(value, { nil: undefined }), (result, text) => {
        const [message] = readAll([encodeResult({ result, value: text })]).messages
        expect(message).toMatchObject({ kind: 'reply', code: 200, result: String(result), value: text, attributes: {} })
      })
    )
  })

  it('are not written when they would be read as something else', () => {
    expect(() => encodeResult({ result: '0 (x)' })).toThrow('no result')
    expect(() => encodeResult({ result: 0, value: '\0' })).toThrow('NUL')
    expect(() => encodeResult({ result: 0, attributes: { 'a b': 1 } })).toThrow('a b')
    expect(() => encodeUsage(['a', '520 b'])).toThrow('usage')
  })
})
