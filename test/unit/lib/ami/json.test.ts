import { describe, expect, it } from 'vitest'
import { AnswerCollector } from '../../../../src/lib/ami/answer.js'
import { Block } from '../../../../src/lib/ami/block.js'
import { answerToJson, blockToJson } from '../../../../src/lib/ami/json.js'
import { blockOf } from '../../support/ami-fixtures.js'
import { latin1 } from '../../support/chunks.js'

/** As a reader of the text sees it. */
const throughText = (block: Block) => JSON.parse(JSON.stringify(blockToJson(block))) as unknown

const jsonOf = (action: string, blocks: string[]) => {
  const collector = new AnswerCollector(action)
  return answerToJson(blocks.map((text) => collector.push(blockOf(text))).at(-1)!)
}

describe('blockToJson', () => {
  it('keeps names and values as they are, empty ones too', () => {
    expect(throughText(blockOf('Event: Newchannel\nexten: 007\nAccountCode: \nUniqueid: 1795247198.0'))).toEqual({
      Event: 'Newchannel',
      exten: '007',
      AccountCode: '',
      Uniqueid: '1795247198.0'
    })
  })

  it('makes repeated headers an array, in order', () => {
    expect(throughText(blockOf('Variable: a\nX: 1\nVariable: b\nVariable: '))).toEqual({ Variable: ['a', 'b', ''], X: '1' })
  })

  it('makes Output and ChanVariable arrays even when there is one of them', () => {
    expect(throughText(blockOf('Output:  one\nChanVariable: a=1'))).toEqual({ Output: [' one'], ChanVariable: ['a=1'] })
  })

  it('keeps bytes that are not UTF-8 as base64 beside the text', () => {
    expect(throughText(new Block(latin1('A: caf\xe9\r\nB: ok\r\nA: ok\r\nA: \xff\r\n')))).toEqual({
      A: ['caf\ufffd', 'ok', '\ufffd'],
      B: 'ok',
      $base64: { A: [latin1('caf\xe9').toString('base64'), latin1('\xff').toString('base64')] }
    })
  })

  it('does not give base64 for a replacement character that was really sent', () => {
    expect(throughText(new Block(Buffer.from('A: x\ufffdy\r\n')))).toEqual({ A: 'x\ufffdy' })
  })

  it('keeps lines without a colon', () => {
    expect(throughText(blockOf('Event: X\nno colon\n: no name'))).toEqual({ Event: 'X', $lines: ['no colon', ': no name'] })
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('keeps a header that is called %s', (name) => {
    const json = throughText(blockOf(`${name}: 1\n${name}: 2`))
    expect(Object.entries(json as object)).toEqual([[name, ['1', '2']]])
    expect(({} as Record<string, unknown>)['1']).toBeUndefined()
  })

  it.each(['__proto__', 'constructor', 'toString'])('keeps the bytes of a header that is called %s', (name) => {
    const json = throughText(new Block(latin1(`${name}: \xff\r\n`))) as { $base64: object }
    expect(Object.entries(json.$base64)).toEqual([[name, ['/w==']]])
  })
})

describe('answerToJson', () => {
  it('is the response alone for an action without a list', () => {
    expect(jsonOf('Ping', ['Response: Success\nPing: Pong'])).toEqual({ response: { Response: 'Success', Ping: 'Pong' } })
  })

  it('has the items and the closing event of a list', () => {
    expect(
      jsonOf('Status', ['Response: Success\nEventList: start', 'Event: Status', 'Event: StatusComplete\nEventList: Complete'])
    ).toEqual({
      response: { Response: 'Success', EventList: 'start' },
      items: [{ Event: 'Status' }],
      complete: { Event: 'StatusComplete', EventList: 'Complete' }
    })
  })

  it('has an empty list where the server words it as an error', () => {
    expect(jsonOf('ConfbridgeListRooms', ['Response: Error\nMessage: No active conferences.'])).toMatchObject({ items: [] })
    expect(jsonOf('Hangup', ['Response: Error\nMessage: No such channel'])).not.toHaveProperty('items')
  })

  it('says that a list was cancelled', () => {
    expect(
      jsonOf('Status', ['Response: Success\nEventList: start', 'Event: StatusComplete\nEventList: Cancelled'])
    ).toMatchObject({ cancelled: true, items: [] })
  })
})
