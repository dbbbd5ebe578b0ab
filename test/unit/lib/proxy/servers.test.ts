import { describe, expect, it } from 'vitest'
import { serverOptions, startPair, startServer, startTestProxy, untilAllUp, untilTrue } from './support/proxy.js'
import { RawClient } from './support/raw-client.js'
import type { ScriptedServer } from './support/scripted-server.js'

const hangup = 'Event: Hangup\r\nPrivilege: call,all\r\n\r\n'

/** Two servers, both up, behind one proxy. */
async function startTwo() {
  const list = ({ id }: { id: string }, server: ScriptedServer) =>
    server.emit(
      `Response: Success\r\nActionID: ${id}\r\nEventList: start\r\nMessage: x will follow\r\n\r\nEvent: Item\r\nActionID: ${id}\r\n\r\nEvent: StatusComplete\r\nActionID: ${id}\r\nEventList: Complete\r\n\r\n`
    )
  const [a, b] = [await startServer({ onAction: list }), await startServer({ onAction: list })]
  const proxy = await startTestProxy([serverOptions(a.port, 'pbx-a'), { ...serverOptions(b.port, 'PBX-b'), host: 'localhost' }])
  const client = await proxy.login()
  for (const server of [a, b]) await server.until(() => server.connections === 1)
  await untilAllUp(proxy, client)
  client.received = ''
  return { a, b, proxy, client }
}

describe('with one server', () => {
  it('appends no Server header, and needs none in actions', async () => {
    const { proxy, server } = await startPair()
    const client = await proxy.login()
    server.emit(hangup)
    await client.block('Hangup')
    await client.ask('Action: Ping\r\n', '1')
    expect(client.received).not.toContain('Server:')
  })

  it('appends it when it is told to', async () => {
    const { proxy, server } = await startPair({}, { serverHeader: 'always' })
    const client = await proxy.login()
    server.emit(hangup)
    expect(await client.block('Hangup')).toBe('Event: Hangup\r\nPrivilege: call,all\r\nServer: pbx\r\n')
    expect(await client.ask('Action: Ping\r\n', '1')).toMatch(/Server: pbx\r\n$/)
  })
})

describe('with several servers', () => {
  it('appends Server as the last header of events, responses, list items and FullyBooted', async () => {
    const { a, b, client, proxy } = await startTwo()
    client.send('Action: Status\r\nActionID: 1\r\nServer: PBX-b\r\n\r\n')
    await client.block('StatusComplete')
    a.emit(hangup + hangup)
    b.emit(`Event: Newstate\r\nServer: inner\r\n\r\n`)
    const fromServers = () => client.blocks.filter((block) => !block.includes('ProxyServerUp'))
    await client.until(() => fromServers().length === 6)
    const byEnd = fromServers().map((block) => /\r\nServer: (\S+)\r\n$/.exec(block)?.[1])
    expect(byEnd.sort()).toEqual(['PBX-b', 'PBX-b', 'PBX-b', 'PBX-b', 'pbx-a', 'pbx-a'])
    const second = await RawClient.connect(proxy.address)
    second.send('Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\n\r\n')
    expect(await second.block('FullyBooted')).toMatch(/\r\nServer: (pbx-a|PBX-b)\r\n$/)
  })

  it('sends an action to the server that it names, by name or host, in any case', async () => {
    const { a, b, client } = await startTwo()
    for (const [index, name] of ['PBX-B', 'pbx-b', 'LOCALHOST'].entries()) {
      await client.ask(`Action: Status\r\nserver: ${name}\r\n`, `n${index}`)
      expect(b.actions).toHaveLength(index + 1)
    }
    expect(a.actions).toHaveLength(0)
  })

  it('sends an action without Server to the first that is connected', async () => {
    const { a, b, client, proxy } = await startTwo()
    await client.ask('Action: Status\r\n', '1')
    expect([a.actions.length, b.actions.length]).toEqual([1, 0])
    await a.stop()
    await untilTrue(client, () => !proxy.running.servers.all[0]!.isUp)
    await client.ask('Action: Status\r\n', '2')
    expect(b.actions).toHaveLength(1)
  })

  it('answers an unknown server with an error that carries the ActionID and the names', async () => {
    const { a, b, client } = await startTwo()
    expect(await client.ask('Action: Hangup\r\nServer: pbx-z\r\n', 'z')).toBe(
      'Response: Error\r\nActionID: z\r\nMessage: Server pbx-z is not configured; there are: pbx-a, PBX-b\r\n'
    )
    expect([...a.actions, ...b.actions]).toEqual([])
  })

  it('never sends an action for a server that is down to another one', async () => {
    const { a, b, client, proxy } = await startTwo()
    await b.stop()
    await untilTrue(client, () => !proxy.running.servers.all[1]!.isUp)
    expect(await client.ask('Action: Hangup\r\nServer: PBX-b\r\n', 'down')).toMatch(
      /^Response: Error\r\nActionID: down\r\nMessage: Server PBX-b is not connected: /
    )
    expect(a.actions).toEqual([])
  })

  it('puts the header into every block of a run, and one empty line behind each, however it ended', async () => {
    const { a, client } = await startTwo()
    a.emit('Event: A\r\n\r\n\r\nEvent: B\n\nEvent: C\r\n\nEvent: D\r\n\r\n')
    await client.block('Event: D')
    expect(client.received).toBe(
      'Event: A\r\nServer: pbx-a\r\n\r\nEvent: B\r\nServer: pbx-a\r\n\r\nEvent: C\r\nServer: pbx-a\r\n\r\nEvent: D\r\nServer: pbx-a\r\n\r\n'
    )
  })

  it('tells FullyBooted once, though a second server comes up later', async () => {
    const { client, b, proxy } = await startTwo()
    b.drop()
    await b.until(() => b.connections === 2)
    await untilTrue(client, () => proxy.running.servers.all[1]!.isUp)
    expect(client.received).not.toContain('Fully Booted')
  })

  it('lists the servers and their state (ProxyAction: ListServers)', async () => {
    const { a, b, client } = await startTwo()
    expect(await client.ask('ProxyAction: listservers\r\n', 'ls')).toBe(
      `ProxyResponse: Success\r\nActionID: ls\r\nProxyListServer I: 127.0.0.1 H: 127.0.0.1 U: proxy P: ${a.port} E: on \r\nProxyServerName: pbx-a\r\nProxyServerState: up\r\nProxyListServer I: 127.0.0.1 H: localhost U: proxy P: ${b.port} E: on \r\nProxyServerName: PBX-b\r\nProxyServerState: up\r\n`
    )
    expect(await client.ask('ProxyAction: NoSuch\r\n', 'x')).toBe(
      'ProxyResponse: Error\r\nActionID: x\r\nMessage: Invalid Proxy Action\r\n'
    )
  })
})
