import { describe, expect, it } from 'vitest'
import { startPair, type TestProxy, untilTrue } from './support/proxy.js'
import type { RawClient } from './support/raw-client.js'

/** What the log says of the end of a client, once it does. @param port the client's own */
async function lineOf(proxy: TestProxy, port: number) {
  const watcher = await proxy.login({ user: 'bob', secret: 'bob-secret' })
  const find = () => proxy.log.find(({ message, fields }) => message === 'client gone' && fields.client === `127.0.0.1:${port}`)
  await untilTrue(watcher, () => find() !== undefined)
  const { level, fields } = find()!
  return { level, user: fields.user, reason: fields.reason }
}

describe('the log says of a client that has gone who it was, and why', () => {
  it.each<[string, (client: RawClient) => void, RegExp]>([
    ['it logged off', (client) => client.send('Action: Logoff\r\n\r\n'), /^it logged off$/],
    ['it closed', (client) => client.socket.end(), /^it closed its half$/],
    ['its connection broke', (client) => client.socket.resetAndDestroy(), /^the connection failed: .*ECONNRESET/],
    ['it sent too much', (client) => client.send(`A: ${'x'.repeat(100_000)}`), /longer than 65536 bytes/]
  ])('%s', async (_, leave, reason) => {
    const { proxy } = await startPair()
    const client = await proxy.login()
    const { localPort } = client.socket
    leave(client)
    expect(await lineOf(proxy, localPort!)).toEqual({ level: 'debug', user: 'ann', reason: expect.stringMatching(reason) })
  })

  it('its login was refused', async () => {
    const { proxy } = await startPair()
    const client = await proxy.connect()
    client.send('Action: Login\r\nUsername: eve\r\nSecret: x\r\n\r\n')
    const { localPort } = client.socket
    expect(await lineOf(proxy, localPort!)).toMatchObject({ level: 'debug', reason: 'its login was refused' })
  })

  it('the proxy stops', async () => {
    const { proxy } = await startPair()
    const client = await proxy.login()
    const { localPort } = client.socket
    proxy.stop.abort()
    await proxy.running.closed
    const line = proxy.log.find(({ message, fields }) => message === 'client gone' && fields.client === `127.0.0.1:${localPort}`)
    expect(line?.fields).toMatchObject({ user: 'ann', reason: 'the proxy stops' })
  })
})
