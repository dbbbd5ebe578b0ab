import { describe, expect, it } from 'vitest'
import { startPair, startServer, untilTrue } from './support/proxy.js'

const event = (text: string) => `Event: Load\r\nPrivilege: call,all\r\nText: ${text}\r\n\r\n`
const administrator = { user: 'root', secret: 'root-secret' }

describe('SetAutoFilter', () => {
  it.each([
    ['on', '1'],
    ['UNIQUE', '2'],
    ['off', '0'],
    ['bogus', '0']
  ])('%s is answered with %s', async (wanted, code) => {
    const { proxy } = await startPair()
    const client = await proxy.login()
    expect(await client.ask(`ProxyAction: SetAutoFilter\r\nAutoFilter: ${wanted}\r\n`, 'f')).toBe(
      `ProxyResponse: Success\r\nActionID: f\r\nAutoFilter: ${code}\r\n`
    )
  })

  it('on: only what its own actions cause comes, until it is off again', async () => {
    const { server, proxy } = await startPair()
    const [client, other] = [await proxy.login(), await proxy.login()]
    await client.ask('ProxyAction: SetAutoFilter\r\nAutoFilter: on\r\n', 'f')
    server.emit(event('hidden'))
    await other.block('Text: hidden')
    client.send('Action: Originate\r\nActionID: mine\r\n\r\n')
    const { id } = await server.takeFirst()
    server.emit(`Event: OriginateResponse\r\nPrivilege: call,all\r\nActionID: ${id}\r\nResponse: Failure\r\n\r\n`)
    await client.block('Event: OriginateResponse\r\nPrivilege: call,all\r\nActionID: mine\r\n')
    await client.ask('ProxyAction: SetAutoFilter\r\nAutoFilter: off\r\n', 'g')
    server.emit(event('shown'))
    await client.block('Text: shown')
    expect(client.received).not.toContain('hidden')
  })

  it('counts from the beginning where the configuration says so', async () => {
    const { server, proxy } = await startPair({}, { autoFilter: 'on' })
    const client = await proxy.login({ events: 'call' })
    server.emit(event('hidden'))
    await client.ask('Action: Ping\r\n', 'p')
    expect(client.received).not.toContain('hidden')
  })
})

describe('broadcastresponses', () => {
  it('shows everybody the answers of all, but not to those who filter', async () => {
    const { proxy } = await startPair({}, { broadcastResponses: true })
    const [asking, panel, filtered] = [await proxy.login(), await proxy.login(), await proxy.login()]
    await filtered.ask('ProxyAction: SetAutoFilter\r\nAutoFilter: on\r\n', 'f')
    await asking.ask('Action: Ping\r\n', 'asked')
    expect(await panel.block('ActionID: asked')).toContain('Ping: Pong')
    await filtered.ask('Action: Ping\r\n', 'own')
    expect(filtered.received).not.toContain('asked')
    expect(asking.received.match(/ActionID: asked/g)).toHaveLength(1)
  })

  it('is off unless it is wanted', async () => {
    const { proxy } = await startPair()
    const [asking, panel] = [await proxy.login(), await proxy.login()]
    await asking.ask('Action: Ping\r\n', 'asked')
    await panel.ask('Action: Ping\r\n', 'own')
    expect(panel.received).not.toContain('asked')
  })
})

describe('AddServer and DropServer', () => {
  it('add a server behind the others and drop it again; all are told', async () => {
    const { proxy } = await startPair()
    const added = await startServer()
    const client = await proxy.login(administrator)
    const action = `ProxyAction: AddServer\r\nServer: localhost\r\nPort: ${added.port}\r\nUsername: x\r\nSecret: Y\r\nEvents: on\r\nAuth: plain\r\n`
    expect(await client.ask(action, 'a')).toBe('ProxyResponse: Success\r\nActionID: a\r\nMessage: Added localhost\r\n')
    await client.block('Event: ProxyServerUp\r\nPrivilege: system,all\r\nServer: localhost\r\n')
    expect(proxy.running.servers.first?.name).toBe('pbx')
    expect(await client.ask('Server: localhost\r\nAction: Ping\r\n', 'p')).toContain('Ping: Pong')
    expect(added.actions).toHaveLength(1)
    expect(await client.ask(action, 'again')).toContain('ProxyResponse: Failure')
    expect(await client.ask('ProxyAction: DropServer\r\nServer: LOCALHOST\r\n', 'd')).toContain('Message: Dropped LOCALHOST\r\n')
    await client.block('Event: ProxyServerDown\r\nPrivilege: system,all\r\nServer: localhost\r\n')
    expect(await client.ask('Server: localhost\r\nAction: Ping\r\n', 'q')).toContain('not configured')
  })

  it('a server that is added with `Events: off` sends none', async () => {
    const { proxy } = await startPair()
    const added = await startServer({ booted: '' })
    const client = await proxy.login(administrator)
    const action = `ProxyAction: AddServer\r\nServer: localhost\r\nPort: ${added.port}\r\nUsername: x\r\nSecret: Y\r\nEvents: off\r\nAuth: plain\r\n`
    await client.ask(action, 'a')
    await client.block('Event: ProxyServerUp\r\nPrivilege: system,all\r\nServer: localhost\r\n')
    expect(added.received).toContain('Events: off\r\n')
    expect(await client.ask('ProxyAction: ListServers\r\n', 'l')).toMatch(/H: localhost .* E: off \r\n/)
  })

  it.each([
    [
      'AddServer without a port',
      'AddServer\r\nServer: h\r\nUsername: u\r\nSecret: s\r\nEvents: on\r\n',
      'Could not add h: Port is missing'
    ],
    [
      'AddServer with a port that is none',
      'AddServer\r\nServer: h\r\nPort: 99999\r\nUsername: u\r\nSecret: s\r\nEvents: on\r\n',
      'is not a port'
    ],
    [
      'DropServer of an unknown one',
      'DropServer\r\nServer: nosuch\r\n',
      'Message: Cannot Drop Server nosuch, Does Not Exist\r\n'
    ],
    ['DropServer without a name', 'DropServer\r\n', 'Server is missing']
  ])('%s fails with the reason and drops nothing', async (_, action, message) => {
    const { proxy } = await startPair()
    const client = await proxy.login(administrator)
    const answer = await client.ask(`ProxyAction: ${action}`, 'x')
    expect(answer).toContain('ProxyResponse: Failure\r\nActionID: x\r\n')
    expect(answer).toContain(message)
    expect(proxy.running.servers.all).toHaveLength(1)
  })

  it.each(['AddServer', 'DropServer', 'ListSessions'])('%s is refused to users who are no administrators', async (name) => {
    const { proxy } = await startPair()
    const client = await proxy.login()
    expect(await client.ask(`ProxyAction: ${name}\r\nServer: pbx\r\n`, 'x')).toContain(
      `ProxyResponse: Error\r\nActionID: x\r\nMessage: Permission denied: ${name} is for administrators\r\n`
    )
    expect(proxy.running.servers.all).toHaveLength(1)
  })
})

describe('ListSessions', () => {
  it('names every client, the newest first, and every server', async () => {
    const { proxy } = await startPair()
    const [first, second] = [await proxy.login(administrator), await proxy.login(administrator)]
    await first.ask('Action: Ping\r\n', 'my-ping')
    await untilTrue(second, () => proxy.running.servers.all.every(({ isUp }) => isUp))
    const lines = (await second.ask('ProxyAction: ListSessions\r\n', 'ls')).split('\r\n')
    expect(lines.filter((line) => line.startsWith('ProxyClientSession'))).toEqual(Array(2).fill('ProxyClientSession: 127.0.0.1'))
    const addresses = [second, first].map(({ socket }) => `ProxyClientAddress: 127.0.0.1:${socket.localPort}`)
    expect(lines.filter((line) => line.startsWith('ProxyClientAddress'))).toEqual(addresses)
    expect(lines).toContain('ProxyClientActionID: my-ping')
    expect(lines).toContain('ProxyClientInputHandler: standard')
    expect(lines).toContain('ProxyServerSession: 127.0.0.1')
    expect(lines).toContain('ProxyServerState: up')
  })
})

describe('Logoff', () => {
  it('as a ProxyAction is the same as the Action', async () => {
    const { server, proxy } = await startPair()
    const client = await proxy.login()
    expect(await client.ask('ProxyAction: Logoff\r\n', 'bye')).toContain('Response: Goodbye\r\nActionID: bye\r\n')
    await client.end()
    expect(server.received).not.toContain('Logoff')
  })
})
