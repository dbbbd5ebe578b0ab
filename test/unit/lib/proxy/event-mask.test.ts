import { describe, expect, it } from 'vitest'
import { startPair } from './support/proxy.js'

const events = ['call', 'system', 'dialplan', 'user'].map((name) => `Event: Of${name}\r\nPrivilege: ${name},all\r\n\r\n`)
const classes = (text: string) => [...text.matchAll(/Event: Of(\w+)/g)].map(([, name]) => name)

/** A client with this mask from its Login, and one from the action Events: both see the same. */
for (const how of ['Events of its Login', 'Action: Events'] as const) {
  describe(`a client's mask (${how})`, () => {
    for (const [mask, seen] of [
      ['on', ['call', 'system', 'dialplan', 'user']],
      ['all', ['call', 'system', 'dialplan', 'user']],
      ['off', []],
      ['call', ['call']],
      ['call,user', ['call', 'user']],
      ['USER , call', ['call', 'user']],
      ['dialplan', ['dialplan']]
    ] as const) {
      it(`"${mask}" lets ${seen.join(', ') || 'nothing'} through`, async () => {
        const { proxy, server } = await startPair()
        const witness = await proxy.login()
        const client = await proxy.login({ events: how === 'Action: Events' ? 'off' : mask })
        if (how === 'Action: Events') {
          expect(await client.ask(`Action: Events\r\nEventMask: ${mask}\r\n`, 'm')).toContain(
            `Events: ${mask === 'off' ? 'Off' : 'On'}\r\n`
          )
        }
        server.emit(events.join(''))
        await witness.block('Event: Ofuser')
        await client.ask('Action: Ping\r\n', 'end')
        expect(classes(client.received)).toEqual(seen)
        expect(classes(witness.received)).toHaveLength(4)
      })
    }
  })
}

describe('the mask of one client', () => {
  it('changes nothing for the others, nor on the shared session', async () => {
    const { proxy, server } = await startPair()
    const [client, other] = [await proxy.login(), await proxy.login()]
    await client.ask('Action: Events\r\nEventMask: off\r\n', '1')
    server.emit(events.join(''))
    await other.block('Event: Ofuser')
    await client.ask('Action: Ping\r\n', '2')
    expect(classes(client.received)).toEqual([])
    expect(server.actions.map(({ name }) => name)).toEqual(['Ping'])
  })

  it('lets answers and list items through whatever it is', async () => {
    const { proxy } = await startPair({
      onAction: ({ id }, server) =>
        server.emit(
          `Response: Success\r\nActionID: ${id}\r\nEventList: start\r\nMessage: x will follow\r\n\r\nEvent: Status\r\nPrivilege: Call\r\nActionID: ${id}\r\n\r\nEvent: StatusComplete\r\nActionID: ${id}\r\nEventList: Complete\r\n\r\n`
        )
    })
    const client = await proxy.login({ events: 'off' })
    client.send('Action: Status\r\nActionID: 1\r\n\r\n')
    await client.block('StatusComplete')
    expect(client.blocks).toHaveLength(3)
  })

  it('must be given', async () => {
    const { proxy } = await startPair()
    const client = await proxy.login()
    expect(await client.ask('Action: Events\r\n', '1')).toBe('Response: Error\r\nActionID: 1\r\nMessage: Invalid event mask\r\n')
  })
})
