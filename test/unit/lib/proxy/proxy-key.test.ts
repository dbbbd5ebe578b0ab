import { describe, expect, it } from 'vitest'
import { startPair } from './support/proxy.js'

const withKey = { proxyKey: 'Foo Bar' }

describe('where a ProxyKey is configured', () => {
  it('it is a login, together with an action, and Asterisk never sees it', async () => {
    const { server, proxy } = await startPair({}, withKey)
    await server.until(() => server.received.includes('Login'))
    const waiting = await proxy.connect()
    await waiting.ask('ProxyKey: Foo Bar\r\n', 'w')
    await waiting.block('FullyBooted')
    const client = await proxy.connect()
    expect(await client.ask('ProxyKey: Foo Bar\r\nAction: Ping\r\n', 'k1')).toContain('Response: Success')
    expect(await client.ask('Action: Ping\r\n', 'k2')).toContain('Response: Success')
    expect(server.received).not.toContain('Foo Bar')
  })

  it('it is a login alone', async () => {
    const { proxy } = await startPair({}, withKey)
    const client = await proxy.connect()
    const accepted = await client.ask('ProxyKey: Foo Bar\r\n', 'k')
    await client.block('FullyBooted')
    expect(accepted).toBe('Response: Success\r\nActionID: k\r\nMessage: ProxyKey accepted\r\n')
    expect(await client.ask('Action: Ping\r\n', 'k2')).toContain('Response: Success')
  })

  it.each([
    ['another key', 'ProxyKey: foo bar\r\nAction: Ping\r\n'],
    ['an empty one', 'ProxyKey:\r\nAction: Ping\r\n'],
    ['none', 'Action: Ping\r\n'],
    ['a user instead', 'Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\n']
  ])('%s is refused and closed', async (_, action) => {
    const { server, proxy } = await startPair({}, withKey)
    const client = await proxy.connect()
    expect(await client.ask(action, 'k')).toContain('Message: Authentication failed')
    await client.end()
    expect(server.actions).toEqual([])
  })

  it('nothing is shown before it', async () => {
    const { server, proxy } = await startPair({}, withKey)
    const [early, watcher] = [await proxy.connect(), await proxy.connect()]
    await watcher.ask('ProxyKey: Foo Bar\r\n', 'k')
    server.emit('Event: Secret\r\nPrivilege: call,all\r\n\r\n')
    await watcher.block('Event: Secret')
    expect(early.blocks).toEqual([])
  })

  it('a login that fails takes the key away', async () => {
    const { proxy } = await startPair({}, withKey)
    const client = await proxy.connect()
    await client.ask('ProxyKey: Foo Bar\r\n', 'k')
    expect(await client.ask('Action: Login\r\nUsername: ann\r\nSecret: wrong\r\n', 'l')).toContain('Authentication failed')
    await client.end()
  })
})
