import { afterEach, describe, expect, it } from 'vitest'
import { CallTemplate } from '../../../../src/lib/simulator/call-template.js'
import { type RunningSimulator, startSimulator } from '../../../../src/lib/simulator/simulator.js'
import { blocksOf } from './normalise.js'
import { ManualClock, TestClient } from './test-client.js'

const started = Date.UTC(2026, 10, 21)
let stop: AbortController
let simulator: RunningSimulator

async function start(options: { rate?: number | 'max'; clock?: ManualClock }): Promise<void> {
  stop = new AbortController()
  simulator = await startSimulator({ listen: [{ host: '127.0.0.1', port: 0 }], graceMs: 0, ...options }, stop.signal)
}

afterEach(async () => {
  stop?.abort()
  await simulator?.closed
})

const valuesOf = (text: string, name: string) =>
  new Set([...text.matchAll(new RegExp(`^${name}: (.*)\r$`, 'gm'))].map(([, value]) => value))

describe('the calls of the background stream', () => {
  it('each have uniqueids of their own, and one Linkedid', () => {
    const template = new CallTemplate(started, 0)
    const calls = [0, 1, 2, 40_000].map((number) => template.render(number).toString('latin1'))
    const ids = calls.flatMap((call) => [...valuesOf(call, 'Uniqueid')])
    expect(new Set(ids).size).toBe(4 * calls.length)
    for (const call of calls) {
      expect(valuesOf(call, 'Linkedid').size).toBe(1)
      expect(valuesOf(call, 'Uniqueid')).toContain([...valuesOf(call, 'Linkedid')][0])
    }
  })

  it('begin with Newchannel, and hang up every channel that they open', () => {
    const call = new CallTemplate(started, 0).render(7).toString('latin1')
    const channels = (event: string) =>
      blocksOf(call)
        .filter((block) => block.startsWith(`Event: ${event}\r\n`))
        .map((block) => /^Channel: (.*)\r$/m.exec(block)![1])
    expect(call).toMatch(/^Event: Newchannel\r\n/)
    expect(channels('Hangup').sort()).toEqual(channels('Newchannel').sort())
    expect(new Set(channels('Newchannel')).size).toBe(4)
  })

  it('carry the monotonic time in every Nth event, as 16 digits', () => {
    const template = new CallTemplate(started, 8)
    const before = process.hrtime.bigint() / 1000n
    const blocks = blocksOf(template.render(3).toString('latin1'))
    const after = process.hrtime.bigint() / 1000n
    expect(blocks).toHaveLength(template.eventCount)
    for (const [index, block] of blocks.entries()) {
      const stamp = /\r\nBenchTs: (\d{16})\r\n\r\n$/.exec(block)?.[1]
      expect(stamp !== undefined).toBe(index % 8 === 0)
      if (stamp !== undefined) expect(BigInt(stamp) >= before && BigInt(stamp) <= after).toBe(true)
    }
  })
})

describe('the background stream', () => {
  it('sends as many events as the rate says, to those who are logged in', async () => {
    const clock = new ManualClock()
    await start({ clock })
    const client = await TestClient.login(simulator.addresses[0]!)
    const stranger = await TestClient.connect(simulator.addresses[0]!)
    simulator.startEvents(200)
    const events = blocksOf(await client.exchange('', () => clock.advance(1000)))
    expect(events).toHaveLength(200)
    expect(await stranger.exchange('')).toBe('')
    simulator.stopEvents()
    expect(await client.exchange('', () => clock.advance(1000))).toBe('')
  })

  it('keeps to the event mask of each session', async () => {
    const clock = new ManualClock()
    await start({ clock, rate: 500 })
    const client = await TestClient.login(simulator.addresses[0]!, 'dialplan')
    const text = await client.exchange('', () => clock.advance(1000))
    expect(valuesOf(text, 'Privilege')).toEqual(new Set(['dialplan,all']))
  })

  it('flat out, waits for a client that does not read instead of dropping it, and still answers others', async () => {
    await start({ rate: 'max' })
    const stranger = await TestClient.connect(simulator.addresses[0]!)
    stranger.received = ''
    const slow = await TestClient.login(simulator.addresses[0]!)
    await slow.until(() => slow.received.includes('Event: Newchannel'))
    slow.socket.pause()
    const other = await TestClient.login(simulator.addresses[0]!, 'off')
    let before: number
    do {
      before = simulator.sent.events
      await other.exchange('')
      await new Promise((resolve) => setImmediate(resolve))
    } while (simulator.sent.events !== before)
    expect(simulator.sessions).toBe(3)
    slow.received = ''
    slow.socket.resume()
    await slow.until(() => slow.received.length > 8 * 1024 * 1024)
    expect(simulator.sent.events).toBeGreaterThan(before)
    expect(stranger.received).toBe('')
  }, 20_000)
})
