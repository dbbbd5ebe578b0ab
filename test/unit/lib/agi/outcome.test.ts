import { describe, expect, it } from 'vitest'
import { type CallEvent, droppedLines, outcomeCommands, outcomeOf } from '../../../../src/lib/agi/outcome.js'

const bridged: CallEvent = { type: 'bridged' }
const ended: CallEvent = { type: 'application-ended' }
const asteriskEnded: CallEvent = { type: 'asterisk-ended' }

describe('the outcome of a call', () => {
  it.each<[string, CallEvent[], string, string | undefined]>([
    ['nothing happened', [], 'FAILED', undefined],
    ['no user name', [{ type: 'broken', reason: 'no-username' }], 'FAILED', 'no-username'],
    ['nobody there', [{ type: 'broken', reason: 'not-connected' }], 'FAILED', 'not-connected'],
    ['the application does not listen', [{ type: 'broken', reason: 'app-econnrefused' }, ended], 'FAILED', 'app-econnrefused'],
    ['gone before it was reached', [ended, bridged], 'FAILED', 'not-connected'],
    ['the caller left before', [asteriskEnded, { type: 'broken', reason: 'not-connected' }], 'FAILED', undefined],
    ['in good order', [bridged, ended, { type: 'broken', reason: 'tunnel-lost' }], 'SUCCESS', undefined],
    ['the caller hung up', [bridged, asteriskEnded], 'SUCCESS', undefined],
    ['the tunnel broke', [bridged, { type: 'broken', reason: 'tunnel-lost' }, ended], 'DROPPED', 'tunnel-lost'],
    ['the application was killed', [bridged, { type: 'broken', reason: 'app-lost' }], 'DROPPED', 'app-lost'],
    ['the server stopped before', [{ type: 'broken', reason: 'server-shutdown' }], 'FAILED', 'server-shutdown'],
    ['the server stopped while', [bridged, { type: 'broken', reason: 'server-shutdown' }], 'DROPPED', 'server-shutdown']
  ])('%s', (_, events, outcome, reason) => {
    expect(outcomeOf(events)).toMatchObject({ outcome, reason })
  })

  it('is told to the dialplan, the reason first', () => {
    expect(outcomeCommands({ outcome: 'FAILED', reason: 'not-connected' }).map(String)).toEqual([
      'SET VARIABLE BRIDGE_REASON not-connected\n',
      'SET VARIABLE BRIDGE_OUTCOME FAILED\n'
    ])
    expect(outcomeCommands({ outcome: 'SUCCESS', reason: undefined }).map(String)).toEqual([
      'SET VARIABLE BRIDGE_OUTCOME SUCCESS\n'
    ])
    expect(droppedLines('app-lost').toString()).toBe(
      'SET VARIABLE BRIDGE_REASON app-lost\nSET VARIABLE BRIDGE_OUTCOME DROPPED\nfailure: app-lost\n'
    )
  })
})
