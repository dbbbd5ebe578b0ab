import { describe, expect, it } from 'vitest'
import { Calls } from '../../../../../../src/lib/proxy/web/page/model/calls.js'
import { parseMessage } from '../../../../../../src/lib/proxy/web/page/model/message.js'

const channel = (Event: string, Uniqueid: string, more: Record<string, string> = {}) => ({
  Event,
  Privilege: 'call,all',
  Channel: `PJSIP/${Uniqueid}`,
  ChannelStateDesc: 'Up',
  CallerIDNum: '100',
  CallerIDName: '<unknown>',
  ConnectedLineNum: '<unknown>',
  ConnectedLineName: '<unknown>',
  Uniqueid,
  Linkedid: Uniqueid,
  ...more
})

function callsOf(...events: Record<string, string>[]): Calls {
  const calls = new Calls()
  for (const [at, event] of events.entries()) calls.note(event, at)
  return calls
}
const seen = (calls: Calls) => calls.calls().map(({ state, channels }) => [state, channels.map(({ name }) => name)])

describe('the calls of the page', () => {
  it('begin, ring, talk as they bridge, and end', () => {
    const calls = new Calls()
    calls.note(channel('Newchannel', 'a', { ChannelStateDesc: 'Ring' }), 0)
    calls.note(channel('Newchannel', 'b', { ChannelStateDesc: 'Ringing', Linkedid: 'a' }), 1)
    expect(seen(calls)).toEqual([['ringing', ['PJSIP/a', 'PJSIP/b']]])
    calls.note(channel('BridgeEnter', 'a', { BridgeUniqueid: 'x' }), 2)
    expect(seen(calls)[0]![0]).toBe('ringing')
    calls.note(channel('BridgeEnter', 'b', { BridgeUniqueid: 'x', Linkedid: 'a' }), 3)
    expect(seen(calls)).toEqual([['talking', ['PJSIP/a', 'PJSIP/b']]])
    calls.note(channel('BridgeLeave', 'b', { BridgeUniqueid: 'x', Linkedid: 'a' }), 4)
    expect(seen(calls)[0]![0]).toBe('up')
    calls.note(channel('Hangup', 'b', { Linkedid: 'a' }), 5)
    calls.note(channel('Hangup', 'a'), 6)
    expect(seen(calls)).toEqual([])
  })

  it('are one where a bridge joins two of them', () => {
    const two = [channel('Newchannel', 'a'), channel('Newchannel', 'b')]
    expect(seen(callsOf(...two))).toHaveLength(2)
    const joined = callsOf(
      ...two,
      channel('BridgeEnter', 'a', { BridgeUniqueid: 'x' }),
      channel('BridgeEnter', 'b', { BridgeUniqueid: 'x' })
    )
    expect(seen(joined)).toEqual([['talking', ['PJSIP/a', 'PJSIP/b']]])
    joined.note({ Event: 'BridgeDestroy', BridgeUniqueid: 'x' }, 9)
    expect(seen(joined)).toHaveLength(2)
  })

  it('keep what is known when a later event says less, and follow names and holds', () => {
    const calls = callsOf(
      channel('Newchannel', 'a', { CallerIDName: 'Alice', Exten: '100', Context: 'in' }),
      channel('Newexten', 'a', { Application: 'Dial', CallerIDNum: '<unknown>' }),
      channel('Hold', 'a')
    )
    calls.note({ Event: 'Rename', Channel: 'PJSIP/a', Newname: 'PJSIP/a<MASQ>', Uniqueid: 'a' }, 9)
    expect(calls.calls()[0]!.channels[0]).toMatchObject({
      ...{ name: 'PJSIP/a<MASQ>', caller: '100', where: '100@in', application: 'Dial', isHeld: true, sinceMs: 0 }
    })
  })

  it('of two servers are apart, though Asterisk numbers them alike, and go with their server', () => {
    const calls = callsOf(channel('Newchannel', '1.1', { Server: 'a' }), channel('Newchannel', '1.1', { Server: 'b' }))
    expect(calls.channelCount).toBe(2)
    calls.note({ Event: 'ProxyServerDown', Server: 'a' }, 5)
    expect(calls.calls().map(({ channels }) => channels[0]!.server)).toEqual(['b'])
  })

  it('are learned from any event of a channel, but not from one behind its end', () => {
    const calls = callsOf(channel('DTMFBegin', 'a'), channel('Hangup', 'b'), channel('VarSet', 'b'))
    expect(seen(calls)).toEqual([['up', ['PJSIP/a']]])
  })

  it('are replaced by the list of a server, with the ages that it tells', () => {
    const calls = callsOf(channel('Newchannel', 'old'), channel('Newchannel', 'known'))
    calls.note(channel('Newchannel', 'fresh'), 200_000)
    const items = [
      channel('CoreShowChannel', 'known', { Duration: '00:01:40', BridgeId: 'x', Application: 'Dial' }),
      channel('CoreShowChannel', 'listed', { Duration: '00:00:10', BridgeId: 'x' })
    ]
    calls.replace(items, { askedMs: 150_000, nowMs: 210_000, server: undefined })
    expect(seen(calls)).toEqual([
      ['talking', ['PJSIP/known', 'PJSIP/listed']],
      ['up', ['PJSIP/fresh']]
    ])
    expect(calls.calls()[0]!.channels[1]!.sinceMs).toBe(200_000)
  })

  it('are bounded, and bear whatever a peer sends', () => {
    const calls = new Calls()
    for (let n = 0; n < 30_100; n++) calls.note(channel('Newchannel', String(n)), n)
    expect(calls.channelCount).toBe(30_000)
    // Bridges that end must not look at every channel: that took minutes.
    const startMs = performance.now()
    for (let n = 0; n < 2_000; n++) calls.note({ Event: 'BridgeDestroy', BridgeUniqueid: 'x' }, n)
    expect(performance.now() - startMs).toBeLessThan(2_000)
    const odd = [
      '{"Event":"Newchannel","__proto__":{"Channel":"x"},"ChannelStateDesc":["Up"],"Uniqueid":["1","2"],"Channel":7}',
      '{"Event":null}',
      '[]',
      '{'
    ]
    for (const text of odd) {
      const message = parseMessage(text)
      if (message) expect(new Calls().note(message, 0)).toBe(false)
    }
  })
})
