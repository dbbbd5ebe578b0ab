import { describe, expect, it } from 'vitest'
import { defaultUsers, startSimulator } from '../../../../src/lib/simulator/simulator.js'
import { serverOptions, startPair, startServer, startTestProxy } from './support/proxy.js'

describe('what every AMI client library counts on', () => {
  it('R1: greets with the banner of the server, in one write', async () => {
    const { proxy } = await startPair({ banner: 'Asterisk Call Manager/5.0.1\r\n' })
    await proxy.login()
    const client = await proxy.connect()
    expect(client.received).toBe('Asterisk Call Manager/5.0.1\r\n')
  })

  it('R1: greets as Asterisk does also in front of a proxy whose banner libraries refuse', async () => {
    const { proxy } = await startPair({ banner: 'Asterisk Call Manager Proxy/1.30.0\r\n' })
    await proxy.login()
    expect((await proxy.connect()).received).toBe('Asterisk Call Manager/1.30.0\r\n')
  })

  it('R1: greets as Asterisk 22 while no server is connected', async () => {
    const { port } = await stoppedServer()
    const proxy = await startTestProxy([serverOptions(port)])
    expect((await proxy.connect()).received).toBe('Asterisk Call Manager/11.0.0\r\n')
  })

  it('R2: begins every block with Response or Event, with the ActionID behind it in its own answers', async () => {
    const { proxy } = await startPair()
    const client = await proxy.connect()
    client.send(
      'Action: Challenge\r\nAuthType: MD5\r\nActionID: c\r\n\r\nAction: Login\r\nUsername: ann\r\nSecret: ann-secret\r\nActionID: l\r\n\r\n'
    )
    await client.block('Event: FullyBooted')
    await client.ask('Action: Ping\r\n', 'p')
    await client.ask('Action: WaitEvent\r\n', 'w')
    for (const block of client.blocks) expect(block).toMatch(/^(Response|Event): /)
    const own = client.blocks.filter((block) => block.startsWith('Response'))
    for (const block of own) expect(block).toMatch(/^Response: \w+\r\nActionID: [clpw]\r\n/)
    expect(own).toHaveLength(4)
  })

  it('R3: gives the ActionID back in the response, in list items and in the closing event', async () => {
    const stop = new AbortController()
    const simulator = await startSimulator({ listen: [{ host: '127.0.0.1', port: 0 }], users: defaultUsers }, stop.signal)
    const options = { ...serverOptions(simulator.addresses[0]!.port), username: 'admin', secret: 'secret', auth: 'md5' as const }
    const proxy = await startTestProxy([options])
    const client = await proxy.login()
    client.send('Action: PJSIPShowEndpoints\r\nActionID: action/uuid/1/2\r\n\r\n')
    await client.block('Event: EndpointListComplete')
    const own = client.blocks.filter((block) => block.includes('Endpoint'))
    expect(own.length).toBe(4)
    for (const block of own) expect(block).toContain('\r\nActionID: action/uuid/1/2\r\n')
    expect(client.received).not.toContain('pbxkit')
    stop.abort()
    await simulator.closed
  })

  for (const [how, action] of [
    ['ActionID first', 'ActionID: r4\r\nAction: Ping\r\n\r\n'],
    ['lower case', 'action: ping\r\nactionid: r4\r\n\r\n'],
    ['upper case', 'ACTION: PING\r\nACTIONID: r4\r\n\r\n'],
    ['a header of its own first', 'id: 7\r\nAction: Ping\r\nActionID: r4\r\n\r\n'],
    ['no blank behind the colon', 'Action:Ping\r\nActionID:r4\r\n\r\n'],
    ['bare line feeds', 'Action: Ping\nActionID: r4\n\n'],
    ['empty lines before', '\r\n\r\nAction: Ping\r\nActionID: r4\r\n\r\n']
  ] as const) {
    it(`R4: understands an action with ${how}`, async () => {
      const { proxy, server } = await startPair()
      const client = await proxy.login()
      client.send(action)
      expect(await client.block('ActionID: r4')).toMatch(/^Response: Success\r\n/)
      expect(server.actions).toHaveLength(1)
      expect(server.actions[0]!.text.toLowerCase()).toMatch(/action: ?ping\r\n/)
    })
  }

  it('R4: takes "Event: off" of a Login for "Events: off"', async () => {
    const { proxy, server } = await startPair()
    const client = await proxy.connect()
    client.send('Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\nEvent: off\r\n\r\n')
    await client.block('Authentication accepted')
    const other = await proxy.login()
    server.emit('Event: Hangup\r\nPrivilege: call,all\r\n\r\n')
    await other.block('Event: Hangup')
    expect(await client.ask('Action: Ping\r\n', '1')).toContain('Pong')
    expect(client.received).not.toContain('Hangup')
  })

  it('R5: forwards repeated headers, their order, empty values and leading blanks as they are', async () => {
    const { proxy, server } = await startPair()
    const client = await proxy.login()
    await client.ask(
      'Action: Originate\r\nVariable: b=2\r\nVariable: a=1\r\nVariable: b=2\r\nAccount: \r\nData:    indented \r\nno colon\r\n',
      'r5'
    )
    const { text, id } = await server.takeFirst()
    expect(text).toBe(
      `ActionID: ${id}\r\nAction: Originate\r\nVariable: b=2\r\nVariable: a=1\r\nVariable: b=2\r\nAccount: \r\nData:    indented \r\nno colon\r\n`
    )
  })

  it('R5 and R8: hands on events byte for byte, however they are cut, invalid UTF-8 included', async () => {
    const { proxy, server } = await startPair()
    const [one, two] = [await proxy.login(), await proxy.login()]
    const event = Buffer.from(
      'Event: UserEvent\r\nPrivilege: user,all\r\nX:   a \r\nX: \r\nName: Иван 😀 \u0001\r\nBad: \xff\xfe\r\n\r\n',
      'utf8'
    )
    event.set([0xff, 0xfe], event.length - 8)
    for (const byte of event) server.emit(Buffer.from([byte]))
    for (const client of [one, two]) {
      await client.until(() => client.received.length >= event.length)
      expect(client.received).toBe(event.toString('latin1'))
    }
  })

  it('R6: sends FullyBooted to each client after its login', async () => {
    const { proxy } = await startPair()
    await proxy.login()
    const client = await proxy.connect()
    client.send('Action: Login\r\nUsername: bob\r\nSecret: bob-secret\r\n\r\n')
    await client.block('Event: FullyBooted')
    expect(client.blocks[0]).toContain('Authentication accepted')
    expect(client.blocks[1]).toMatch(
      /^Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: \d+\r\nLastReload: \d+\r\nStatus: Fully Booted\r\n$/
    )
  })

  it('R7: gives a list that ends in CR LF LF to its requester in correct framing, and joins no event to it', async () => {
    const { proxy, server } = await startPair({
      onAction: ({ id }, scripted) =>
        scripted.emit(
          `Response: Success\r\nActionID: ${id}\r\nEventList: start\r\nMessage: Channels will follow\r\n\r\nEvent: CoreShowChannelMapComplete\r\nActionID: ${id}\r\nEventList: Complete\r\n\nEvent: Hangup\r\nPrivilege: call,all\r\n\r\n`
        )
    })
    const client = await proxy.login()
    client.send('Action: CoreShowChannelMap\r\nActionID: r7\r\n\r\n')
    await client.block('Event: Hangup')
    expect(client.blocks).toHaveLength(3)
    expect(client.blocks[1]).toBe('Event: CoreShowChannelMapComplete\r\nActionID: r7\r\nEventList: Complete\r\n')
    expect(client.blocks[2]).toBe('Event: Hangup\r\nPrivilege: call,all\r\n')
    expect(server.actions).toHaveLength(1)
  })

  it('R9: tells 50 clients with the same ActionID apart, whatever order the answers come in', async () => {
    const { proxy, server } = await startPair({ onAction: () => {} })
    const clients = await Promise.all(Array.from({ length: 50 }, () => proxy.login()))
    for (const [index, client] of clients.entries())
      client.send(`Action: Getvar\r\nActionID: same\r\nVariable: v${index}\r\n\r\n`)
    const actions = await server.take(50)
    expect(new Set(actions.map(({ id }) => id)).size).toBe(50)
    for (const { id, text } of [...actions].reverse())
      server.emit(`Response: Success\r\nActionID: ${id}\r\nValue: ${/Variable: (.*)\r/.exec(text)![1]}\r\n\r\n`)
    for (const [index, client] of clients.entries()) {
      await client.block('ActionID: same')
      expect(client.blocks).toEqual([`Response: Success\r\nActionID: same\r\nValue: v${index}\r\n`])
    }
  })
})

async function stoppedServer(): Promise<{ port: number }> {
  const server = await startServer()
  const { port } = server
  await server.stop()
  return { port }
}
