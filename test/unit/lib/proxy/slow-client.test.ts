import { describe, expect, it } from 'vitest'
import { BlockParser } from '../../../../src/lib/ami/block-parser.js'
import { startPair, type TestProxy } from './support/proxy.js'
import { type RawClient, until } from './support/raw-client.js'

const text = 'x'.repeat(20_000)
const event = (n: number) => `Event: Load\r\nPrivilege: call,all\r\nNumber: ${n}\r\nText: ${text}\r\n\r\n`

/** Reads many events without keeping them: their numbers, and all other blocks as text. */
class Reader {
  readonly client: RawClient
  readonly numbers: number[] = []
  readonly others: string[] = []

  constructor(client: RawClient) {
    this.client = client
    const parser = new BlockParser({ from: 'client' })
    client.socket.removeAllListeners('data')
    client.socket.on('data', (chunk: Buffer) => {
      for (const block of parser.push(chunk)) {
        const isWhole = block.get('Event') === 'Load' && block.get('Text') === text
        if (isWhole) this.numbers.push(Number(block.get('Number')))
        else this.others.push(block.bytes.toString('latin1'))
      }
    })
  }

  static async login(proxy: TestProxy): Promise<Reader> {
    return new Reader(await proxy.login())
  }

  until(done: () => boolean): Promise<void> {
    return until(this.client.socket, done, () => `${this.numbers.length} events and ${JSON.stringify(this.others)} have come`)
  }
}

/** One client that reads nothing, two that do; so many events that the first one's queue and the system's buffers are full. */
async function overrun(options: { stallTimeoutMs?: number } = {}) {
  const { proxy, server } = await startPair({}, { maxQueueBytes: 1024 * 1024, ...options })
  const [slow, other, third] = [await Reader.login(proxy), await Reader.login(proxy), await Reader.login(proxy)]
  slow.client.socket.pause()
  let sent = 0
  const send = async (count: number) => {
    server.emit(Array.from({ length: count }, () => event(sent++)).join(''))
    for (const reader of [other, third]) await reader.until(() => reader.numbers.length >= sent)
  }
  for (let batch = 0; batch < 60; batch++) await send(20)
  return { proxy, slow, other, third, send, sent: () => sent }
}

describe('a client that does not read', () => {
  it('misses whole events and is told how many when it reads again; the others miss none', async () => {
    const { slow, other, third, send, sent } = await overrun()
    slow.client.socket.resume()
    await slow.until(() => slow.others.length > 0)
    const kept = slow.numbers.length
    await send(1)
    await slow.until(() => slow.numbers.at(-1) === sent() - 1)
    expect(slow.others).toEqual([`Event: ProxyOverflow\r\nPrivilege: system,all\r\nDropped: ${sent() - 1 - kept}\r\n`])
    expect(kept).toBeLessThan(sent() - 1)
    expect(slow.numbers).toEqual([...Array(kept).keys(), sent() - 1])
    for (const reader of [other, third]) {
      expect(reader.numbers).toEqual([...Array(sent()).keys()])
      expect(reader.others).toEqual([])
    }
  })

  it('is closed when it stays away; the others go on', async () => {
    const { proxy, slow, other, send } = await overrun({ stallTimeoutMs: 50 })
    const closed = () => proxy.log.find(({ message }) => message === 'client closed')
    for (let i = 0; !closed() && i < 1000; i++) await send(1)
    expect(closed()).toMatchObject({ level: 'warn', fields: { reason: 'it reads too slowly', user: 'ann' } })
    slow.client.socket.resume()
    await slow.client.closed
    await send(1)
    expect(other.others).toEqual([])
  })
})

describe('a client that reads', () => {
  it('is told of an event that is larger than its whole queue, and stays', async () => {
    const { proxy, server } = await startPair({}, { maxQueueBytes: 10_000, stallTimeoutMs: 50 })
    const client = await proxy.login()
    server.emit(`Event: Huge\r\nText: ${text}\r\n\r\n`)
    expect(await client.block('ProxyOverflow')).toContain('Dropped: 1\r\n')
    server.emit('Event: After\r\n\r\n')
    await client.block('Event: After')
    expect(await client.ask('Action: Ping\r\n', '1')).toContain('Pong')
  })
})
