/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the dialplan are written so */
import { createHash } from 'node:crypto'
import bcrypt from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { Accounts } from '../../../../../src/lib/proxy/accounts/accounts.js'
import { hashSecret } from '../../../../../src/lib/proxy/accounts/stored-secret.js'
import type { ProxyOptions } from '../../../../../src/lib/proxy/options.js'
import { plainUser, type UserOptions } from '../../../../../src/lib/proxy/user-options.js'
import { startPair, untilAllUp } from '../support/proxy.js'
import type { RawClient } from '../support/raw-client.js'

/** A proxy for one user, who has logged in, and the server behind it. */
async function asUser(user: Partial<UserOptions>, options: Partial<ProxyOptions> = {}) {
  const accounts = Accounts.fromOptions([{ ...plainUser('ann', 'ann-secret'), ...user }])
  const { server, proxy } = await startPair({}, { accounts, loginFailureDelayMs: 1, ...options })
  const client = await proxy.login({ events: 'off' })
  await untilAllUp(proxy, client)
  return { server, proxy, client }
}

/** Asks for each; then for a Ping, which the server gets behind all that it was sent before. @returns the names of what the server got */
async function reaching(client: RawClient, server: { actions: { text: string }[] }, actions: readonly string[]) {
  const answers: string[] = []
  for (const [index, action] of actions.entries()) answers.push(await client.ask(`${action}\r\n`, `a${index}`))
  return { answers, got: server.actions.map(({ text }) => text.replace(/^ActionID: [^\r]*\r\n/, '').replace(/\r\n$/, '')) }
}

const denied = expect.stringMatching(/^Response: Error\r\nActionID: a\d\r\nMessage: Permission denied: /)
const passed = expect.stringMatching(/^Response: Success\r\n/)

describe('what a user may send reaches the server, and nothing else', () => {
  for (const [name, user, allowed, refused] of [
    [
      'allow by action',
      { allow: ['Ping', 'Queue*'] },
      ['Action: Ping', 'Action: QueuePause\r\nInterface: Local/1@x'],
      ['Action: Hangup\r\nChannel: x', 'Action: CoreShowChannels']
    ],
    [
      'allow by value',
      { allow: ['Originate Channel=Local/*@crm', 'Ping'] },
      ['Action: Originate\r\nChannel: Local/1@crm\r\nContext: a\r\nExten: 1\r\nPriority: 1'],
      [
        'Action: Originate\r\nChannel: Local/1@internal',
        'Action: Originate\r\nChannel: Local/1@crm\r\nChannel: SIP/2',
        'Action: Originate'
      ]
    ],
    ['deny by action', { deny: ['hang*'] }, ['Action: Ping'], ['Action: Hangup\r\nChannel: x', 'action:HANGUP\r\nChannel: x']],
    [
      'deny by value',
      { deny: ['Originate Context=internal*'] },
      ['Action: Originate\r\nChannel: SIP/1\r\nContext: public'],
      ['Action: Originate\r\nChannel: SIP/1\r\nContext: Internal-2', 'Action: Originate\r\nContext: public\r\nContext: internal']
    ],
    [
      'deny before allow',
      { allow: ['Queue*'], deny: ['QueueRemove'] },
      ['Action: QueueAdd\r\nQueue: q'],
      ['Action: QueueRemove\r\nQueue: q']
    ],
    [
      'the classes of write',
      { write: 'call' },
      ['Action: Hangup\r\nChannel: x', 'Action: Ping'],
      ['Action: Originate\r\nChannel: SIP/1', 'Action: Command\r\nCommand: core show channels', 'Action: NoSuchAction']
    ],
    ['no class of write', { write: '' }, ['Action: Ping'], ['Action: Hangup\r\nChannel: x']],
    [
      'Originate without what runs programs',
      {},
      ['Action: Originate\r\nChannel: SIP/1\r\nApplication: Playback\r\nData: hello'],
      [
        'Action: Originate\r\nChannel: SIP/1\r\nApplication: System\r\nData: id',
        'Action: Originate\r\nChannel: SIP/1\r\nApplication: AGI\r\nData: agi://evil',
        'Action: Originate\r\nChannel: SIP/1\r\nApplication: Playback\r\nApplication: System\r\nData: id',
        'Action: Originate\r\nChannel: SIP/1\r\nApplication: Set\r\nData: FILE(/etc/passwd)=x',
        'Action: Originate\r\nChannel: SIP/1\r\nApplication: NoOp\r\nData: ${SHELL(id)}',
        'Action: Originate\r\nChannel: SIP/1\r\nVariable: MONITOR_EXEC=id'
      ]
    ],
    [
      'variables without what runs programs',
      {},
      ['Action: Setvar\r\nVariable: a\r\nValue: b', 'Action: Getvar\r\nVariable: CALLERID(num)'],
      [
        'Action: Setvar\r\nVariable: FILE(/tmp/x)\r\nValue: y',
        'Action: Setvar\r\nVariable: a\r\nValue: ${SHELL(id)}',
        'Action: Getvar\r\nVariable: SHELL(id)',
        'Action: Getvar\r\nVariable: DB(secret/x)'
      ]
    ],
    [
      'no change of configuration or code',
      {},
      ['Action: GetConfig\r\nFilename: queues.conf'],
      [
        'Action: UpdateConfig\r\nSrcFilename: manager.conf',
        'Action: CreateConfig\r\nFilename: x.conf',
        'Action: Reload',
        'Action: ModuleLoad\r\nLoadType: load\r\nModule: x.so',
        'Action: DBDelTree\r\nFamily: x',
        'Action: DialplanExtensionAdd\r\nContext: x',
        'Action: GetConfig\r\nFilename: /etc/shadow',
        'Action: GetConfig\r\nFilename: ../shadow'
      ]
    ],
    [
      'Commands that read',
      {},
      ['Action: Command\r\nCommand: core show channels', 'Action: Command\r\nCommand: queue list'],
      [
        'Action: Command\r\nCommand: !id',
        'Action: Command\r\nCommand: module load x',
        'Action: Command\r\nCommand: core stop now',
        'Action: Command\r\nCommand: channel originate SIP/1 application System id',
        'Action: Command\r\nCommand: dialplan eval function SHELL(id)',
        'Action: Command\r\nCommand: database put a b c'
      ]
    ],
    [
      'what an allow rule names, dangerous or not',
      { allow: ['Originate Application=System Data=/usr/bin/notify'] },
      ['Action: Originate\r\nChannel: SIP/1\r\nApplication: System\r\nData: /usr/bin/notify'],
      ['Action: Originate\r\nChannel: SIP/1\r\nApplication: System\r\nData: /bin/sh']
    ]
  ] as const) {
    it(name, async () => {
      const { server, client } = await asUser(user)
      const { answers, got } = await reaching(client, server, [...refused, ...allowed])
      expect(answers).toEqual([...refused.map(() => denied), ...allowed.map(() => passed)])
      expect(got).toEqual(allowed)
    })
  }

  it('all of it for an administrator', async () => {
    const { server, client } = await asUser({ admin: true })
    const actions = [
      'Action: Originate\r\nChannel: SIP/1\r\nApplication: System\r\nData: id',
      'Action: ModuleLoad\r\nLoadType: reload'
    ]
    expect((await reaching(client, server, actions)).got).toEqual(actions)
  })

  it('all of it in a dry run, which is logged', async () => {
    const { server, client, proxy } = await asUser({ deny: ['Hangup'], dryRun: true })
    const actions = ['Action: Hangup\r\nChannel: x', 'Action: ModuleLoad\r\nLoadType: reload', 'Action: Ping']
    expect((await reaching(client, server, actions)).got).toEqual(actions)
    const logged = proxy.log.filter(({ message }) => message === 'action would be denied (dry run)')
    expect(logged.map(({ fields }) => [fields.user, fields.action])).toEqual([
      ['ann', 'Hangup'],
      ['ann', 'ModuleLoad']
    ])
  })

  it('what is denied is logged with the user and the reason', async () => {
    const { server, client, proxy } = await asUser({ deny: ['Hangup'] })
    await reaching(client, server, ['Action: Hangup\r\nChannel: x'])
    expect(proxy.log.find(({ message }) => message === 'action denied')).toMatchObject({
      level: 'warn',
      fields: { user: 'ann', action: 'Hangup', reason: expect.stringContaining('Hangup') }
    })
  })
})

describe('what a user may see', () => {
  it('are the classes of read, whatever it asks for', async () => {
    const { server, proxy } = await asUser({ read: 'call' })
    const client = await proxy.connect()
    await client.ask('Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\nEvents: on\r\n', 'l')
    server.emit('Event: Hidden\r\nPrivilege: security,all\r\n\r\nEvent: Shown\r\nPrivilege: call,all\r\n\r\n')
    await client.block('Event: Shown')
    await client.ask('Action: Events\r\nEventMask: security,system\r\n', 'e')
    server.emit('Event: Hidden\r\nPrivilege: security,all\r\n\r\n')
    await client.ask('Action: Ping\r\n', 'p')
    expect(client.received).not.toContain('Hidden')
  })
})

describe('who logs in', () => {
  const md5 = (challenge: string, secret: string) =>
    createHash('md5')
      .update(challenge + secret)
      .digest('hex')
  const logIn = (secret: string, user = 'ann') => `Action: Login\r\nUsername: ${user}\r\nSecret: ${secret}\r\n`

  it.each([
    ['bcrypt', async () => bcrypt.hashSync('ann-secret', 4)],
    ['scrypt', () => hashSecret('ann-secret')]
  ])('has a secret that is hashed by %s, and its hash is no secret', async (_, hash) => {
    const stored = await hash()
    const { proxy } = await asUser({ secret: stored })
    const client = await proxy.connect()
    expect(await client.ask(logIn(stored), '1')).toContain('Authentication failed')
    const other = await proxy.connect()
    const challenge = /Challenge: (\d+)/.exec(await other.ask('Action: Challenge\r\nAuthType: MD5\r\n', 'c'))![1]!
    const key = `Action: Login\r\nAuthType: MD5\r\nUsername: ann\r\nKey: ${md5(challenge, 'ann-secret')}\r\n`
    expect(await other.ask(key, '2')).toContain('Authentication failed')
  })

  it('has a challenge for one try, right or wrong', async () => {
    const { proxy, server } = await asUser({})
    const client = await proxy.connect()
    const challenge = /Challenge: (\d+)/.exec(await client.ask('Action: Challenge\r\nAuthType: MD5\r\n', 'c'))![1]!
    const login = `Action: Login\r\nAuthType: MD5\r\nUsername: ann\r\nKey: ${md5(challenge, 'ann-secret')}\r\n`
    expect(await client.ask(login, '1')).toContain('accepted')
    client.send(`${login}ActionID: 2\r\n\r\nAction: Hangup\r\nChannel: x\r\n\r\n`)
    expect(await client.block('ActionID: 2\r\n')).toContain('Authentication failed')
    await client.end()
    expect(server.actions).toEqual([])
  })

  it('guesses at users from one address, and is not heard any more', async () => {
    const { proxy } = await asUser({}, { maxLoginFailures: 3 })
    for (const user of ['a', 'b', 'c']) {
      const client = await proxy.connect()
      await client.ask(logIn('guess', user), 'g')
      await client.end()
    }
    expect(await (await proxy.connect()).ask(logIn('ann-secret'), 'r')).toContain('Authentication failed')
  })

  it('guesses at one user from many addresses, and that user is not heard any more; another is', async () => {
    const accounts = Accounts.fromOptions([plainUser('ann', 'ann-secret'), plainUser('bob', 'bob-secret')])
    const { proxy } = await asUser({}, { accounts, maxLoginFailures: 3 })
    const from = (localAddress: string) => proxy.connect({ localAddress })
    for (let i = 0; i < 6; i++) {
      const client = await from(`127.0.1.${i + 1}`)
      await client.ask(logIn('guess'), 'g')
      await client.end()
    }
    expect(await (await from('127.0.1.100')).ask(logIn('ann-secret'), 'r')).toContain('Authentication failed')
    expect(await (await from('127.0.1.101')).ask(logIn('bob-secret', 'bob'), 'r')).toContain('accepted')
  })

  it('comes from an address that is permitted', async () => {
    const { proxy } = await asUser({ permit: ['127.0.0.0/24'] })
    expect(await (await proxy.connect({ localAddress: '127.0.0.9' })).ask(logIn('ann-secret'), '1')).toContain('accepted')
    expect(await (await proxy.connect({ localAddress: '127.0.1.1' })).ask(logIn('ann-secret'), '1')).toContain(
      'Authentication failed'
    )
  })

  it('does so in time', async () => {
    const { proxy, client } = await asUser({}, { authTimeoutMs: 200 })
    const late = await proxy.connect()
    await late.end()
    expect(await client.ask('Action: Ping\r\n', 'p')).toContain('Pong')
  })
})
