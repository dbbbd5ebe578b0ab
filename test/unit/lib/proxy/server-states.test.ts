import { expect, it } from 'vitest'
import { serverOptions, startPair, startServer, startTestProxy, testOptions, untilAllUp, untilTrue } from './support/proxy.js'
import { fullyBooted } from './support/scripted-server.js'

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

it('a Ping that was answered while the server was booting does not wait for ever, nor take the answer of another', async () => {
  const { server, proxy } = await startPair(
    {
      booted: '',
      onAction: ({ name, id }, scripted) =>
        scripted.emit(`Response: Success\r\n${name === 'Ping' ? `ActionID: ${id}\r\nPing: Pong` : 'Message: no id'}\r\n\r\n`)
    },
    { keepAliveMs: 50 }
  )
  const client = await proxy.connect()
  await client.ask('Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\n', 'login')
  await server.take(1)
  server.emit(fullyBooted)
  await untilAllUp(proxy, client)
  client.send('Action: CoreSettings\r\nActionID: mine\r\n\r\n')
  await client.block('Message: no id')
  await untilTrue(client, () => proxy.running.servers.first!.actionsInFlight === 0)
})

it('a server that was taken out is not heard any more, even before it has closed', async () => {
  const [a, b] = [await startServer(), await startServer()]
  const proxy = await startTestProxy([serverOptions(a.port, 'a'), serverOptions(b.port, 'b')])
  const client = await proxy.login()
  await untilAllUp(proxy, client)
  proxy.running.servers.drop('a')
  a.emit('Event: Late\r\nPrivilege: system,all\r\n\r\n')
  await a.until(() => a.received.includes('Action: Logoff'))
  b.emit('Event: Marker\r\nPrivilege: system,all\r\n\r\n')
  await client.block('Event: Marker')
  expect(client.received).toContain('Event: ProxyServerDown')
  expect(client.received).not.toContain('Event: Late')
})

it('what a reload says of retries counts for a server that stays, from the next loss on', async () => {
  const { server, proxy } = await startPair()
  const client = await proxy.login()
  await proxy.running.reload({ ...testOptions([serverOptions(server.port)], { maxRetries: 1 }), listen: proxy.running.addresses })
  await server.stop()
  await untilTrue(client, () => proxy.log.some(({ message }) => message.startsWith('server given up')))
  expect(proxy.running.servers.all[0]!.lastError).toMatch(/^tried again 1 times, and given up/)
})
