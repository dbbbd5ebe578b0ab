import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Journal } from '../../../../src/lib/proxy/journal.js'
import { startPair, untilTrue } from './support/proxy.js'
import type { RawClient } from './support/raw-client.js'

const event = (n: number, privilege = 'call,all') => `Event: Load\r\nPrivilege: ${privilege}\r\nNumber: ${n}\r\n\r\n`
const numbers = (client: RawClient) => [...client.received.matchAll(/^Number: (\d+)\r$/gm)].map(([, n]) => Number(n))
const lastSequence = (client: RawClient) => Number([...client.received.matchAll(/^ProxySequence: (\d+)\r$/gm)].at(-1)![1])

const login = async (client: RawClient, more: string) => {
  client.send(`Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\n${more}\r\n`)
  await client.block('Message: Authentication accepted')
}

describe('a client that comes back with Since', () => {
  it('gets what it missed, once, in order, and goes on', async () => {
    const { server, proxy } = await startPair()
    const before = await proxy.connect()
    await login(before, 'Sequence: on\r\n')
    await before.block('Event: FullyBooted')
    server.emit(event(1) + event(2))
    await before.block('Number: 2')
    const since = lastSequence(before)
    before.socket.destroy()
    const watcher = await proxy.login()
    server.emit(event(3) + event(4))
    await watcher.block('Number: 4')

    const after = await proxy.connect()
    await login(after, `Since: ${since}\r\n`)
    server.emit(event(5))
    await after.block('Number: 5')
    expect(numbers(after)).toEqual([3, 4, 5])
    expect(lastSequence(after)).toBe(since + 3)
    expect(after.received).not.toContain('ProxyJournalGap')
  })

  it('gets only what its mask shows', async () => {
    const { server, proxy } = await startPair()
    const watcher = await proxy.login()
    server.emit(event(1, 'dtmf,all') + event(2) + event(3, 'dtmf,all'))
    await watcher.block('Number: 3')
    const after = await proxy.connect()
    await login(after, 'Events: call\r\nSince: 0\r\n')
    await after.block('Number: 2')
    server.emit(event(4))
    await after.block('Number: 4')
    expect(numbers(after)).toEqual([2, 4])
  })

  it('is told when some of it is gone', async () => {
    const { server, proxy } = await startPair({}, { journalBytes: 500 })
    const watcher = await proxy.connect()
    await login(watcher, 'Sequence: on\r\n')
    await watcher.block('Event: FullyBooted')
    server.emit(event(1))
    await watcher.block('Number: 1')
    const since = lastSequence(watcher)
    for (let n = 2; n < 40; n++) {
      server.emit(event(n))
      await watcher.block(`Number: ${n}\r`)
    }
    const after = await proxy.connect()
    await login(after, `Since: ${since}\r\n`)
    const gap = await after.block('Event: ProxyJournalGap')
    await untilTrue(after, () => numbers(after).at(-1) === 39)
    const first = Number(/First: (\d+)/.exec(gap)![1])
    expect(first).toBe(since + numbers(after)[0]! - 1)
    expect(numbers(after)[0]).toBeGreaterThan(2)
  })

  it('is told that something is missing when its number was never given out: it comes from another proxy, or another time', async () => {
    const { server, proxy } = await startPair()
    const watcher = await proxy.connect()
    await login(watcher, 'Sequence: on\r\n')
    server.emit(event(1))
    await watcher.block('Number: 1')
    const since = lastSequence(watcher)
    for (const number of [String(since + 1), '9'.repeat(20)]) {
      const after = await proxy.connect()
      await login(after, `Since: ${number}\r\n`)
      expect(await after.block('Event: ProxyJournalGap')).toContain(`First: ${since + 1}\r\n`)
    }
    const current = await proxy.connect()
    await login(current, `Since: ${since}\r\n`)
    expect(await current.ask('Action: Ping\r\n', '1')).toContain('Pong')
    expect(current.received).not.toContain('ProxyJournalGap')
  })
})

describe('the journal', () => {
  it('numbers events one by one, however they came, and keeps no more bytes than it may', () => {
    const journal = new Journal(1000, 1)
    for (let n = 0; n < 5000; n += 2) journal.append(Buffer.from(event(n) + event(n + 1)), 'pbx')
    expect(journal.next).toBe(1000 + 5000)
    const { missed, known, gapUntil } = journal.since(journal.next - 4)
    expect(missed.flatMap(({ events }) => events.map((one) => one.get('Number')))).toEqual(['4997', '4998', '4999'])
    expect(gapUntil).toBeUndefined()
    const keptBytes = [...known, ...missed].reduce((sum, { bytes }) => sum + bytes.length, 0)
    expect(keptBytes).toBeLessThanOrEqual(1000)
    expect(keptBytes).toBeGreaterThan(800)
  })

  it('lets go of the bytes of what it forgets, at once', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const journal = new Journal(1000)
    const append = () => {
      const run = Buffer.from(event(1).padStart(600, 'x'))
      // Small buffers are parts of a pool, which others keep.
      const own = Buffer.alloc(run.length)
      run.copy(own)
      journal.append(own, 'pbx')
      return new WeakRef(own)
    }
    const first = append()
    const second = append()
    // In the turn in which it was made, a reference keeps what it refers to.
    await new Promise((resolve) => setImmediate(resolve))
    collect()
    expect(first.deref()).toBeUndefined()
    expect(second.deref()).toBeDefined()
  })

  it('counts as the fan-out cuts, bare line feeds included', () => {
    const journal = new Journal(1000, 1)
    const batch = journal.append(Buffer.from('Event: A\r\n\nEvent: B\r\n\r\nEvent: C\n\n'), 'pbx')
    expect(journal.next - 1000).toBe(batch.events.length)
    expect(batch.events).toHaveLength(3)
  })
})
