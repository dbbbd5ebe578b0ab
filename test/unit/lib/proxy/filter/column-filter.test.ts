import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChannelCache } from '../../../../../src/lib/proxy/filter/channel-cache.js'
import { ColumnFilter } from '../../../../../src/lib/proxy/filter/column-filter.js'
import type { FilterColumns } from '../../../../../src/lib/proxy/user-options.js'
import { announcementFaults, judge, type Recorded, readCalls, splitEvents, toRecorded, view } from './calls.js'

const own = 'Local/a@phones'
const none: FilterColumns = { moreEvents: false, only: [], noVar: false }

/** What of each event comes out, with what was put before it. */
function run(
  events: readonly Recorded[],
  columns: Partial<FilterColumns>,
  order: 'cache first' | 'filter first' = 'cache first'
) {
  const cache = new ChannelCache()
  const filter = new ColumnFilter({ ...none, ...columns }, cache)
  const sent = events.map((event) => {
    const one = view(event)
    if (order === 'cache first') cache.note(one)
    const bytes = filter.apply(one)
    if (order === 'filter first') cache.note(one)
    return bytes?.toString('latin1')
  })
  return { sent, filter, all: splitEvents(sent.join('')) }
}

const names = (events: readonly Recorded[]) => [...new Set(events.map(({ name }) => name))].sort()

const event = (name: string, headers: Record<string, string> = {}) =>
  toRecorded(
    `Event: ${name}\r\n${Object.entries(headers)
      .map(([header, value]) => `${header}: ${value}\r\n`)
      .join('')}\r\n`
  )

const channel = (name: string, call: string, id: string, role = '') => ({
  [`${role}Channel`]: name,
  [`${role}Context`]: 'phones',
  [`${role}Uniqueid`]: id,
  [`${role}Linkedid`]: call
})

const recordings = ['two-calls', 'called-by-another', 'blind-transfer', 'attended-transfer', 'merged', 'queue']

describe('the channel column, on recorded calls', () => {
  for (const name of recordings) {
    const events = readCalls(name)
    const verdicts = judge(events, own)

    for (const order of ['cache first', 'filter first'] as const) {
      it(`${name}, ${order}: all of the user's call, nothing of the other`, () => {
        const { sent } = run(events, { channel: own }, order)
        const missing = events.filter((_, index) => verdicts[index]!.must && sent[index] === undefined)
        const foreign = events.filter((_, index) => {
          const { may, hasChannels } = verdicts[index]!
          return hasChannels && !may && sent[index] !== undefined
        })
        expect(missing.map(({ text }) => text)).toEqual([])
        expect(foreign.map(({ text }) => text)).toEqual([])
        expect(verdicts.filter(({ must }) => must).length).toBeGreaterThan(10)
        expect(verdicts.filter(({ may, hasChannels }) => hasChannels && !may).length).toBeGreaterThan(10)
      })

      it(`${name}, ${order}: each channel's Newchannel comes first, and once`, () => {
        const { all } = run(events, { channel: own }, order)
        const calls = new Set(all.flatMap(({ roles }) => roles.flatMap(({ linkedid }) => linkedid ?? [])))
        expect(announcementFaults(all, calls)).toEqual([])
      })
    }

    it(`${name}: nothing is followed any more when all have hung up`, () => {
      const { filter } = run(events, { channel: own })
      expect(filter.followed).toEqual({ calls: 0, channels: 0, bridges: 0 })
    })

    it(`${name}: passes what it passes unchanged as the same bytes`, () => {
      const filter = new ColumnFilter({ ...none, channel: own }, new ChannelCache())
      const views = events.map((one) => view(one))
      for (const one of views) expect([undefined, one.bytes]).toContain(filter.apply(one))
    })
  }

  it('puts Newchannel and the last Newstate before the first event of a channel that was there before', () => {
    const events = readCalls('called-by-another')
    const { sent } = run(events, { channel: own })
    const first = sent.find((text) => text !== undefined && splitEvents(text).length > 1)!
    const [newchannel, newstate] = splitEvents(first)
    expect([newchannel!.name, newstate!.name]).toEqual(['Newchannel', 'Newstate'])
    expect(newchannel!.roles[0]!.channel).toMatch(/^Local\/b@phones-/)
  })

  it('follows a call in which the user was before it logged in', () => {
    const events = readCalls('two-calls')
    const verdicts = judge(events, own)
    const from = events.findIndex(({ name }) => name === 'DialEnd')
    const cache = new ChannelCache()
    for (const one of events.slice(0, from)) cache.note(view(one))
    const filter = new ColumnFilter({ ...none, channel: own }, cache)
    const missing = events.slice(from).filter((one, index) => {
      const passed = filter.apply(view(one)) !== undefined
      cache.note(view(one))
      return verdicts[from + index]!.must && !passed
    })
    expect(missing.map(({ text }) => text)).toEqual([])
  })

  it('a call is not over while one of its channels lives that has said nothing since it is followed', () => {
    const [mine, other, silent] = [
      channel(`${own}-1;1`, 'L1', '1.1'),
      channel('PJSIP/b-1', 'L1', '1.2'),
      channel('PJSIP/c-1', 'L1', '1.3')
    ]
    const { sent, filter } = run(
      [
        event('Newchannel', other),
        event('Newchannel', silent),
        event('Newchannel', mine),
        event('Hangup', mine),
        event('Hangup', other),
        event('Hangup', silent)
      ],
      { channel: own }
    )
    expect(sent.map((text) => text !== undefined)).toEqual([false, false, true, true, true, true])
    expect(filter.followed).toEqual({ calls: 0, channels: 0, bridges: 0 })
  })

  it('a channel that comes into the bridge of the user’s brings its call with it, in a conference it does not', () => {
    for (const type of ['basic', 'base']) {
      const bridge = { BridgeUniqueid: 'b1', BridgeType: type }
      const enter = (who: Record<string, string>) => event('BridgeEnter', { ...bridge, ...who })
      const other = channel('PJSIP/x-1', 'L0', '0.1')
      const { sent } = run([enter(channel(`${own}-1;1`, 'L1', '1.1')), enter(other), event('Hold', other)], { channel: own })
      expect(sent.map((text) => text !== undefined)).toEqual([true, type === 'basic', type === 'basic'])
    }
  })

  it('puts a Newstate once when it is itself the first event of its channel', () => {
    const other = channel('PJSIP/x-1', 'L1', '1.2')
    const { sent } = run(
      [event('Newchannel', other), event('Newchannel', channel(`${own}-1;1`, 'L1', '1.1')), event('Newstate', other)],
      { channel: own }
    )
    expect(splitEvents(sent[2]!).map(({ name }) => name)).toEqual(['Newchannel', 'Newstate'])
  })

  it('follows nothing of a channel that had hung up before', () => {
    const other = channel('PJSIP/x-1', 'L1', '1.2')
    const mine = channel(`${own}-1;1`, 'L1', '1.1')
    const { filter } = run([event('Newchannel', other), event('Hangup', other), event('Hold', mine), event('Hangup', mine)], {
      channel: own
    })
    expect(filter.followed).toEqual({ calls: 0, channels: 0, bridges: 0 })
  })

  it('passes the end of a bridge that a followed channel was in, and of no other', () => {
    const { all } = run(readCalls('two-calls'), { channel: own })
    expect(all.filter(({ name }) => name === 'BridgeDestroy')).toHaveLength(1)
  })
})

describe('leaks', () => {
  it('DialBegin of a foreign channel is blocked, and what follows of it too', () => {
    const foreign = [
      event('DialBegin', channel('Local/x@phones-1;1', 'L1', '1.1', 'Dest')),
      event('VarSet', channel('Local/x@phones-1;1', 'L1', '1.1')),
      event('Hangup', channel('Local/x@phones-1;1', 'L1', '1.1'))
    ]
    expect(run(foreign, { channel: own }).all).toEqual([])
  })

  it('a channel of another call in a passed event is shown in it, and not followed', () => {
    const both = { ...channel(`${own}-1;1`, 'L1', '1.1', 'Transferer'), ...channel('PJSIP/x-1', 'L2', '2.1', 'TransferTarget') }
    const { sent } = run(
      [
        event('Newchannel', channel('PJSIP/x-1', 'L2', '2.1')),
        event('BlindTransfer', both),
        event('Hold', channel('PJSIP/x-1', 'L2', '2.1'))
      ],
      { channel: own }
    )
    expect(sent.map((text) => text && splitEvents(text).length)).toEqual([undefined, 1, undefined])
  })

  it('a UserEvent that somebody made up makes no call followed', () => {
    const forged = event('UserEvent', channel(`${own}-1;1`, 'L2', '2.1'))
    const { sent } = run([forged, event('Hold', channel('PJSIP/x-1', 'L2', '2.1'))], { channel: own })
    expect(sent.map((text) => text !== undefined)).toEqual([true, false])
  })

  it('a failed Originate without a channel makes no other followed', () => {
    const failed = (name: string) => event('OriginateResponse', { Channel: name, Uniqueid: '<null>' })
    const { sent } = run([failed(own), failed('PJSIP/x')], { channel: own })
    expect(sent.map((text) => text !== undefined)).toEqual([true, false])
  })

  it('the same Uniqueid on another server is another channel', () => {
    const filter = new ColumnFilter({ ...none, channel: own }, new ChannelCache())
    expect(filter.apply(view(event('Newchannel', channel(`${own}-1;1`, 'L1', '1.1')), 'one'))).toBeDefined()
    expect(filter.apply(view(event('Hold', channel('PJSIP/x-1', 'L1', '1.1')), 'one'))).toBeDefined()
    expect(filter.apply(view(event('Hold', channel('PJSIP/x-1', 'L1', '1.1')), 'two'))).toBeUndefined()
  })

  it('a late event brings back no call that has ended', () => {
    const mine = channel(`${own}-1;1`, 'L1', '1.1')
    const { sent, filter } = run(
      [event('Newchannel', mine), event('Hangup', mine), event('AgentComplete', mine), event('Cdr', { UniqueID: '1.1' })],
      { channel: own }
    )
    expect(sent.every((text) => text !== undefined)).toBe(true)
    expect(filter.followed.channels).toBe(0)
  })

  it('a channel that hung up long ago is a stranger again', () => {
    const other = channel('PJSIP/b-1', 'L1', '1.2')
    const mine = channel(`${own}-1;1`, 'L1', '1.1')
    const ended = [mine, other].map((one) => event('Hangup', one))
    const late = event('AgentComplete', other)
    const calls = Array.from({ length: 1_000 }, (_, index) => channel(`${own}-2;${index}`, `M${index}`, `2.${index}`))
    const later = calls.flatMap((one) => [event('Newchannel', one), event('Hangup', one)])
    const { sent } = run([event('Newchannel', mine), event('Newchannel', other), ...ended, late, late, ...later, late], {
      channel: own
    })
    expect([sent[4], sent[5], sent.at(-1)].map((text) => text !== undefined)).toEqual([true, true, false])
  })

  it('what names a call and no Uniqueid passes while the call lasts', () => {
    const mine = channel(`${own}-1;1`, 'L1', '1.1')
    const nameless = event('Hold', { Channel: 'PJSIP/b-1', Linkedid: 'L1' })
    const { sent } = run([event('Newchannel', mine), nameless, nameless, event('Hangup', mine), nameless], { channel: own })
    expect(sent.map((text) => text !== undefined)).toEqual([true, true, true, true, false])
  })

  it('a channel that went over into another call is followed no more, but for its Hangup', () => {
    const before = channel('PJSIP/b-1', 'L1', '1.2')
    const after = channel('PJSIP/b-1', 'L0', '1.2')
    const mine = channel(`${own}-1;1`, 'L1', '1.1')
    const { sent } = run(
      [
        event('Newchannel', mine),
        event('Newchannel', before),
        event('Hold', after),
        event('Hangup', after),
        event('Hold', after)
      ],
      { channel: own }
    )
    expect(sent.map((text) => text !== undefined)).toEqual([true, true, false, true, false])
  })

  it('no event of a call without a matching channel passes, whatever the order', () => {
    const calls = [own, 'Local/ab@phones', 'PJSIP/a', 'Local/a@phones2']
    const kinds = [
      'Newchannel',
      'Newstate',
      'VarSet',
      'CEL',
      'Cdr',
      'DialBegin',
      'BridgeEnter',
      'BridgeLeave',
      'Rename',
      'Hangup',
      'UserEvent'
    ]
    const one = fc.record({
      kind: fc.constantFrom(...kinds),
      call: fc.nat(3),
      leg: fc.nat(2),
      other: fc.nat(2),
      bare: fc.boolean()
    })
    const legs = (call: number, leg: number, role = '') =>
      channel(leg === 0 ? `${calls[call]}-1;1` : `SIP/p${call}${leg}-1`, `L${call}`, `${call}.${leg}`, role)
    fc.assert(
      fc.property(fc.array(one, { maxLength: 60 }), fc.boolean(), (steps, moreEvents) => {
        const events = steps.map(({ kind, call, leg, other, bare }) =>
          event(kind, {
            ...(bare ? {} : legs(call, leg)),
            ...(kind === 'DialBegin' ? legs(call, other, 'Dest') : {}),
            ...(kind.startsWith('Bridge') ? { BridgeUniqueid: `b${call}`, BridgeType: 'basic' } : {})
          })
        )
        const { all } = run(events, { channel: own, moreEvents })
        for (const { roles } of all) expect(roles.every(({ linkedid }) => linkedid === 'L0')).toBe(true)
      }),
      { numRuns: 300 }
    )
  })
})

describe('the other columns', () => {
  const events = readCalls('two-calls')
  const hint = event('ExtensionStatus', { Exten: '10', Context: 'phones' })
  const booted = event('FullyBooted')

  it('more_events lets through what has neither channel nor Uniqueid', () => {
    expect(run([booted], { channel: own }).all).toEqual([])
    expect(run([booted], { inContext: 'phones' }).all).toEqual([])
    expect(run([booted], { channel: own, moreEvents: true }).all).toHaveLength(1)
    expect(run([booted], { inContext: 'phones', moreEvents: true }).all).toHaveLength(1)
    expect(run([event('Hold', channel('PJSIP/x-1', 'L', '1'))], { channel: own, moreEvents: true }).all).toEqual([])
  })

  it('with only account or novar everything else passes', () => {
    expect(run(events, { noVar: true }).all).toHaveLength(events.filter(({ name }) => name !== 'VarSet').length)
    expect(run(events, { account: 'x' }).all).toHaveLength(events.length)
  })

  it('in_context: what names no equal context is blocked, case counting, in DestContext too', () => {
    const { all } = run(events, { inContext: 'calls' })
    expect(all.length).toBeGreaterThan(10)
    for (const { text } of all) expect(text).toMatch(/^\w*Context: calls\r$/m)
    expect(run(events, { inContext: 'Calls' }).all).toEqual([])
    const dial = event('DialBegin', channel('Local/x@phones-1;1', 'L1', '1.1', 'Dest'))
    expect(run([dial], { inContext: 'phones' }).all).toHaveLength(1)
    expect(run([dial], { inContext: 'calls', moreEvents: true }).all).toEqual([])
    expect(run([hint], { inContext: 'phones' }).all).toHaveLength(1)
  })

  it('in_context: an event of the channel without a context passes, one of another does not', () => {
    const rename = (id: string) => event('Rename', { Channel: 'PJSIP/x-1', Newname: 'PJSIP/y-1', Uniqueid: id })
    const { sent } = run([event('Newstate', channel('PJSIP/x-1', 'L1', '1.1')), rename('1.1'), rename('1.2')], {
      inContext: 'phones'
    })
    expect(sent.map((text) => text !== undefined)).toEqual([true, true, false])
  })

  it('in_context: nothing is replayed that names another context', () => {
    const elsewhere = { ...channel('PJSIP/x-1', 'L1', '1.1'), Context: 'other' }
    const { all } = run([event('Newchannel', elsewhere), event('Hold', channel('PJSIP/x-1', 'L1', '1.1'))], {
      inContext: 'phones'
    })
    expect(all.map(({ name }) => name)).toEqual(['Hold'])
  })

  it('channel and in_context have both to be satisfied', () => {
    const { all } = run(events, { channel: own, inContext: 'phones' })
    const alone = run(events, { channel: own }).all
    expect(all.length).toBeGreaterThan(5)
    expect(all.length).toBeLessThan(alone.length)
    for (const { text } of all) if (/Context: /.test(text)) expect(text).toMatch(/^\w*Context: phones\r$/m)
  })

  it('cdronly, brionly, xfronly: nothing but these, of the user’s calls, and several add up', () => {
    const blind = readCalls('blind-transfer')
    expect(names(run(blind, { only: ['cdr'] }).all)).toEqual(['Cdr'])
    expect(names(run(blind, { only: ['bri'] }).all)).toEqual(['BridgeCreate', 'BridgeDestroy', 'BridgeEnter', 'BridgeLeave'])
    expect(names(run(blind, { only: ['xfr', 'cdr'] }).all)).toEqual(['BlindTransfer', 'Cdr'])
    expect(names(run(readCalls('attended-transfer'), { only: ['xfr'] }).all)).toEqual(['AttendedTransfer'])
    expect(run(blind, { only: ['xfr'] }).all).toHaveLength(2)
    expect(run(blind, { only: ['xfr'], channel: own }).all).toHaveLength(1)
    const cdrs = run(blind, { only: ['cdr'] }).all.length
    const mine = run(blind, { only: ['cdr'], channel: own }).all.length
    expect(mine).toBeGreaterThan(0)
    expect(mine).toBeLessThan(cdrs)
  })

  it('account: every account header of this copy, also of what is replayed, and none of the original', () => {
    const calls = readCalls('called-by-another')
    const cache = new ChannelCache()
    const filter = new ColumnFilter({ ...none, channel: own, account: 'dave' }, cache)
    let seen = 0
    for (const one of calls) {
      const looked = view(one)
      cache.note(looked)
      const text = filter.apply(looked)?.toString('latin1') ?? ''
      expect(looked.bytes.toString('latin1')).toBe(one.text)
      const accounts = [...text.matchAll(/^\w*Account(?:Code)?:.*$/gm)].map(([line]) => line)
      for (const line of accounts) expect(line).toMatch(/: dave$/)
      seen += accounts.length
    }
    expect(seen).toBeGreaterThan(20)
  })
})
