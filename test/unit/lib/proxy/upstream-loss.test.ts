import { describe, expect, it } from 'vitest'
import { startPair, startServer } from './support/proxy.js'

const listStart = (id: string) => `Response: Success\r\nActionID: ${id}\r\nEventList: start\r\nMessage: x will follow\r\n\r\n`

describe('when the server goes', () => {
  it('every action in flight is answered with an error, an open list with EventList: Cancelled', async () => {
    const { proxy, server } = await startPair({ onAction: () => {} })
    const [ann, bob] = [await proxy.login(), await proxy.login()]
    ann.send('Action: CoreShowChannels\r\nActionID: list\r\n\r\nAction: Getvar\r\nActionID: single\r\n\r\n')
    bob.send('Action: Ping\r\n\r\n')
    const actions = await server.take(3)
    server.emit(listStart(actions.find(({ name }) => name === 'CoreShowChannels')!.id))
    await ann.block('EventList: start')
    server.drop()
    const reason = 'Message: The connection to server pbx was lost before it answered\r\n'
    await ann.block('ActionID: single')
    await bob.block('Response: Error')
    expect(ann.blocks.slice(1, 3)).toEqual([
      `Event: CoreShowChannelsComplete\r\nActionID: list\r\nEventList: Cancelled\r\n${reason}`,
      `Response: Error\r\nActionID: single\r\n${reason}`
    ])
    expect(bob.blocks[0]).toBe(`Response: Error\r\n${reason}`)
    expect(bob.blocks.slice(1)).toEqual([
      'Event: ProxyServerDown\r\nPrivilege: system,all\r\nServer: pbx\r\nReason: it closed the connection\r\n'
    ])
  })

  it('the closing event of an unknown list is named after its action', async () => {
    const { proxy, server } = await startPair({ onAction: () => {} })
    const client = await proxy.login()
    client.send('Action: MyOwnList\r\nActionID: 1\r\n\r\n')
    const { id } = await server.takeFirst()
    server.emit(listStart(id))
    await client.block('EventList: start')
    server.drop()
    expect(await client.block('Cancelled')).toMatch(/^Event: MyOwnListComplete\r\nActionID: 1\r\nEventList: Cancelled\r\n/)
  })

  it('actions get an error with the reason until it is back, then they work again for the same clients', async () => {
    const { proxy, server } = await startPair({}, { reconnect: { initialMs: 1, maxMs: 5 } })
    const client = await proxy.login()
    const { port } = server
    await server.stop()
    const refusals = await askUntil(client, (answer) => answer.includes('No server is connected: pbx: '))
    expect(refusals).toMatch(/^Response: Error\r\nActionID: \w+\r\nMessage: No server is connected: pbx: /)
    await startServer({}, port)
    await askUntil(client, (answer) => answer.includes('Pong'))
    expect(client.received).not.toContain('FullyBooted')
  })

  it('clients may log in meanwhile, and hear FullyBooted once when it is up', async () => {
    const { proxy, server } = await startPair()
    await proxy.login()
    const { port } = server
    await server.stop()
    const client = await proxy.login({ events: 'system,call' })
    expect(client.received).not.toContain('FullyBooted')
    const back = await startServer({}, port)
    await client.block('Event: FullyBooted')
    back.drop()
    await back.until(() => back.connections === 2)
    await askUntil(client, (answer) => answer.includes('Pong'))
    expect(client.blocks.filter((block) => block.includes('FullyBooted')).length).toBeLessThanOrEqual(1)
  })

  it('the answer to an action of the old connection is nobody’s on the new one', async () => {
    const { proxy, server } = await startPair({ onAction: () => {} })
    const client = await proxy.login()
    client.send('Action: Getvar\r\nActionID: old\r\n\r\n')
    const { id } = await server.takeFirst()
    server.drop()
    await client.block('was lost')
    await server.until(() => server.connections === 2)
    server.emit(`Response: Success\r\nActionID: ${id}\r\nValue: late\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\n\r\n`)
    await client.block('Event: Hangup')
    expect(client.received).not.toContain('late')
  })

  it('it is pinged when it is silent, and given up when it stays so', async () => {
    let answered = 0
    const { proxy, server } = await startPair(
      {
        onAction: ({ id }, scripted) => {
          if (answered++ < 2) scripted.emit(`Response: Success\r\nActionID: ${id}\r\nPing: Pong\r\n\r\n`)
        }
      },
      { keepAliveMs: 20 }
    )
    const client = await proxy.login()
    await server.until(() => server.connections === 2)
    expect(server.actions.slice(0, 3).map(({ name }) => name)).toEqual(['Ping', 'Ping', 'Ping'])
    expect(client.received).not.toContain('Pong')
    expect(proxy.log.find(({ message }) => message === 'server not connected')?.fields.reason).toMatch(/silent for 0.04 s/)
  })

  it('a server that never says FullyBooted counts as up after a while', async () => {
    const { proxy, server } = await startPair({ booted: 'Event: Other\r\n\r\n' }, { bootTimeoutMs: 30 })
    const client = await proxy.login()
    expect(await client.ask('Action: Ping\r\n', '1')).toContain('Pong')
    expect(server.connections).toBe(1)
  })
})

async function askUntil(client: import('./support/raw-client.js').RawClient, done: (answer: string) => boolean): Promise<string> {
  for (let i = 0; i < 2000; i++) {
    const answer = await client.ask('Action: Ping\r\n', `ask${i}`)
    if (done(answer)) return answer
  }
  throw new Error(`Never; last ${client.received.slice(-300)}`)
}
