import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { startPair } from './support/proxy.js'
import type { RawClient } from './support/raw-client.js'

const key = (challenge: string, secret: string) =>
  createHash('md5')
    .update(challenge + secret)
    .digest('hex')

async function challenge(client: RawClient, id = 'c'): Promise<string> {
  const answer = await client.ask('Action: Challenge\r\nAuthType: MD5\r\n', id)
  return /^Response: Success\r\nActionID: \w+\r\nChallenge: (\d{9})\r\n$/.exec(answer)![1]!
}

const md5Login = (user: string, md5: string) => `Action: Login\r\nAuthType: MD5\r\nUsername: ${user}\r\nKey: ${md5}\r\n`

describe('a client that logs in', () => {
  it('in plain gets an answer worded as Asterisk words it', async () => {
    const { proxy, server } = await startPair()
    const client = await proxy.connect()
    const answer = await client.ask('Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\n', '1')
    expect(answer).toBe('Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n')
    expect(await client.ask('Action: Ping\r\n', '2')).toContain('Pong')
    expect(server.received).not.toContain('ann-secret')
  })

  it('with the key of a challenge is in', async () => {
    const { proxy } = await startPair()
    const client = await proxy.connect()
    expect(await client.ask(md5Login('bob', key(await challenge(client), 'bob-secret')), '1')).toContain(
      'Authentication accepted'
    )
  })

  for (const [how, login] of [
    ['a wrong secret', 'Username: ann\r\nSecret: wrong\r\n'],
    ['the secret of another', 'Username: ann\r\nSecret: bob-secret\r\n'],
    ['an unknown user', 'Username: eve\r\nSecret: ann-secret\r\n'],
    ['a user that is a property of every object', 'Username: __proto__\r\nSecret: \r\n'],
    ['an empty secret', 'Username: ann\r\nSecret: \r\n'],
    ['no secret and no user', ''],
    ['a secret in other letters', 'Username: ann\r\nSecret: ANN-secret\r\n'],
    ['a key without a challenge', `AuthType: MD5\r\nUsername: ann\r\nKey: ${key('', 'ann-secret')}\r\n`]
  ] as const) {
    it(`with ${how} is answered after the delay, and closed`, async () => {
      const { proxy } = await startPair({}, { loginFailureDelayMs: 60 })
      const client = await proxy.connect()
      const begin = performance.now()
      client.send(`Action: Login\r\n${login}ActionID: no\r\n\r\nAction: Ping\r\nActionID: later\r\n\r\n`)
      await client.end()
      expect(performance.now() - begin).toBeGreaterThan(50)
      expect(client.blocks).toEqual(['Response: Error\r\nActionID: no\r\nMessage: Authentication failed\r\n'])
    })
  }

  it('cannot use a challenge twice', async () => {
    const { proxy } = await startPair()
    const client = await proxy.connect()
    const md5 = key(await challenge(client), 'ann-secret')
    await client.ask(md5Login('ann', md5), '1')
    expect(await client.ask(md5Login('ann', md5), '2')).toContain('Authentication failed')
    await client.end()
  })

  it('gets a new challenge each time, and the one before is void', async () => {
    const { proxy } = await startPair()
    const client = await proxy.connect()
    const first = await challenge(client, 'c1')
    expect(await challenge(client, 'c2')).not.toBe(first)
    expect(await client.ask(md5Login('ann', key(first, 'ann-secret')), '1')).toContain('Authentication failed')
  })

  it('is refused with an upper-case key, as by Asterisk', async () => {
    const { proxy } = await startPair()
    const client = await proxy.connect()
    const md5 = key(await challenge(client), 'ann-secret').toUpperCase()
    expect(await client.ask(md5Login('ann', md5), '1')).toContain('Authentication failed')
  })

  it('must say AuthType: MD5 to get a challenge', async () => {
    const { proxy } = await startPair()
    const client = await proxy.connect()
    expect(await client.ask('Action: Challenge\r\n', '1')).toBe(
      'Response: Error\r\nActionID: 1\r\nMessage: Must specify AuthType\r\n'
    )
    expect(await client.ask('Action: Challenge\r\nAuthType: md5 \r\n', '2')).toContain('Challenge: ')
  })

  it('loses what it had when a second login fails: not even events come', async () => {
    const { proxy, server } = await startPair({}, { loginFailureDelayMs: 60 })
    const [client, other] = [await proxy.login(), await proxy.login()]
    client.send('Action: Login\r\nUsername: ann\r\nSecret: wrong\r\n\r\n')
    await other.ask('Action: Ping\r\n', '1')
    await new Promise((resolve) => setImmediate(resolve))
    server.emit('Event: Hangup\r\nPrivilege: call,all\r\n\r\n')
    await other.block('Hangup')
    await client.end()
    expect(client.blocks).toEqual(['Response: Error\r\nMessage: Authentication failed\r\n'])
  })

  it('may log in again as somebody else, and hears FullyBooted once', async () => {
    const { proxy } = await startPair()
    const client = await proxy.login()
    expect(await client.ask('Action: Login\r\nUsername: bob\r\nSecret: bob-secret\r\n', '1')).toContain('Authentication accepted')
    expect(await client.ask('Action: Ping\r\n', '2')).toContain('Pong')
    expect(client.received).not.toContain('FullyBooted')
  })

  it('is logged with its name, a refusal as a warning, and never with a secret', async () => {
    const { proxy } = await startPair()
    await proxy.login()
    const client = await proxy.connect()
    client.send('Action: Login\r\nUsername: eve\r\nSecret: guess-7\r\n\r\n')
    await client.end()
    expect(proxy.log.find(({ message }) => message === 'client logged in')?.fields).toMatchObject({ user: 'ann' })
    expect(proxy.log.find(({ message }) => message === 'login refused')).toMatchObject({ level: 'warn', fields: { user: 'eve' } })
    for (const secret of ['ann-secret', 'upstream-secret', 'guess-7']) expect(JSON.stringify(proxy.log)).not.toContain(secret)
  })
})

describe('a client that has not logged in', () => {
  it('is refused everything that needs a login, and nothing reaches the server', async () => {
    const { proxy, server } = await startPair()
    const client = await proxy.connect()
    for (const action of [
      'Action: Ping',
      'Action: Events\r\nEventMask: on',
      'Action: Originate',
      'ProxyAction: ListServers',
      'Action: WaitEvent'
    ])
      expect(await client.ask(`${action}\r\n`, action.replace(/\W/g, ''))).toContain('Response: Error')
    for (const block of client.blocks) expect(block).toContain('Message: Permission denied')
    expect(server.actions).toEqual([])
  })

  it('sees no event', async () => {
    const { proxy, server } = await startPair()
    const [stranger, other] = [await proxy.connect(), await proxy.login()]
    server.emit('Event: Hangup\r\nPrivilege: call,all\r\n\r\n')
    await other.block('Hangup')
    await stranger.ask('Action: Ping\r\n', '1')
    expect(stranger.received).not.toContain('Hangup')
  })

  it('may log off', async () => {
    const { proxy } = await startPair()
    const client = await proxy.connect()
    client.send('Action: Logoff\r\nActionID: bye\r\n\r\n')
    await client.end()
    expect(client.blocks).toEqual(['Response: Goodbye\r\nActionID: bye\r\nMessage: Thanks for all the fish.\r\n'])
  })

  it('is closed when the time for it is over; one that logged in stays', async () => {
    const { proxy } = await startPair({}, { authTimeoutMs: 40 })
    const [client, other] = await Promise.all([proxy.connect(), proxy.login()])
    await client.end()
    expect(client.blocks).toEqual([])
    expect(await other.ask('Action: Ping\r\n', '1')).toContain('Pong')
  })

  it('needs no login when the proxy has no users', async () => {
    const { proxy } = await startPair({}, { accounts: undefined, authRequired: false })
    const client = await proxy.connect()
    expect(await client.ask('Action: Ping\r\n', '1')).toMatch(/Pong|No server is connected/)
    await client.block('FullyBooted')
    expect(await client.ask('Action: Login\r\nUsername: any\r\nSecret: thing\r\n', '2')).toContain('Authentication accepted')
  })
})
