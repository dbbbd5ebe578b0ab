import { describe, expect, it } from 'vitest'
import { Accounts } from '../../../../src/lib/proxy/accounts/accounts.js'
import { plainUser } from '../../../../src/lib/proxy/user-options.js'
import { serverOptions, startPair, startServer, startTestProxy, testOptions, untilAllUp } from './support/proxy.js'
import { RawClient } from './support/raw-client.js'

const hangup = 'Event: Hangup\r\nPrivilege: call,all\r\n\r\n'

describe('a reload', () => {
  it('keeps the session of a server that stays, and every client', async () => {
    const { proxy, server } = await startPair()
    const client = await proxy.login()
    proxy.running.reload(testOptions([serverOptions(server.port)]))
    server.emit(hangup)
    await client.block('Hangup')
    expect(server.connections).toBe(1)
  })

  it('adds a server, which then takes actions, and marks what comes since there are two', async () => {
    const { proxy, server } = await startPair()
    const client = await proxy.login()
    const added = await startServer()
    proxy.running.reload(testOptions([serverOptions(server.port), serverOptions(added.port, 'pbx-b')]))
    await untilAllUp(proxy, client)
    expect(await client.ask('Action: Ping\r\nServer: pbx-b\r\n', '1')).toContain('Response: Success')
    expect(added.actions).toHaveLength(1)
    server.emit(hangup)
    expect(await client.block('Hangup')).toMatch(/\r\nServer: pbx\r\n$/)
  })

  it('logs off from a server that is not named any more, and answers what it still owed', async () => {
    const gone = await startServer({ onAction: () => {} })
    const stays = await startServer()
    const proxy = await startTestProxy([serverOptions(gone.port, 'gone'), serverOptions(stays.port, 'stays')])
    const client = await proxy.login()
    await untilAllUp(proxy, client)
    client.send('Action: Status\r\nActionID: 1\r\nServer: gone\r\n\r\n')
    await gone.take(1)
    proxy.running.reload(testOptions([serverOptions(stays.port, 'stays')]))
    expect(await client.block('ActionID: 1\r\n')).toContain('The connection to server gone was lost before it answered')
    expect(gone.received).toMatch(/Action: Logoff\r\n\r\n$/)
    expect(await client.ask('Action: Ping\r\nServer: gone\r\n', '2')).toContain('Server gone is not configured')
  })

  it('takes over the users: for new logins, also of clients that are connected', async () => {
    const { proxy, server } = await startPair()
    const connected = await proxy.connect()
    proxy.running.reload(
      testOptions([serverOptions(server.port)], { accounts: Accounts.fromOptions([plainUser('eve', 'new-secret')]) })
    )
    connected.send('Action: Login\r\nUsername: eve\r\nSecret: new-secret\r\n\r\n')
    await connected.block('Authentication accepted')
    const old = await RawClient.connect(proxy.address)
    old.send('Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\n\r\n')
    await old.block('Authentication failed')
  })
})
