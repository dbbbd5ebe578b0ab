import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { startPair } from './support/proxy.js'

describe('a client that sends in its own way', () => {
  it('one byte at a time, is understood', async () => {
    const { proxy } = await startPair()
    const client = await proxy.connect()
    const text = 'Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\n\r\nAction: Ping\r\nActionID: 1\r\n\r\n'
    for (const byte of Buffer.from(text)) {
      client.send(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await client.block('ActionID: 1')).toContain('Pong')
  })

  it('many actions at once, gets all answers in their order', async () => {
    const { proxy } = await startPair()
    const client = await proxy.login({ events: 'off' })
    client.send(Array.from({ length: 500 }, (_, i) => `Action: Ping\r\nActionID: ${i}\r\n\r\n`).join(''))
    await client.block('ActionID: 499\r\n')
    expect(client.blocks.map((block) => Number(/ActionID: (\d+)/.exec(block)![1]))).toEqual([...Array(500).keys()])
  })

  it('and closes its half, still gets its answers and is closed then', async () => {
    const { proxy, server } = await startPair({ onAction: () => {} })
    const client = await proxy.login()
    client.send('Action: Status\r\nActionID: 1\r\n\r\n')
    client.socket.end()
    const { id } = await server.takeFirst()
    server.emit(`Response: Success\r\nActionID: ${id}\r\nEventList: start\r\nMessage: x will follow\r\n\r\n`)
    await client.block('EventList: start')
    server.emit(`Event: StatusComplete\r\nActionID: ${id}\r\nEventList: Complete\r\n\r\n`)
    await client.end()
    expect(client.blocks.map((block) => block.split('\r\n')[0])).toEqual(['Response: Success', 'Event: StatusComplete'])
  })

  it('and closes its half with nothing under way, is closed', async () => {
    const { proxy } = await startPair()
    const client = await proxy.login()
    client.socket.end()
    await client.end()
  })

  it('and breaks off in the middle of an action, leaves nothing behind', async () => {
    const { proxy, server } = await startPair()
    const [client, other] = [await proxy.login(), await proxy.login()]
    client.send('Action: Originate\r\nChannel: Local/s@demo\r\n')
    client.socket.resetAndDestroy()
    await client.closed
    expect(await other.ask('Action: Ping\r\n', '1')).toContain('Pong')
    expect(server.actions.map(({ name }) => name)).toEqual(['Ping'])
  })

  it('but does not finish its action in time, is told so and closed', async () => {
    const { proxy, server } = await startPair({}, { actionTimeoutMs: 40 })
    const client = await proxy.login()
    client.send('Action: Ping\r\n')
    await client.end()
    expect(client.blocks).toEqual(['Response: Error\r\nMessage: The action was not finished in time\r\n'])
    expect(server.actions).toEqual([])
  })

  it('and keeps an action open byte by byte, is closed all the same', async () => {
    const { proxy } = await startPair({}, { actionTimeoutMs: 60 })
    const client = await proxy.login()
    const drip = setInterval(() => client.send('x'), 5)
    await client.end()
    clearInterval(drip)
    expect(client.received).toContain('The action was not finished in time')
  })

  it('and finished its action, may be silent for as long as it likes', async () => {
    const { proxy } = await startPair({}, { actionTimeoutMs: 30 })
    const client = await proxy.login()
    await client.ask('Action: Ping\r\n', '1')
    const slow = await proxy.login()
    slow.send('Action: Ping\r\n')
    await slow.end()
    expect(await client.ask('Action: Ping\r\n', '2')).toContain('Pong')
  })

  it('a line or a block over the limit, is told so and closed', async () => {
    const { proxy, server } = await startPair({}, { limits: { maxHeaderBytes: 2000, maxBlockBytes: 5000 } })
    for (const text of [`Action: ${'x'.repeat(2000)}`, `Action: Ping\r\n${`X: ${'x'.repeat(1000)}\r\n`.repeat(5)}`]) {
      const client = await proxy.login()
      client.send(text)
      await client.end()
      expect(client.blocks[0]).toMatch(/^Response: Error\r\nMessage: A (header|block) is longer than \d000 bytes\r\n$/)
    }
    expect(server.actions).toEqual([])
  })
})

describe('any bytes that a client may send', () => {
  const headerName = fc.constantFrom(
    'Action',
    'ActionID',
    'Server',
    'ProxyAction',
    'Events',
    'EventMask',
    'X',
    '',
    'Response',
    '__proto__'
  )
  const value = fc.oneof(
    fc.constantFrom(
      'Ping',
      'Events',
      'Challenge',
      'MD5',
      'pbx',
      'on',
      'ListServers',
      'constructor',
      '\r',
      '\0',
      '--END COMMAND--',
      'Follows'
    ),
    fc.string({ maxLength: 20 })
  )
  const line = fc
    .tuple(headerName, fc.constantFrom(': ', ':', ' : ', ''), value, fc.constantFrom('\r\n', '\n', '\r', ''))
    .map((parts) => parts.join(''))
  const bytes = fc.oneof(
    fc.array(line, { maxLength: 12 }).map((lines) => Buffer.from(`${lines.join('')}\r\n\r\n`, 'utf8')),
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
  )

  it('never crash the proxy, and nothing of them reaches another client', { timeout: 20_000 }, async () => {
    const { proxy, server } = await startPair({}, { loginFailureDelayMs: 1 })
    const witness = await proxy.login()
    let round = 0
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 5 }), fc.boolean(), async (chunks, loggedIn) => {
        const client = loggedIn ? await proxy.login({ events: 'off' }) : await proxy.connect()
        for (const chunk of chunks) client.send(chunk)
        client.socket.end()
        await client.closed
        expect(await witness.ask('Action: Ping\r\n', `w${round++}`)).toContain('Pong')
      }),
      { numRuns: 150 }
    )
    expect(witness.blocks).toHaveLength(round)
    expect(server.connections).toBe(1)
    for (const { name } of server.actions) expect(name).not.toMatch(/^(login|logoff|challenge|events|filter|waitevent)$/i)
  })
})
