import { once } from 'node:events'
import net from 'node:net'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type ConnectionLimitOptions, ConnectionLimits } from '../../../../src/lib/net/connection-limits.js'
import { listen } from '../../../../src/lib/net/listen.js'

describe('ConnectionLimits', () => {
  it('asks the allow list first, about IPv4 as IPv4', () => {
    const asked: string[] = []
    const { limits, come } = house({
      permits: (address) => {
        asked.push(address)
        return address.startsWith('192.0.2.')
      }
    })
    expect(come('a', '203.0.113.1')).toBe('address-not-permitted')
    expect(come('b', '::ffff:192.0.2.7')).toBeUndefined()
    expect(asked).toEqual(['203.0.113.1', '192.0.2.7'])
    expect(limits.connections).toBe(1)
  })

  it('closes the oldest half-open connection to make room for a new one', () => {
    const { limits, come, evicted } = house({ maxHalfOpen: 2 })
    come('a', '192.0.2.1')
    come('b', '192.0.2.1')
    expect(come('c', '192.0.2.1')).toBeUndefined()
    come('d', '192.0.2.1')
    expect(evicted).toEqual(['a', 'b'])
    expect([limits.connections, limits.halfOpen]).toEqual([2, 2])
  })

  it('takes the place from the address that has the most of them, not from the oldest client', () => {
    const { come, evicted } = house({ maxHalfOpen: 4 })
    come('early', '192.0.2.1')
    for (const name of ['f1', 'f2', 'f3', 'f4', 'f5']) come(name, '203.0.113.1')
    come('late', '192.0.2.2')
    expect(evicted).toEqual(['f1', 'f2', 'f3'])
  })

  it('counts a host of IPv6 by its /64', () => {
    const { come, evicted } = house({ maxHalfOpen: 3 })
    come('early', '2001:db8:1::1')
    come('f1', '2001:db8:2::1')
    come('f2', '2001:db8:2:0:ffff::2')
    come('f3', '2001:db8:2::3')
    come('f4', '2001:db8:2::4')
    expect(evicted).toEqual(['f1', 'f2'])
  })

  it('counts 192.0.2.1 and ::ffff:192.0.2.1 as one', () => {
    const { come, login } = house({ maxPerAddress: 1 })
    come('a', '192.0.2.1')
    login('a')
    expect(come('b', '::ffff:192.0.2.1')).toBe('too-many-of-address')
  })

  it('never closes who has logged in, and refuses when all have', () => {
    const { come, login, evicted } = house({ maxConnections: 2 })
    come('a', '192.0.2.1')
    login('a')
    come('b', '192.0.2.2')
    expect(come('c', '192.0.2.3')).toBeUndefined()
    expect(evicted).toEqual(['b'])
    login('c')
    expect(come('d', '192.0.2.4')).toBe('too-many-connections')
    expect(evicted).toEqual(['b'])
  })

  it('makes room within an address by its own half-open connections only', () => {
    const { come, login, evicted, leave } = house({ maxPerAddress: 2 })
    come('other', '192.0.2.9')
    come('a', '192.0.2.1')
    come('b', '192.0.2.1')
    login('a')
    expect(come('c', '192.0.2.1')).toBeUndefined()
    expect(evicted).toEqual(['b'])
    login('c')
    expect(come('d', '192.0.2.1')).toBe('too-many-of-address')
    leave('a')
    expect(come('e', '192.0.2.1')).toBeUndefined()
    expect(evicted).toEqual(['b'])
  })

  it('takes a limit of one', () => {
    const { limits, come, login, evicted } = house({ maxConnections: 1, maxPerAddress: 1, maxHalfOpen: 1 })
    for (const name of ['a', 'b']) expect(come(name, '192.0.2.1')).toBeUndefined()
    expect(evicted).toEqual(['a'])
    expect([limits.connections, limits.halfOpen]).toEqual([1, 1])
    login('b')
    expect(come('c', '192.0.2.1')).toBe('too-many-of-address')
  })

  it('counts new limits from the next connection on', () => {
    const { limits, come, login } = house({})
    for (const name of ['a', 'b']) {
      come(name, '192.0.2.1')
      login(name)
    }
    limits.limits = { ...limits.limits, maxConnections: 2 }
    expect(come('c', '192.0.2.2')).toBe('too-many-connections')
  })

  it('forgets who is gone, also when it hears it twice or never knew', () => {
    const { limits, come, login, leave } = house({ maxHalfOpen: 2 })
    come('a', '192.0.2.1')
    come('b', '192.0.2.1')
    come('c', '192.0.2.1')
    login('b')
    for (const name of ['a', 'a', 'b', 'b', 'c', 'stranger']) leave(name)
    login('c')
    expect([limits.connections, limits.halfOpen]).toEqual([0, 0])
  })

  it('agrees with a plain count, whoever comes and goes in whatever order', () => {
    const step = fc.record({
      what: fc.constantFrom('come', 'come', 'come', 'login', 'leave'),
      which: fc.nat(30),
      address: fc.nat(3)
    })
    const bounds = { maxConnections: 9, maxPerAddress: 5, maxHalfOpen: 4 }
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        type Guest = { name: object; address: string; isHalfOpen: boolean }
        let model: Guest[] = []
        const limits = new ConnectionLimits<object>((name) => {
          const victim = model.find((guest) => guest.name === name)!
          expect(victim.isHalfOpen).toBe(true)
          const same = model.filter((guest) => guest.address === victim.address && guest.isHalfOpen)
          expect(same[0]).toBe(victim)
          model = model.filter((guest) => guest !== victim)
        }, bounds)
        for (const { what, which, address } of steps) {
          const guest = model[which % Math.max(1, model.length)]
          if (what === 'come') {
            const newcomer = { name: {}, address: `192.0.2.${address}`, isHalfOpen: true }
            if (limits.admit(newcomer.name, newcomer.address) === undefined) model.push(newcomer)
            else expect(model.length === 9 || model.filter((other) => other.address === newcomer.address).length === 5).toBe(true)
          } else if (guest && what === 'login') {
            limits.loggedIn(guest.name)
            guest.isHalfOpen = false
          } else if (guest) {
            limits.gone(guest.name)
            model = model.filter((other) => other !== guest)
          }
          expect(limits.connections).toBe(model.length)
          expect(limits.halfOpen).toBe(model.filter(({ isHalfOpen }) => isHalfOpen).length)
          expect(model.length).toBeLessThanOrEqual(9)
          expect(limits.halfOpen).toBeLessThanOrEqual(4)
        }
      })
    )
  })

  it('keeps who is logged in, and lets others log in, during a flood of half-open connections', async () => {
    const limits = new ConnectionLimits<net.Socket>((socket) => void socket.destroy(), { maxHalfOpen: 20 })
    let accepted = 0
    let allCame = () => {}
    const cameAll = new Promise<void>((resolve) => (allCame = resolve))
    const server = net.createServer((socket) => {
      socket.on('error', () => {})
      if (limits.admit(socket, socket.remoteAddress!) !== undefined) return void socket.destroy()
      socket.once('close', () => limits.gone(socket))
      socket.on('data', (chunk) => {
        limits.loggedIn(socket)
        socket.write(chunk)
      })
      if (++accepted === 302) allCame()
    })
    const { port } = await listen(server, { host: '127.0.0.1', port: 0 })
    onTestFinished(() => void server.close())
    const connectTo = () => {
      const socket = net.connect(port, '127.0.0.1').on('error', () => {})
      onTestFinished(() => void socket.destroy())
      return socket
    }
    const ping = async (client: net.Socket) => {
      client.write('ping')
      return String((await once(client, 'data'))[0])
    }
    const member = connectTo()
    expect(await ping(member)).toBe('ping')
    const flood = Array.from({ length: 300 }, () => connectTo())
    let ended = 0
    const evicted = new Promise<void>((resolve) => {
      for (const client of flood) client.resume().once('close', () => ++ended === 280 && resolve())
    })
    const late = connectTo()
    expect(await ping(late)).toBe('ping')
    await Promise.all([cameAll, evicted])
    expect(await ping(member)).toBe('ping')
    expect(await ping(late)).toBe('ping')
    // The last of the flood came before or after the late one had logged in.
    expect([19, 20]).toContain(limits.halfOpen)
    expect(limits.connections - limits.halfOpen).toBe(2)
  })
})

/** Connections that are known by a name. */
function house(options: Partial<ConnectionLimitOptions>) {
  const names = new Map<string, { name: string }>()
  const evicted: string[] = []
  const limits = new ConnectionLimits<{ name: string }>(({ name }) => evicted.push(name), options)
  const named = (name: string) => names.get(name) ?? names.set(name, { name }).get(name)!
  return {
    limits,
    evicted,
    come: (name: string, address: string) => limits.admit(named(name), address),
    login: (name: string) => limits.loggedIn(named(name)),
    leave: (name: string) => limits.gone(named(name))
  }
}
