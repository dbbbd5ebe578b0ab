import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { serverOptions, startPair, startServer, startTestProxy } from './support/proxy.js'
import { RawClient } from './support/raw-client.js'

describe('a proxy that is stopped', () => {
  it('tells those who are logged in, and closes everybody', async () => {
    const { proxy } = await startPair()
    const [client, stranger] = [await proxy.login({ events: 'off' }), await proxy.connect()]
    proxy.stop.abort()
    await Promise.all([client.end(), stranger.end()])
    expect(client.blocks).toEqual(['Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: False\r\n'])
    expect(stranger.blocks).toEqual([])
    await proxy.running.closed
  })

  it('waits for answers that are under way', async () => {
    const { proxy, server } = await startPair({ onAction: () => {} }, { graceMs: 5000 })
    const client = await proxy.login()
    client.send('Action: Getvar\r\nActionID: 1\r\n\r\n')
    const { id } = await server.takeFirst()
    proxy.stop.abort()
    await client.block('Event: Shutdown')
    expect(client.ended).toBe(false)
    server.emit(`Response: Success\r\nActionID: ${id}\r\nValue: 7\r\n\r\n`)
    await client.end()
    expect(client.blocks[1]).toBe('Response: Success\r\nActionID: 1\r\nValue: 7\r\n')
    await proxy.running.closed
  })

  it('is closed within the grace time though an answer never comes and a client does not read', async () => {
    const { proxy, server } = await startPair({ onAction: () => {} }, { graceMs: 100 })
    const [client, deaf] = [await proxy.login(), await proxy.login()]
    deaf.socket.pause()
    client.send('Action: Getvar\r\n\r\n')
    await server.take(1)
    const begin = performance.now()
    proxy.stop.abort()
    await proxy.running.closed
    expect(performance.now() - begin).toBeLessThan(2000)
    await client.closed
  })

  it('takes no new clients, and logs off from the server', async () => {
    const { proxy, server } = await startPair()
    await proxy.login()
    proxy.stop.abort()
    await proxy.running.closed
    await server.until(() => server.received.includes('Action: Logoff'))
    await expect(
      Promise.race([
        RawClient.connect(proxy.address),
        new Promise((_, reject) => setTimeout(reject, 200, new Error('not connected')))
      ])
    ).rejects.toThrow()
  })

  it('ends at once when it has no clients, its server connected or not', async () => {
    const server = await startServer({ onConnect: () => {} })
    for (const port of [server.port, 1]) {
      const proxy = await startTestProxy([serverOptions(port)], {
        graceMs: 60_000,
        reconnect: { initialMs: 60_000, maxMs: 60_000 }
      })
      proxy.stop.abort()
      await proxy.running.closed
    }
  })

  it('does not start at all where it cannot listen', async () => {
    const { proxy, server } = await startPair()
    await expect(startTestProxy([serverOptions(server.port)], { listen: [proxy.address] })).rejects.toMatchObject({
      code: 'E_LISTEN',
      details: { reason: 'EADDRINUSE' }
    })
  })
})
