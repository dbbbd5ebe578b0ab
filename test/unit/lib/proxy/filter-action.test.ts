import { describe, expect, it } from 'vitest'
import { Accounts } from '../../../../src/lib/proxy/accounts/accounts.js'
import type { ProxyOptions } from '../../../../src/lib/proxy/options.js'
import { plainUser, type UserOptions } from '../../../../src/lib/proxy/user-options.js'
import {
  serverOptions,
  startPair,
  startServer,
  startTestProxy,
  type TestProxy,
  testOptions,
  untilAllUp
} from './support/proxy.js'
import type { RawClient } from './support/raw-client.js'

const events = ['Newchannel', 'VarSet', 'Newexten', 'Hangup', 'End'].map(
  (name) => `Event: ${name}\r\nPrivilege: call,all\r\nChannel: PJSIP/alice-1\r\n\r\n`
)
const names = ({ received }: RawClient) => [...received.matchAll(/^Event: (\w+)\r/gm)].map(([, name]) => name)
const filter = (value: string, criteria?: string) =>
  `Action: Filter\r\nOperation: Add\r\n${criteria ? `MatchCriteria: ${criteria}\r\n` : ''}${value && `Filter: ${value}\r\n`}`

async function add(client: RawClient, value: string, criteria?: string): Promise<void> {
  const id = `filter-${Math.random()}`
  expect(await client.ask(filter(value, criteria), id)).toBe(`Response: Success\r\nActionID: ${id}\r\nMessage: Success\r\n`)
}

/** Sends all events, and waits until everybody who sees them has got them. */
async function deliver(emit: (text: string) => void, witness: RawClient, ...clients: RawClient[]): Promise<void> {
  emit(events.join(''))
  await witness.block('Event: End')
  for (const client of clients) await client.ask('Action: Ping\r\n', 'delivered')
}

const withUsers = (...users: UserOptions[]): Partial<ProxyOptions> => ({
  accounts: Accounts.fromOptions([plainUser('ann', 'ann-secret'), ...users])
})
const as = (proxy: TestProxy, user: string) => proxy.login({ user, secret: `${user}-secret` })

describe('Action: Filter', () => {
  it('is answered as by Asterisk, and filters for this client only; nothing of it reaches the server', async () => {
    const { proxy, server } = await startPair()
    const [client, witness] = [await proxy.login(), await proxy.login()]
    await add(client, 'Event: Newchannel')
    await add(client, '', 'name(Hangup)')
    await deliver((text) => server.emit(text), witness, client)
    expect(names(client)).toEqual(['Newchannel', 'Hangup'])
    expect(names(witness)).toEqual(['Newchannel', 'VarSet', 'Newexten', 'Hangup', 'End'])
    expect(server.received).not.toMatch(/filter/i)
  })

  it('excludes, too', async () => {
    const { proxy, server } = await startPair()
    const [client, witness] = [await proxy.login(), await proxy.login()]
    await add(client, '!Event: VarSet')
    await add(client, '', 'action(exclude),name(Newexten)')
    await deliver((text) => server.emit(text), witness, client)
    expect(names(client)).toEqual(['Newchannel', 'Hangup', 'End'])
  })

  for (const [how, lines, message] of [
    ['another operation', 'Operation: Remove\r\nFilter: x\r\n', 'Unknown operation'],
    ['no pattern', 'Operation: Add\r\n', 'Filter was formatted incorrectly.  Check the syntax of the filter given.'],
    ['a bad expression', 'Operation: Add\r\nFilter: a[\r\n', 'Filter did not compile.  Check the syntax of the filter given.'],
    // Asterisk 22.10.1 dies of it.
    [
      'criteria without a parenthesis',
      'Operation: Add\r\nMatchCriteria: name\r\nFilter: x\r\n',
      'Filter was formatted incorrectly.  Check the syntax of the filter given.'
    ],
    [
      'a line that Asterisk would not take',
      `Operation: Add\r\nMatchCriteria: name(${'x'.repeat(1100)})\r\n`,
      'A line is longer than the 1022 bytes that Asterisk takes'
    ]
  ] as const) {
    it(`refuses ${how} in Asterisk's words, and goes on as before`, async () => {
      const { proxy, server } = await startPair()
      const [client, witness] = [await proxy.login(), await proxy.login()]
      const answer = await client.ask(`Action: Filter\r\n${lines}`, '1')
      expect(answer).toBe(`Response: Error\r\nActionID: 1\r\nMessage: ${message}\r\n`)
      await deliver((text) => server.emit(text), witness, client)
      expect(names(client)).toHaveLength(events.length)
      expect(server.received).not.toMatch(/filter/i)
    })
  }

  it('takes 64 rules of a session and no more', async () => {
    const { proxy } = await startPair()
    const client = await proxy.login()
    for (let n = 0; n < 64; n++) await add(client, `Event: Of${n}`)
    expect(await client.ask(filter('Event: X'), 'last')).toContain('Message: A session has at most 64 event filters\r\n')
  })

  it('needs a login', async () => {
    const { proxy } = await startPair()
    const client = await proxy.connect()
    expect(await client.ask(filter('x'), '1')).toContain('Message: Permission denied\r\n')
  })

  it('needs the class system of write, as in Asterisk', async () => {
    const users = withUsers(
      { ...plainUser('call', 'call-secret'), write: 'call' },
      { ...plainUser('sys', 'sys-secret'), write: 'system' }
    )
    const { proxy, server } = await startPair({}, users)
    const [may, mayNot] = [await as(proxy, 'sys'), await as(proxy, 'call')]
    expect(await mayNot.ask(filter('!VarSet'), '1')).toContain('Message: Permission denied: write has no class for filter\r\n')
    expect(await may.ask(filter('!VarSet'), '1')).toContain('Response: Success\r\n')
    await deliver((text) => server.emit(text), mayNot, may)
    expect(names(mayNot)).toContain('VarSet')
    expect(names(may)).not.toContain('VarSet')
  })

  it('lets answers and the lists of own actions through', async () => {
    const { proxy } = await startPair({
      onAction: ({ id }, server) =>
        server.emit(
          `Response: Success\r\nActionID: ${id}\r\nEventList: start\r\nMessage: x will follow\r\n\r\nEvent: Status\r\nPrivilege: Call\r\nActionID: ${id}\r\n\r\nEvent: StatusComplete\r\nActionID: ${id}\r\nEventList: Complete\r\n\r\n`
        )
    })
    const client = await proxy.login()
    await add(client, 'Event: None of these')
    client.received = ''
    client.send('Action: Status\r\nActionID: 1\r\n\r\n')
    await client.block('StatusComplete')
    expect(client.blocks).toHaveLength(3)
  })

  it('sees events without the Server: line of the proxy, which the client then gets', async () => {
    const servers = [await startServer(), await startServer()]
    const proxy = await startTestProxy(servers.map(({ port }, n) => serverOptions(port, `pbx-${n}`)))
    const [client, other, witness] = [await proxy.login(), await proxy.login(), await proxy.login()]
    await untilAllUp(proxy, witness)
    // CR LF CR LF
    await add(client, 'Event: Newchannel.*alice-1....$')
    await add(other, '', 'header(Server)')
    await deliver((text) => servers[1]!.emit(text), witness, client, other)
    const seen = client.blocks.filter((block) => block.startsWith('Event: Newchannel'))
    expect(seen).toEqual([`${events[0]!.slice(0, -2)}Server: pbx-1\r\n`])
    expect(names(other).filter((name) => !name?.startsWith('ProxyServer'))).toEqual([])
  })
})

describe("an account's event filters", () => {
  const quiet = {
    ...plainUser('quiet', 'quiet-secret'),
    eventFilters: ['eventfilter(action(exclude),name(VarSet))', '!Event: Newexten']
  }

  it('filter what it sees', async () => {
    const { proxy, server } = await startPair({}, withUsers(quiet))
    const [client, witness] = [await as(proxy, 'quiet'), await proxy.login()]
    await deliver((text) => server.emit(text), witness, client)
    expect(names(client)).toEqual(['Newchannel', 'Hangup', 'End'])
  })

  it('are not widened by a Filter of its client', async () => {
    const { proxy, server } = await startPair({}, withUsers({ ...quiet, eventFilters: ['Event: Hangup'] }))
    const [client, witness] = [await as(proxy, 'quiet'), await proxy.login()]
    await add(client, 'Event: ')
    await add(client, 'Event: VarSet')
    await deliver((text) => server.emit(text), witness, client)
    expect(names(client)).toEqual(['Hangup'])
  })

  it('count anew after a reload', async () => {
    const { proxy, server } = await startPair({}, withUsers(quiet))
    const [client, witness] = [await as(proxy, 'quiet'), await proxy.login()]
    const users = withUsers({ ...quiet, eventFilters: ['eventfilter(name(VarSet)) ='] })
    proxy.running.reload(testOptions([serverOptions(server.port)], users))
    await deliver((text) => server.emit(text), witness, client)
    expect(names(client)).toEqual(['VarSet'])
  })

  for (const [text, message] of [
    ['Channel: [', /\/f \[user x\]: event-filter "Channel: \[": Unable to compile/],
    ['eventfilter(nome(x))', /Filter option 'nome\(x' is unknown/],
    ['', /Legacy filter with no filter pattern/]
  ] as const) {
    it(`are refused when they cannot be read: ${text}`, () => {
      const user = { ...plainUser('x', 's', '/f [user x]'), eventFilters: [text] }
      expect(() => Accounts.fromOptions([user])).toThrow(message)
    })
  }
})
