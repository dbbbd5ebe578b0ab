import { describe, expect, it } from 'vitest'
import { latin1 } from '../../support/chunks.js'
import { startPair } from './support/proxy.js'

const success = (id: string, more = '') => `Response: Success\r\nActionID: ${id}\r\n${more}\r\n`

describe("a client's ActionID", () => {
  for (const [how, id] of [
    ['UTF-8', Buffer.from('Привет 😀')],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xc3, 0x28, 0x80, 0xfe])],
    ['900 bytes', Buffer.alloc(900, 'x')],
    ['leading and trailing blanks', latin1('  a b  ')],
    ['a colon and what looks like a header', latin1('Response: Success')],
    ['nothing', Buffer.alloc(0)],
    ['a dollar pattern', latin1('$& $1 \\0')]
  ] as const) {
    it(`of ${how} comes back byte for byte, and never reaches the server`, async () => {
      const { proxy, server } = await startPair()
      const client = await proxy.login()
      client.send(Buffer.concat([latin1('Action: Ping\r\nActionID: '), id, latin1('\r\n\r\n')]))
      await client.block('Ping: Pong')
      expect(client.blocks).toEqual([
        `Response: Success\r\nActionID: ${id.toString('latin1')}\r\nPing: Pong\r\nTimestamp: 1795247198.000001\r\n`
      ])
      expect(server.actions[0]!.text).toMatch(/^ActionID: pbxkit[\w-]+\r\nAction: Ping\r\n$/)
    })
  }

  it('that was not sent does not appear in the answer', async () => {
    const { proxy } = await startPair()
    const client = await proxy.login()
    client.send('Action: Ping\r\n\r\n')
    await client.block('Ping: Pong')
    expect(client.blocks).toEqual(['Response: Success\r\nPing: Pong\r\nTimestamp: 1795247198.000001\r\n'])
  })

  it('comes back in answers of the proxy itself, too', async () => {
    const { proxy } = await startPair()
    const client = await proxy.login()
    const id = latin1('\xff\xfe 1')
    client.send(Buffer.concat([latin1('Action: WaitEvent\r\nActionID: '), id, latin1('\r\n\r\n')]))
    expect(await client.block('WaitEvent')).toMatch(/^Response: Error\r\nActionID: \xff\xfe 1\r\nMessage: /)
  })

  it('may be used twice at once by one client: both answers come', async () => {
    const { proxy, server } = await startPair({ onAction: () => {} })
    const client = await proxy.login()
    client.send('Action: Ping\r\nActionID: 1\r\n\r\nAction: CoreStatus\r\nActionID: 1\r\n\r\n')
    for (const { id, name } of await server.take(2)) server.emit(success(id, `For: ${name}\r\n`))
    await client.block('For: CoreStatus')
    expect(client.blocks.map((block) => /For: (.*)\r/.exec(block)?.[1])).toEqual(['Ping', 'CoreStatus'])
  })
})

describe('an event that an action causes for everybody (OriginateResponse)', () => {
  it("carries the requester's own ActionID to the requester and none to others", async () => {
    const { proxy, server } = await startPair({ onAction: () => {} })
    const [ann, bob] = [await proxy.login(), await proxy.login({ user: 'bob', secret: 'bob-secret' })]
    ann.send('Action: Originate\r\nActionID: mine\r\nAsync: true\r\n\r\n')
    const { id } = await server.takeFirst()
    server.emit(success(id, 'Message: Originate successfully queued\r\n'))
    server.emit(`Event: OriginateResponse\r\nPrivilege: call,all\r\nActionID: ${id}\r\nResponse: Success\r\n\r\n`)
    await ann.block('Event: OriginateResponse')
    await bob.block('Event: OriginateResponse')
    expect(ann.blocks).toEqual([
      'Response: Success\r\nActionID: mine\r\nMessage: Originate successfully queued\r\n',
      'Event: OriginateResponse\r\nPrivilege: call,all\r\nActionID: mine\r\nResponse: Success\r\n'
    ])
    expect(bob.blocks).toEqual(['Event: OriginateResponse\r\nPrivilege: call,all\r\nResponse: Success\r\n'])
  })

  it('reaches the others when its requester has gone, without an ActionID', async () => {
    const { proxy, server } = await startPair({ onAction: () => {} })
    const [ann, bob] = [await proxy.login(), await proxy.login()]
    ann.send('Action: Originate\r\nActionID: mine\r\nAsync: true\r\n\r\n')
    const { id } = await server.takeFirst()
    ann.socket.destroy()
    await ann.closed
    server.emit(success(id))
    server.emit(`Event: OriginateResponse\r\nPrivilege: call,all\r\nActionID: ${id}\r\nResponse: Failure\r\n\r\n`)
    expect(await bob.block('OriginateResponse')).toBe('Event: OriginateResponse\r\nPrivilege: call,all\r\nResponse: Failure\r\n')
    expect(bob.received).not.toContain('pbxkit')
  })

  it('takes no part in a list that is open for the same action', async () => {
    const { proxy, server } = await startPair({ onAction: () => {} })
    const [ann, bob] = [await proxy.login(), await proxy.login()]
    ann.send('Action: Status\r\nActionID: list\r\n\r\n')
    const { id } = await server.takeFirst()
    server.emit(success(id, 'EventList: start\r\nMessage: Channel status will follow\r\n'))
    server.emit(`Event: Status\r\nPrivilege: Call\r\nActionID: ${id}\r\nChannel: a\r\n\r\n`)
    server.emit('Event: Hangup\r\nPrivilege: call,all\r\n\r\n')
    server.emit(`Event: StatusComplete\r\nActionID: ${id}\r\nEventList: Complete\r\nListItems: 1\r\n\r\n`)
    await ann.block('StatusComplete')
    await bob.block('Event: Hangup')
    expect(bob.blocks).toEqual(['Event: Hangup\r\nPrivilege: call,all\r\n'])
    expect(ann.blocks).toHaveLength(4)
  })
})

describe('an answer without an ActionID', () => {
  it('goes to the one who has waited longest, and to nobody else', async () => {
    const { proxy, server } = await startPair({ onAction: () => {} })
    const [ann, bob, idle] = [await proxy.login(), await proxy.login(), await proxy.login()]
    ann.send('Action: IAXnetstats\r\nActionID: 1\r\n\r\n')
    await server.take(2)
    bob.send('Action: Ping\r\nActionID: 2\r\n\r\n')
    const [, , ping] = await server.take(3)
    server.emit('IAX2/peer-3                  12    0    0\r\n\r\n')
    server.emit(success(ping!.id, 'Ping: Pong\r\n'))
    server.emit('Event: Hangup\r\nPrivilege: call,all\r\n\r\n')
    await idle.block('Event: Hangup')
    await bob.block('Event: Hangup')
    await ann.block('Event: Hangup')
    expect(ann.blocks[0]).toBe('IAX2/peer-3                  12    0    0\r\n')
    expect(bob.blocks[0]).toContain('ActionID: 2\r\nPing: Pong')
    expect(idle.blocks).toHaveLength(1)
  })

  it('is an empty line when the Ping behind it is answered first; the next one asking gets the next answer', async () => {
    const { proxy, server } = await startPair({ onAction: () => {} })
    const [ann, bob] = [await proxy.login(), await proxy.login()]
    ann.send('Action: IAXnetstats\r\nActionID: 1\r\n\r\n')
    const [, behind] = await server.take(2)
    expect(behind!.name).toBe('Ping')
    server.emit(`\r\n${success(behind!.id, 'Ping: Pong\r\n')}`)
    await ann.until(() => ann.received === '\r\n')
    bob.send('Action: IAXnetstats\r\nActionID: 2\r\n\r\n')
    await server.take(4)
    server.emit('IAX2/peer-3                  12    0    0\n\r\n')
    await bob.block('IAX2/peer-3')
    expect(ann.received).toBe('\r\n')
  })

  it('goes to nobody when nobody waits', async () => {
    const { proxy, server } = await startPair({ onAction: () => {} })
    const client = await proxy.login()
    server.emit(success('pbxkit00000000-1', 'Value: secret of somebody\r\n'))
    client.send('Action: Ping\r\n\r\n')
    const { id } = await server.takeFirst()
    server.emit('Response: Error\r\nActionID: stranger\r\nMessage: not yours\r\n\r\n')
    server.emit(success(id, 'Ping: Pong\r\n'))
    await client.block('Pong')
    expect(client.received).not.toContain('not yours')
  })
})
