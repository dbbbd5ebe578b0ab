import { describe, expect, it } from 'vitest'
import { startPair } from './support/proxy.js'

/** The ways in which a client may spell a header so that one of two readers takes it for an Action. */
const spellings = (action: string) => [
  `Action: ${action}`,
  `Action:${action}`,
  `action : ${action.toLowerCase()}`,
  `ACTION:    ${action.toUpperCase()}   `,
  `Action: \r\nAction: ${action}`,
  // Asterisk skips every byte up to the blank before a value.
  `Action: \x01${action}`,
  `Action:\x1f \x02${action}`,
  `ActionID: 7\r\nAction: ${action}`
]

describe('actions that would touch the session that all clients share', () => {
  for (const action of ['Login', 'Challenge', 'Logoff', 'Events', 'Filter', 'WaitEvent']) {
    it(`${action} never reaches the server, however it is spelt`, async () => {
      const { proxy, server } = await startPair()
      for (const spelling of spellings(action)) {
        const client = await proxy.login()
        client.send(`${spelling}\r\nUsername: ann\r\nSecret: ann-secret\r\nAuthType: MD5\r\nEventMask: off\r\n\r\n`)
        await client.until(() => client.blocks.length > 0)
        expect(client.blocks[0], spelling).toMatch(/^Response: (Success|Goodbye|Error)\r\n/)
        client.socket.destroy()
      }
      const last = await proxy.login()
      await last.ask('Action: Ping\r\n', 'end')
      expect(server.actions.map(({ name }) => name)).toEqual(['Ping'])
      expect(server.connections).toBe(1)
    })
  }

  it('a second Action of a block is not forwarded, not even for an administrator: what was checked is what is done', async () => {
    const { proxy, server } = await startPair()
    const client = await proxy.login({ user: 'root', secret: 'root-secret' })
    for (const [index, second] of [
      'Action: Logoff',
      'action:Logoff',
      'Action : Events',
      '\tAction: Logoff',
      'Action\t: Logoff'
    ].entries()) {
      await client.ask(`Action: Ping\r\n${second}\r\nEventMask: off\r\n`, String(index))
      expect(server.actions[index]!.text).toBe(`ActionID: ${server.actions[index]!.id}\r\nAction: Ping\r\nEventMask: off\r\n`)
    }
  })

  it('a line that only looks like an Action does not take the place of the one that counts', async () => {
    const { proxy, server } = await startPair()
    const client = await proxy.login({ user: 'root', secret: 'root-secret' })
    for (const [index, decoy] of ['\tAction: Logoff', ' Action: Logoff', 'Action\t: Logoff'].entries()) {
      await client.ask(`${decoy}\r\nAction: Ping\r\n`, String(index))
      expect(server.actions[index]!.text).toContain('\r\nAction: Ping\r\n')
    }
  })

  it('does not forward ProxyKey, Server and ActionID, in any spelling', async () => {
    const { proxy, server } = await startPair()
    const client = await proxy.login()
    client.send(
      'PROXYKEY: hidden\r\nServer: pbx\r\nactionid: 1\r\nAction: Ping\r\nServer : pbx\r\nproxykey:hidden\r\nActionID: 2\r\n\r\n'
    )
    expect(await client.block('Pong')).toContain('ActionID: 1\r\n')
    const { text, id } = await server.takeFirst()
    expect(text).toBe(`ActionID: ${id}\r\nAction: Ping\r\n`)
  })

  it('refuses a NUL byte anywhere in an action', async () => {
    const { proxy, server } = await startPair()
    const client = await proxy.login()
    for (const text of ['Action: Ping\0Action: Logoff\r\n', 'Action: Ping\r\nX: \0\r\n', '\0Action: Ping\r\n']) {
      client.received = ''
      expect(await client.ask(text, 'nul')).toBe('Response: Error\r\nActionID: nul\r\nMessage: A NUL byte in an action\r\n')
    }
    await client.ask('Action: Ping\r\n', 'end')
    expect(server.actions).toHaveLength(1)
  })

  it('refuses what Asterisk would not take: a line over 1022 bytes, more than 128 headers', async () => {
    const { proxy, server } = await startPair()
    const client = await proxy.login()
    expect(await client.ask(`Action: Ping\r\nX: ${'x'.repeat(1020)}\r\n`, 'long')).toMatch(
      /^Response: Error\r\n.*\r\nMessage: A line is longer than the 1022 bytes/
    )
    expect(await client.ask(`Action: Ping\r\n${'X: 1\r\n'.repeat(127)}`, 'many')).toMatch(
      /^Response: Error\r\n.*\r\nMessage: More than the 128 headers/
    )
    expect(await client.ask(`Action: Ping\r\nX: ${'x'.repeat(1019)}\r\n${'X: 1\r\n'.repeat(125)}`, 'fits')).toContain('Pong')
    expect(server.actions).toHaveLength(1)
  })

  it('answers a block without an Action with an error', async () => {
    const { proxy } = await startPair()
    const client = await proxy.login()
    expect(await client.ask('Hello: world\r\n', '1')).toBe(
      'Response: Error\r\nActionID: 1\r\nMessage: Missing action in request\r\n'
    )
  })

  it('refuses more actions in flight than one client may have, and takes them again when answers came', async () => {
    const { proxy, server } = await startPair({ onAction: () => {} }, { maxActionsInFlight: 2 })
    const client = await proxy.login()
    client.send('Action: Ping\r\nActionID: 1\r\n\r\nAction: Ping\r\nActionID: 2\r\n\r\n')
    expect(await client.ask('Action: Ping\r\n', '3')).toContain('Message: More than 2 actions in flight')
    for (const { id } of await server.take(2)) server.emit(`Response: Success\r\nActionID: ${id}\r\n\r\n`)
    await client.block('ActionID: 2')
    client.send('Action: Ping\r\nActionID: 4\r\n\r\n')
    const [, , last] = await server.take(3)
    server.emit(`Response: Success\r\nActionID: ${last!.id}\r\n\r\n`)
    expect(await client.block('ActionID: 4')).toContain('Success')
  })
})
