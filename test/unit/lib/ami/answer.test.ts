import { describe, expect, it } from 'vitest'
import { type Answer, AnswerCollector, isEmptyList, isRefusal } from '../../../../src/lib/ami/answer.js'
import type { Block } from '../../../../src/lib/ami/block.js'
import { blockOf, recordedAnswers, recordedBlock } from '../../support/ami-fixtures.js'

/** Pushes the blocks of an answer; fails when it is complete before its last block, or not then. */
function collect(action: string, blocks: readonly Block[]): Answer {
  const collector = new AnswerCollector(action)
  const answers = blocks.map((block) => collector.push(block))
  expect(answers.slice(0, -1).filter(Boolean)).toEqual([])
  expect(collector.isOpen).toBe(false)
  return answers.at(-1)!
}

const names = (answer: Answer) => answer.items.map((item) => item.get('Event'))

describe('AnswerCollector', () => {
  it('completes a single answer at once', () => {
    const response = blockOf('Response: Success\nActionID: p1\nPing: Pong')
    expect(collect('Ping', [response])).toEqual({ action: 'Ping', response, items: [], cancelled: false })
  })

  it('collects a list up to its Complete', () => {
    const response = blockOf('Response: Success\nActionID: 1\nEventList: start\nMessage: A listing of Endpoints follows')
    const items = ['alice', 'bob'].map((name) => blockOf(`Event: EndpointList\nActionID: 1\nObjectName: ${name}`))
    const complete = blockOf('Event: EndpointListComplete\nActionID: 1\nEventList: Complete\nListItems: 2')
    expect(collect('PJSIPShowEndpoints', [response, ...items, complete])).toEqual({
      action: 'PJSIPShowEndpoints',
      response,
      items,
      complete,
      cancelled: false
    })
  })

  it('is open between the response of a list and its end only', () => {
    const collector = new AnswerCollector('Status')
    expect(collector.isOpen).toBe(false)
    collector.push(blockOf('Response: Success\nEventList: start'))
    expect(collector.isOpen).toBe(true)
    collector.push(blockOf('Event: Status'))
    expect(collector.isOpen).toBe(true)
    collector.push(blockOf('Event: StatusComplete\nEventList: Complete'))
    expect(collector.isOpen).toBe(false)
  })

  it('ends at Cancelled and says so', () => {
    const answer = collect('Status', [
      blockOf('Response: Success\nEventList: start'),
      blockOf('Event: Status'),
      blockOf('Event: StatusComplete\nEventList: Cancelled')
    ])
    expect(answer.cancelled).toBe(true)
    expect(answer.complete?.get('Event')).toBe('StatusComplete')
    expect(names(answer)).toEqual(['Status'])
  })

  it('collects the list of an action that the catalogue does not know', () => {
    const answer = collect('VendorThings', [
      blockOf('Response: Success\nEventList: START'),
      blockOf('Event: Thing'),
      blockOf('Event: ThingsDone\nEventList: complete')
    ])
    expect(names(answer)).toEqual(['Thing'])
  })

  it('ends the lists of old releases, which have no EventList, at their closing event', () => {
    const answer = collect('SIPpeers', [
      blockOf('Response: Success\nActionID: 1\nMessage: Peer status list will follow'),
      blockOf('Event: PeerEntry\nActionID: 1\nObjectName: 100'),
      blockOf('Event: PeerlistComplete\nActionID: 1\nListItems: 1')
    ])
    expect(names(answer)).toEqual(['PeerEntry'])
    expect(answer.complete?.get('ListItems')).toBe('1')
  })

  it('knows an action in any case', () => {
    const answer = collect('queuestatus', [
      blockOf('Response: Success\nMessage: Queue status will follow'),
      blockOf('Event: QueueParams'),
      blockOf('Event: QueueStatusComplete')
    ])
    expect(names(answer)).toEqual(['QueueParams'])
  })

  it('does not wait for a list after the output of a command, although "follows" is in its message', () => {
    expect(collect('Command', [blockOf('Response: Success\nMessage: Command output follows\nOutput: x')]).items).toEqual([])
    expect(collect('Command', [blockOf('Response: Follows\nPrivilege: Command\nEvent: x\n--END COMMAND--')]).items).toEqual([])
  })

  it('does not wait for a list after an error that speaks of one', () => {
    collect('Status', [blockOf('Response: Error\nEventList: start\nMessage: nothing will follow')])
  })
})

describe('recorded answers of Asterisk 22', () => {
  const recorded = Object.entries(recordedAnswers()).filter(([, blocks]) => blocks.length > 0)

  it.each(recorded)('%s is complete at its last block, not before', (action, recording) => {
    const blocks = recording.map((block) => recordedBlock(block, '1'))
    const answer = collect(action, blocks)
    const closes = recording.length > 1 && recording.at(-1)![1] === 'Complete'
    expect(answer.response).toBe(blocks[0])
    expect(answer.items).toEqual(blocks.slice(1, closes ? -1 : undefined))
    expect(answer.complete).toBe(closes ? blocks.at(-1) : undefined)
  })

  it.each(recorded.filter(([action, blocks]) => blocks.at(-1)![1] === 'Complete' && action !== 'FAXSessions'))(
    '%s is the same list when a release without EventList sends it',
    (action, recording) => {
      const without = recording.map(([kindAndName, , message]) => recordedBlock([kindAndName, null, message], '1'))
      // PJSIP came after EventList: its messages need not be understood without.
      const knowable = /follow/i.test(recording[0]![2] ?? '')
      expect(knowable).toBe(true)
      expect(collect(action, without).complete).toBe(without.at(-1))
    }
  )

  it('FAXSessions begins its list with a capital Start', () => {
    expect(recordedAnswers().FAXSessions![0]![1]).toBe('Start')
  })

  it('FAXStats takes the one event that its response announces', () => {
    const answer = collect('FAXStats', [
      blockOf('Response: Success\nActionID: 1\nMessage: FAXStats event will follow'),
      blockOf('Event: FAXStats\nActionID: 1\nCurrentSessions: 0')
    ])
    expect(names(answer)).toEqual(['FAXStats'])
    expect(answer.complete).toBeUndefined()
  })
})

describe('an answer that is an error', () => {
  const answerOf = (action: string) =>
    collect(
      action,
      recordedAnswers()[action]!.map((block) => recordedBlock(block, '1'))
    )

  it.each(['ConfbridgeListRooms', 'PJSIPShowContacts', 'PJSIPShowResourceLists'])('%s says that its list is empty', (action) => {
    expect(isEmptyList(answerOf(action))).toBe(true)
    expect(isRefusal(answerOf(action))).toBe(false)
  })

  it.each(['ConfbridgeList', 'Hangup', 'DBGet', 'Getvar'])('%s is refused', (action) => {
    expect(isEmptyList(answerOf(action))).toBe(false)
    expect(isRefusal(answerOf(action))).toBe(true)
  })

  it('is no empty list when another action has that message', () => {
    const answer = collect('Ping', [blockOf('Response: Error\nMessage: No active conferences.')])
    expect(isRefusal(answer)).toBe(true)
  })

  it('is neither when it is a success', () => {
    const answer = collect('ConfbridgeListRooms', [blockOf('Response: Success\nMessage: No active conferences.')])
    expect([isRefusal(answer), isEmptyList(answer)]).toEqual([false, false])
  })
})
