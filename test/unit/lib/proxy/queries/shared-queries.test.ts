import { describe, expect, it } from 'vitest'
import { Accounts } from '../../../../../src/lib/proxy/accounts/accounts.js'
import { plainUser } from '../../../../../src/lib/proxy/user-options.js'
import { serverOptions, startPair, startServer, startTestProxy, untilAllUp } from '../support/proxy.js'
import type { RawClient } from '../support/raw-client.js'
import type { ScriptedServer } from '../support/scripted-server.js'

const query = (id?: string, action = 'CoreShowChannels') =>
  `Action: ${action}\r\n${id === undefined ? '' : `ActionID: ${id}\r\n`}\r\n`

/** A list of one channel, as Asterisk gives it. */
const list = (id: string, channel = 'Local/1') => [
  `Response: Success\r\nActionID: ${id}\r\nEventList: start\r\nMessage: Channels will follow\r\n\r\n`,
  `Event: CoreShowChannel\r\nActionID: ${id}\r\nChannel: ${channel}\r\n\r\n`,
  `Event: CoreShowChannelsComplete\r\nActionID: ${id}\r\nEventList: Complete\r\nListItems: 1\r\n\r\n`
]
const said = (blocks: readonly string[]) => blocks.map((block) => block.replace(/\r\n\r\n$/, '\r\n'))

/** Sends, and waits until the proxy has read it: it answers Events itself. */
async function tell(client: RawClient, ...actions: string[]): Promise<void> {
  const id = `told-${Math.random()}`
  client.send(actions.join(''))
  await client.ask('Action: Events\r\nEventMask: on\r\n', id)
  client.received = ''
}

/** Waits until the server has been sent what was sent before, and knows that it was no more than `count`. */
async function asked(server: ScriptedServer, client: RawClient, count: number): Promise<string[]> {
  client.send('Action: Ping\r\nActionID: asked\r\n\r\n')
  await server.take(count + 1)
  expect(server.actions.map(({ name }) => name).slice(0, count + 1)).toHaveLength(count + 1)
  expect(server.actions.at(-1)!.name).toBe('Ping')
  return server.actions.slice(0, -1).map(({ id }) => id)
}

const silent = { onAction: () => {} }

describe('a query that several clients ask at the same time', () => {
  it('is sent once, and everybody gets the whole answer with the own ActionID, or without one', async () => {
    const { proxy, server } = await startPair(silent)
    const [ann, bob, cat] = [await proxy.login(), await proxy.login({ user: 'bob', secret: 'bob-secret' }), await proxy.login()]
    await tell(ann, query('ann 1'))
    await tell(bob, query())
    await tell(cat, query('$&'))
    const [id, ...more] = await asked(server, bob, 1)
    expect(more).toEqual([])
    for (const block of list(id!)) server.emit(block)
    for (const client of [ann, bob, cat]) await client.block('Complete')
    expect(ann.blocks).toEqual(said(list('ann 1')))
    expect(bob.blocks).toEqual(said(list('x')).map((block) => block.replace('ActionID: x\r\n', '')))
    expect(cat.blocks).toEqual(said(list('$&')))
  })

  it('is sent again for the same client, which gets each answer in one piece', async () => {
    const { proxy, server } = await startPair(silent)
    const [ann, bob] = [await proxy.login(), await proxy.login()]
    await tell(ann, query('same'), query('same'))
    await tell(bob, query('b'))
    const ids = await asked(server, bob, 2)
    for (const id of ids) for (const block of list(id)) server.emit(block)
    await ann.until(() => ann.blocks.length >= 6)
    expect(ann.blocks).toEqual([...said(list('same')), ...said(list('same'))])
    await bob.block('Complete')
    expect(bob.blocks).toEqual(said(list('b')))
  })

  it('is answered to all when the first of them sent no ActionID', async () => {
    const { proxy, server } = await startPair(silent)
    const [ann, bob] = [await proxy.login(), await proxy.login()]
    await tell(ann, query())
    await tell(bob, query('b'))
    const [id] = await asked(server, bob, 1)
    server.emit(list(id!).join(''))
    for (const client of [ann, bob]) await client.block('Complete')
    expect(ann.received).not.toContain('ActionID')
    expect(bob.blocks).toEqual(said(list('b')))
  })

  it('comes to each in its own format, with the mark of the server', async () => {
    const { proxy, server } = await startPair(silent, { serverHeader: 'always' })
    const [ann, bob] = [await proxy.login(), await proxy.login({ user: 'bob', secret: 'bob-secret' })]
    bob.send('ProxyAction: SetOutputFormat\r\nOutputFormat: json\r\n\r\n')
    await bob.until(() => bob.received.includes('OutputFormat'))
    bob.received = ''
    ann.send(query('a'))
    await server.takeFirst()
    bob.send(query('b'))
    await tell(ann)
    const { id } = await server.takeFirst()
    await asked(server, ann, 1)
    server.emit(list(id).join(''))
    await ann.block('Complete')
    await bob.until(() => bob.received.includes('ListItems'))
    expect(ann.blocks).toEqual(said(list('a')).map((block) => `${block}Server: pbx\r\n`))
    const documents = bob.received
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
    expect(documents.map(({ ActionID, Server }) => [ActionID, Server])).toEqual([
      ['b', 'pbx'],
      ['b', 'pbx'],
      ['b', 'pbx']
    ])
  })

  it('is another one with another header, on another server, or once its answer has begun', async () => {
    const { proxy, server } = await startPair(silent)
    const [ann, bob, cat] = [await proxy.login(), await proxy.login(), await proxy.login()]
    await tell(ann, 'Action: QueueStatus\r\nQueue: a\r\n\r\n', query('1'))
    await tell(bob, 'Action: QueueStatus\r\nQueue: b\r\n\r\n')
    await server.take(3)
    server.emit(list(server.actions[1]!.id)[0]!)
    await ann.block('Channels will follow')
    await tell(cat, query('2'))
    expect((await asked(server, cat, 4)).length).toBe(4)
    server.emit(list(server.actions[1]!.id).slice(1).join(''))
    server.emit(list(server.actions[3]!.id, 'Local/2').join(''))
    await cat.block('Complete')
    expect(cat.blocks).toEqual(said(list('2', 'Local/2')))
    expect(ann.received).not.toContain('Local/2')

    const [a, b] = [await startServer(silent), await startServer(silent)]
    const two = await startTestProxy([serverOptions(a.port, 'a'), serverOptions(b.port, 'b')])
    const client = await two.login()
    await untilAllUp(two, client)
    client.send('Action: CoreStatus\r\nServer: a\r\n\r\nAction: CoreStatus\r\nServer: b\r\n\r\n')
    await Promise.all([a.take(1), b.take(1)])
  })

  for (const change of ['DBPut', 'QueuePause', 'Originate', 'UserEvent', 'SomethingNew'])
    it(`is asked anew after ${change}, by whomever it was sent: nobody gets an answer older than a change`, async () => {
      const { proxy, server } = await startPair(silent)
      const [ann, bob] = [await proxy.login(), await proxy.login({ user: 'root', secret: 'root-secret' })]
      await tell(ann, query('1'))
      await tell(bob, `Action: ${change}\r\n\r\n`, query('2'))
      await tell(ann, query('3'))
      const ids = await asked(server, ann, 3)
      expect(server.actions.map(({ name }) => name)).toEqual(['CoreShowChannels', change, 'CoreShowChannels', 'Ping'])
      server.emit(list(ids[0]!, 'Local/old').join(''))
      server.emit(`Response: Success\r\nActionID: ${ids[1]}\r\n\r\n`)
      server.emit(list(ids[2]!, 'Local/new').join(''))
      for (const client of [ann, bob]) await client.until(() => client.blocks.filter((b) => b.includes('Local/new')).length === 1)
      expect(bob.received).not.toContain('Local/old')
      expect(ann.blocks.find((block) => block.includes('ActionID: 3\r\nChannel'))).toContain('Local/new')
    })

  it('is asked anew by a client that has sent something later: its answers come in its order', async () => {
    const { proxy, server } = await startPair(silent)
    const [ann, bob] = [await proxy.login(), await proxy.login()]
    await tell(ann, query('1'), query('s', 'CoreStatus'))
    await tell(bob, 'Action: Ping\r\n\r\n', query('2'))
    // Behind the Ping it may share what was sent behind it.
    await tell(ann, query('3'))
    expect((await asked(server, ann, 4)).length).toBe(4)
    expect(server.actions.map(({ name }) => name)).toEqual(['CoreShowChannels', 'CoreStatus', 'Ping', 'CoreShowChannels', 'Ping'])
  })

  it('may be joined one after the other by a client that sends several at once', async () => {
    const { proxy, server } = await startPair(silent)
    const [ann, bob] = [await proxy.login(), await proxy.login()]
    const panel = [query('1'), query('2', 'QueueStatus'), query('3', 'DeviceStateList')]
    await tell(ann, ...panel)
    await tell(bob, ...panel)
    expect((await asked(server, bob, 3)).length).toBe(3)
  })

  it('is answered to the others when the first of them has gone', async () => {
    const { proxy, server } = await startPair(silent)
    const [ann, bob, cat] = [await proxy.login(), await proxy.login(), await proxy.login()]
    await tell(ann, query('1'))
    await tell(bob, query('2'))
    await tell(cat, query('3'))
    for (const gone of [ann, cat]) {
      gone.socket.destroy()
      await gone.closed
    }
    const [id] = await asked(server, bob, 1)
    server.emit(list(id!).join(''))
    await bob.block('Complete')
    expect(bob.blocks).toEqual(said(list('2')))
    // The next one is a new one.
    bob.send(query('4'))
    await server.take(3)
  })

  it('fails for all when the server goes, before its answer or within its list', async () => {
    for (const begun of [false, true]) {
      const { proxy, server } = await startPair(silent)
      const [ann, bob] = [await proxy.login(), await proxy.login()]
      await tell(ann, query('1'))
      await tell(bob, query('2'))
      const [id] = await asked(server, bob, 1)
      if (begun) {
        server.emit(list(id!)[0]!)
        await bob.block('will follow')
      }
      server.drop()
      const end = begun
        ? (own: string) => `Event: CoreShowChannelsComplete\r\nActionID: ${own}\r\nEventList: Cancelled\r\n`
        : (own: string) => `Response: Error\r\nActionID: ${own}\r\n`
      await ann.block(end('1'))
      await bob.block(end('2'))
      await untilAllUp(proxy, ann)
      ann.send(query('3'))
      await server.take(3)
    }
  })

  it('counts as one in flight for each of them, until it is answered', async () => {
    const { proxy, server } = await startPair(silent, { maxActionsInFlight: 2 })
    const [ann, bob] = [await proxy.login(), await proxy.login()]
    await tell(ann, query('1', 'QueueSummary'), query('2', 'Agents'))
    bob.send(query('3', 'QueueSummary') + query('4', 'Agents'))
    expect(await bob.ask('Action: CoreShowChannels\r\n', '5')).toContain('More than 2 actions in flight')
    await server.take(2)
    for (const { id } of server.actions) server.emit(list(id).join(''))
    await bob.until(() => bob.blocks.filter((block) => block.includes('Complete')).length === 2)
    bob.send(query('6') + query('7', 'Agents'))
    await server.take(4)
    await bob.ask('Action: Events\r\nEventMask: on\r\n', 'end')
    expect(bob.blocks.filter((block) => block.includes('Response: Error'))).toHaveLength(1)
    expect(server.actions).toHaveLength(4)
  })

  it('is asked by each with coalesceQueries off, and where everybody sees all answers', async () => {
    for (const options of [{ coalesceQueries: false }, { broadcastResponses: true }]) {
      const { proxy, server } = await startPair(silent, options)
      const [ann, bob] = [await proxy.login(), await proxy.login()]
      await tell(ann, query('1'))
      await tell(bob, query('2'))
      expect((await asked(server, bob, 2)).length).toBe(2)
    }
  })

  it('of a user without the right is refused and shares nothing', async () => {
    const users = [plainUser('ann', 'ann-secret'), { ...plainUser('bob', 'bob-secret'), deny: ['CoreShow*'] }]
    const { proxy, server } = await startPair(silent, { accounts: Accounts.fromOptions(users) })
    const [ann, bob] = [await proxy.login(), await proxy.login({ user: 'bob', secret: 'bob-secret' })]
    await tell(ann, query('1'))
    expect(await bob.ask('Action: CoreShowChannels\r\n', '2')).toContain('Permission denied')
    server.emit(list((await server.takeFirst()).id).join(''))
    await ann.block('Complete')
    await bob.ask('Action: Events\r\nEventMask: on\r\n', 'end')
    expect(bob.received).not.toContain('Local/1')
  })
})
