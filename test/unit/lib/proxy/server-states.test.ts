import { expect, it } from 'vitest'
import { serverOptions, startPair, startServer, startTestProxy, testOptions, untilAllUp, untilTrue } from './support/proxy.js'

it('a server with `events = off` is up with its login: the FullyBooted that is no answer never comes', async () => {
  const server = await startServer({ booted: '' })
  const proxy = await startTestProxy([{ ...serverOptions(server.port), events: false }], { bootTimeoutMs: 60_000 })
  const client = await proxy.connect()
  await client.ask('Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\n', 'login')
  await untilAllUp(proxy, client)
  expect(server.received).toContain('Events: off\r\n')
  expect(await client.ask('Action: Ping\r\n', '1')).toContain('Ping: Pong')
})

it('a server that was given up is tried again by a reload, with the same settings', async () => {
  const { server, proxy } = await startPair({ onConnect: (socket) => socket.destroy() }, { maxRetries: 1 })
  const client = await proxy.connect()
  await client.ask('Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\n', 'login')
  await untilTrue(client, () => proxy.log.some(({ message }) => message.startsWith('server given up')))
  const tried = server.connections
  proxy.running.reload(testOptions([serverOptions(server.port)], { maxRetries: 1 }))
  await server.until(() => server.connections > tried)
})
