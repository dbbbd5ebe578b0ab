import { describe, expect, it } from 'vitest'
import { ChannelCache } from '../../../../../src/lib/proxy/filter/channel-cache.js'
import { view } from './calls.js'

const event = (name: string, id: string, more = '') =>
  `Event: ${name}\r\nChannel: PJSIP/x-${id}\r\nUniqueid: ${id}\r\nLinkedid: 1\r\n${more}\r\n`

describe('ChannelCache', () => {
  it('has the Newchannel and the last Newstate of a channel, on its own server', () => {
    const cache = new ChannelCache()
    cache.note(view(event('Newchannel', '1')))
    for (const state of ['Ring', 'Up']) cache.note(view(event('Newstate', '1', `ChannelStateDesc: ${state}\r\n`)))
    const cached = cache.get('pbx\n1')!
    expect(cached.newchannel.bytes.toString()).toBe(event('Newchannel', '1'))
    expect(cached.newstate!.bytes.toString()).toContain('Up')
    expect(cache.get('other\n1')).toBeUndefined()
  })

  it('forgets a channel after its Hangup, once the filters have seen it', () => {
    const cache = new ChannelCache()
    cache.note(view(event('Newchannel', '1')))
    cache.note(view(event('Hangup', '1')))
    expect(cache.size).toBe(1)
    cache.note(view(event('Newchannel', '2')))
    expect(cache.get('pbx\n1')).toBeUndefined()
  })

  it('keeps no more than its limit, the newest, and those of other servers when one is lost', () => {
    const cache = new ChannelCache({ limit: 3 })
    for (const id of ['1', '2', '3', '4']) cache.note(view(event('Newchannel', id), id === '4' ? 'other' : 'pbx'))
    expect(cache.size).toBe(3)
    expect(cache.get('pbx\n1')).toBeUndefined()
    cache.forgetServer('pbx')
    expect([...cache.entries()].map(([id]) => id)).toEqual(['other\n4'])
  })

  it('keeps copies, not the chunk that an event came in', () => {
    const cache = new ChannelCache()
    const one = view(event('Newchannel', '1'))
    cache.note(one)
    one.bytes.fill(0)
    expect(cache.get('pbx\n1')!.newchannel.bytes.toString()).toBe(event('Newchannel', '1'))
  })

  it('says quickly that a run of events has nothing for it', () => {
    for (const name of ['Newchannel', 'Newstate', 'Hangup'])
      expect(ChannelCache.mayConcern(Buffer.from(event(name, '1')))).toBe(true)
    expect(ChannelCache.mayConcern(Buffer.from(event('VarSet', '1') + event('Newexten', '1')))).toBe(false)
  })
})
