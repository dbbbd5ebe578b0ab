import { describe, expect, it } from 'vitest'
import { type LocalTunnel, LocalTunnels } from '../../../../src/lib/tunnel-server/local-tunnels.js'

interface Fake extends LocalTunnel {
  calls: number
  isFree: boolean
  isDestroyed: boolean
}

function tunnel(more: Partial<Fake> = {}): Fake {
  const fake: Fake = {
    ...{ username: 'alice', protocol: 2, instance: '', address: 'x', calls: 0, isFree: true, isDestroyed: false },
    ...{ encrypted: false, version: '', since: new Date(0), callsTotal: 0 },
    take: () => Promise.reject(new Error('not here')),
    leave: () => {},
    destroy: () => {
      fake.isDestroyed = true
    },
    ...more
  }
  return fake
}

const now = AbortSignal.abort()

describe('the tunnels of a server', () => {
  it('give the least busy one, and one of protocol 1 only when there is no other', async () => {
    const tunnels = new LocalTunnels({ maxCallsPerUser: 10 })
    const [old, busy, idle] = [tunnel({ protocol: 1 }), tunnel({ calls: 2 }), tunnel({ calls: 1 })]
    for (const one of [old, busy, idle]) tunnels.add(one)
    expect(await tunnels.find('alice', now)).toBe(idle)
    idle.isFree = false
    expect(await tunnels.find('alice', now)).toBe(busy)
    tunnels.delete(busy)
    expect(await tunnels.find('alice', now)).toBe(old)
    expect(await tunnels.find('bob', now)).toBeUndefined()
  })

  it('have no room when the user has all his calls', async () => {
    const tunnels = new LocalTunnels({ maxCallsPerUser: 3 })
    for (const calls of [1, 2]) tunnels.add(tunnel({ calls }))
    expect([await tunnels.find('alice', now), tunnels.has('alice')]).toEqual([undefined, true])
  })

  it('count the calls of those that have left, until they are over, and have a user of protocol 1 who has nothing but calls', async () => {
    const tunnels = new LocalTunnels({ maxCallsPerUser: 2 })
    const [gone, calling, idle] = [tunnel({ calls: 1 }), tunnel({ protocol: 1, calls: 1 }), tunnel()]
    for (const one of [gone, calling]) tunnels.add(one)
    for (const one of [gone, calling]) tunnels.delete(one)
    expect([tunnels.has('alice'), tunnels.countOf('alice'), tunnels.size]).toEqual([true, 0, 0])
    tunnels.add(idle)
    expect(await tunnels.find('alice', now)).toBeUndefined()
    gone.calls = 0
    tunnels.changed('alice')
    expect(await tunnels.find('alice', now)).toBe(idle)
    tunnels.delete(idle)
    calling.calls = 0
    tunnels.changed('alice')
    expect(tunnels.has('alice')).toBe(false)
  })

  it('tell who waits that a tunnel has come, or has room again, and nobody else', async () => {
    const tunnels = new LocalTunnels({ maxCallsPerUser: 10 })
    const { signal } = new AbortController()
    const [first, second] = [tunnels.find('alice', signal), tunnels.find('alice', signal)]
    tunnels.add(tunnel({ username: 'bob' }))
    const one = tunnel({ isFree: false })
    tunnels.add(one)
    one.isFree = true
    tunnels.changed('alice')
    expect([await first, await second]).toEqual([one, one])
  })

  it('let nobody wait after the signal', async () => {
    const tunnels = new LocalTunnels({ maxCallsPerUser: 10 })
    const stop = new AbortController()
    const found = tunnels.find('alice', stop.signal)
    stop.abort()
    tunnels.add(tunnel())
    expect(await found).toBeUndefined()
  })

  it('lose the older one of the same client, and keep those of others', () => {
    const tunnels = new LocalTunnels({ maxCallsPerUser: 10 })
    const [old, other, unnamed] = [tunnel({ instance: 'a' }), tunnel({ instance: 'b' }), tunnel()]
    for (const one of [old, other, unnamed, tunnel(), tunnel({ instance: 'a' })]) tunnels.add(one)
    expect([old, other, unnamed].map(({ isDestroyed }) => isDestroyed)).toEqual([true, false, false])
    for (const one of [...tunnels]) tunnels.delete(one)
    expect([tunnels.has('alice'), tunnels.countOf('alice')]).toEqual([false, 0])
  })
})
