import { describe, expect, it } from 'vitest'
import { nobody } from '../../../../../src/lib/proxy/answer-router.js'
import { EventView } from '../../../../../src/lib/proxy/filter/event-view.js'
import type { Requester } from '../../../../../src/lib/proxy/pending-actions.js'
import { kindOf } from '../../../../../src/lib/proxy/queries/query-actions.js'
import { QueryPool } from '../../../../../src/lib/proxy/queries/query-pool.js'
import { Snapshots } from '../../../../../src/lib/proxy/queries/snapshots.js'

/** A client that keeps what it is given. */
class Client implements Requester {
  inFlight = 0
  received: string[] = []
  receive(block: Buffer): void {
    this.received.push(block.toString())
  }
  settled(): void {
    this.inFlight--
  }
  ownCopy = nobody.ownCopy
}

const event = (name: string, privilege: string, server = 'pbx') =>
  new EventView(Buffer.from(`Event: ${name}\r\nPrivilege: ${privilege},all\r\n\r\n`), server)

/** A pool before a server that answers when it is told to. */
function setUp() {
  let now = 5_000
  const snapshots = new Snapshots(() => now)
  const asked: { name: string; id: string; requester: Requester }[] = []
  const server = {
    name: 'pbx',
    writes: 0,
    send: (name: string, _lines: Buffer, id: Buffer | undefined, requester: Requester) =>
      void asked.push({ name, id: String(id), requester })
  }
  const pool = new QueryPool(() => true, snapshots)
  const client = new Client()
  const ask = (id: string | undefined, name = 'CoreShowChannels', more = '', who = client) => {
    who.received = []
    who.inFlight++
    const lines = Buffer.from(`Action: ${name}\r\n${more}`)
    pool.send(server, { kind: kindOf(name, lines), name, lines, id: id === undefined ? undefined : Buffer.from(id) }, who)
    return who.received.join('')
  }
  const begin = (from: 'server' | 'proxy' = 'server') => {
    const { id, requester } = asked.at(-1)!
    requester.receive(Buffer.from(`Response: Success\r\nActionID: ${id}\r\nEventList: start\r\n\r\n`), from)
  }
  const end = (item = 'Local/1', mark = 'Complete') => {
    const { id, requester } = asked.at(-1)!
    requester.receive(Buffer.from(`Event: CoreShowChannel\r\nActionID: ${id}\r\nChannel: ${item}\r\n\r\n`), 'server')
    requester.receive(Buffer.from(`Event: AnyComplete\r\nActionID: ${id}\r\nEventList: ${mark}\r\n\r\n`), 'server')
    requester.settled({ action: 'CoreShowChannels', result: 'success', ms: 1 })
  }
  const answer = (item?: string) => {
    begin()
    end(item)
  }
  for (const privilege of ['call', 'dialplan', 'system']) snapshots.note(event('X', privilege))
  return { snapshots, asked, pool, client, ask, begin, end, answer, pass: (ms: number) => (now += ms), server }
}

const whole = (id: string, item = 'Local/1') =>
  `Response: Success\r\n${id}EventList: start\r\n\r\nEvent: CoreShowChannel\r\n${id}Channel: ${item}\r\n\r\n` +
  `Event: AnyComplete\r\n${id}EventList: Complete\r\n\r\n`

describe('a list that is known', () => {
  for (const list of ['CoreShowChannels', 'DeviceStateList', 'ExtensionStateList', 'PJSIPShowEndpoints'])
    it(`${list} is answered at once, as Asterisk gave it, with the own ActionID`, () => {
      const { ask, answer, asked, client, snapshots } = setUp()
      ask('1', list)
      answer()
      expect(ask('$& 2', list.toUpperCase())).toBe(whole('ActionID: $& 2\r\n'))
      expect(ask(undefined, list)).toBe(whole(''))
      expect([asked.length, client.inFlight, snapshots.spared]).toEqual([1, 0, 2])
    })

  it('is asked again after an event that may have changed it, and after the session was lost', () => {
    const { ask, answer, asked, snapshots } = setUp()
    let times = 0
    for (const happen of [
      () => snapshots.note(event('Newstate', 'call')),
      () => snapshots.note(event('Reload', 'system')),
      () => snapshots.note(event('Unheard', 'of')),
      () => snapshots.note(new EventView(Buffer.from('Event: Bare\r\n\r\n'), 'pbx'))
    ]) {
      ask('1')
      expect(asked.length).toBe(++times)
      answer()
      happen()
    }
    ask('1')
    answer()
    snapshots.forgetServer('pbx')
    ask('2')
    expect(asked.length).toBe(times + 2)
  })

  it('is kept over events that tell of something else, and those of other servers', () => {
    const { ask, answer, asked, snapshots } = setUp()
    ask('1')
    answer()
    snapshots.note(event('RTCPSent', 'reporting'))
    snapshots.note(event('SuccessfulAuth', 'security'))
    snapshots.note(event('Newstate', 'call', 'other'))
    expect(ask('2')).toBe(whole('ActionID: 2\r\n'))
    expect(asked.length).toBe(1)
  })

  it('is asked again after whatever may change a state, and after a second', () => {
    const { ask, answer, asked, pass } = setUp()
    ask('1')
    answer()
    ask('2', 'Hangup')
    ask('3')
    expect(asked.map(({ name }) => name)).toEqual(['CoreShowChannels', 'Hangup', 'CoreShowChannels'])
    asked[1]!.requester.settled({ action: 'CoreShowChannels', result: 'success', ms: 1 })
    answer()
    pass(1_000)
    expect(ask('4')).toBe(whole('ActionID: 4\r\n'))
    pass(1)
    ask('5')
    expect(asked.length).toBe(4)
  })

  it('is not kept when something happened between its beginning and its end, or a change was sent behind it', () => {
    const { ask, begin, end, asked, snapshots, client } = setUp()
    ask('1')
    snapshots.note(event('Newstate', 'call'))
    begin()
    end()
    // What came before the answer is in it.
    expect(ask('2')).toBe(whole('ActionID: 2\r\n'))
    snapshots.changed()
    ask('3')
    begin()
    snapshots.note(event('Newstate', 'call'))
    end()
    ask('4')
    expect(asked.length).toBe(3)
    const other = new Client()
    ask('5', 'Originate', '', other)
    asked.at(-1)!.requester.settled({ action: 'CoreShowChannels', result: 'success', ms: 1 })
    asked.push(asked[2]!)
    begin()
    end()
    client.inFlight = 0
    ask('6')
    expect(asked.at(-1)!.id).toBe('6')
  })

  it('is not kept when it was refused, cancelled, or cut off', () => {
    for (const spoil of ['error', 'cancelled', 'cut'] as const) {
      const { ask, begin, end, asked } = setUp()
      ask('1')
      const { requester } = asked[0]!
      if (spoil === 'error') {
        requester.receive(Buffer.from('Response: Error\r\n\r\n'), 'server')
        requester.settled({ action: 'CoreShowChannels', result: 'success', ms: 1 })
      } else if (spoil === 'cut') {
        begin()
        requester.receive(Buffer.from('Event: X\r\nEventList: Complete\r\n\r\n'))
        requester.settled({ action: 'CoreShowChannels', result: 'success', ms: 1 })
      } else {
        begin()
        end('x', 'Cancelled')
      }
      ask('2')
      expect(asked.length, spoil).toBe(2)
    }
  })

  it('is kept only where events of its classes come', () => {
    const { ask, answer, asked, snapshots } = setUp()
    snapshots.forgetServer('pbx')
    snapshots.note(event('Newstate', 'call'))
    ask('1')
    answer()
    ask('2')
    expect(asked.length).toBe(2)
    answer()
    ask('3', 'DeviceStateList')
    answer()
    ask('4', 'DeviceStateList')
    expect(asked.length).toBe(3)
  })

  it('is asked for when it has headers of its own, or when the client waits for something: its answers keep their order', () => {
    const { ask, answer, asked } = setUp()
    ask('1')
    answer()
    ask('2', 'CoreShowChannels', 'X: 1\r\n')
    expect(asked.length).toBe(2)
    ask('3')
    expect(asked.length).toBe(3)
  })

  it('is of no other action', () => {
    const { ask, answer, asked } = setUp()
    for (const name of ['QueueStatus', 'Status', 'PJSIPShowContacts', 'DBGetTree']) {
      const before = asked.length
      ask('1', name)
      answer()
      ask('2', name)
      answer()
      expect(asked.length).toBe(before + 2)
    }
  })
})
