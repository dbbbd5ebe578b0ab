import { writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { type Account, AmiSocket } from './support/ami-socket.js'
import { ConfiguredProxy, certificateAndKey, serverSection, slowClients, userSection } from './support/configured-proxy.js'
import { describeLabWith } from './support/debian-clients.js'
import { Program, pbxkit, scratchFile } from './support/program.js'
import { ANNA, BEN, directTo, unique } from './support/targets.js'

const CARL: Account = { username: 'carl', secret: 'Carl7Secret' }

await describeLabWith(['curl', 'openssl'], 'the life of a proxy, before two Asterisks 22', () => {
  let one: RunningAsterisk
  let two: RunningAsterisk
  let proxy: ConfiguredProxy
  /** Sockets and programs of a test. */
  const open: (() => void)[] = []

  beforeAll(async () => {
    ;[one, two] = await Promise.all([startAsterisk({ name: 'life-one' }), startAsterisk({ name: 'life-two' })])
  })

  afterAll(() => Promise.all([one?.stop(), two?.stop()]))

  afterEach(async () => {
    for (const close of open.splice(0)) close()
    const { program } = proxy.service
    if (!program.ended) await proxy.stop()
  })

  const both = () => serverSection('one', one) + serverSection('two', two)
  const anna = userSection(ANNA, ['admin = yes'])

  async function start(config: string, servers: readonly string[]): Promise<void> {
    proxy = await ConfiguredProxy.start(config, { servers })
  }

  async function client(account: Account): Promise<AmiSocket> {
    const socket = await AmiSocket.login(proxy.port, account)
    open.push(() => socket.destroy())
    return socket
  }

  function program(...command: readonly string[]): Program {
    const started = new Program([], { command })
    open.push(() => started.kill('SIGKILL'))
    return started
  }

  const curl = (account: Account, ...args: string[]) =>
    program('curl', '-sS', '-N', '--max-time', '20', '-u', `${account.username}:${account.secret}`, ...args)

  /** Something that Asterisk tells to those who see `user` events. */
  async function say(asterisk: RunningAsterisk, word: string): Promise<void> {
    await directTo(asterisk).json(['UserEvent', '-F', 'UserEvent=Lab', '-F', `Word=${word}`])
  }

  /** A call, for those who see `call` events. @returns the Uniqueid of its channel */
  async function call(asterisk: RunningAsterisk): Promise<string> {
    const id = unique('call')
    const fields = ['Channel=Local/short@test', 'Application=Wait', 'Data=0', 'Async=true', `ChannelId=${id}`]
    await directTo(asterisk).json(['Originate', ...fields.flatMap((field) => ['-F', field])])
    return id
  }

  describe('SIGHUP', () => {
    it('adds a server and takes it away; a client that is connected hears of it and stays', async () => {
      await start(serverSection('one', one) + anna, ['one'])
      const socket = await client(ANNA)
      expect((await socket.ask('Action: Ping\r\nServer: two\r\n')).get('Message')).toBe(
        'Server two is not configured; there are: one'
      )
      await proxy.reload(both() + anna)
      await socket.event({ Event: 'ProxyServerUp', Server: 'two' })
      expect((await socket.ask('Action: Ping\r\nServer: two\r\n')).is({ Ping: 'Pong', Server: 'two' })).toBe(true)
      const word = unique('word')
      await say(two, word)
      await socket.event({ Event: 'UserEvent', Word: word, Server: 'two' })

      await proxy.reload(serverSection('two', two) + anna)
      await socket.event({ Event: 'ProxyServerDown', Server: 'one', Reason: 'it was taken out of the configuration' })
      expect((await socket.ask('Action: Ping\r\n')).get('Ping')).toBe('Pong')
      expect((await socket.ask('Action: Ping\r\nServer: one\r\n')).get('Message')).toMatch(/^Server one is not configured/)
    })

    it('leaves an action in flight alone', async () => {
      await start(serverSection('one', one) + anna, ['one'])
      const socket = await client(ANNA)
      await one.kill('SIGSTOP')
      try {
        socket.write('Action: CoreStatus\r\nActionID: flight\r\n\r\n')
        await proxy.reload(both() + anna + userSection(BEN))
      } finally {
        await one.kill('SIGCONT')
      }
      expect((await socket.next((message) => message.get('ActionID') === 'flight', 'the answer')).get('Response')).toBe('Success')
    })

    it('adds a user, and takes one away: who is connected as that one is closed', async () => {
      await start(serverSection('one', one) + anna + userSection(BEN), ['one'])
      const [stays, goes] = await Promise.all([client(ANNA), client(BEN)])
      const stream = curl(BEN, `http://127.0.0.1:${proxy.port}/events`)
      await stream.prints((text) => text.includes('event: FullyBooted'), 'FullyBooted')
      await expect(client(CARL)).rejects.toThrow(/Authentication failed/)
      await proxy.reload(serverSection('one', one) + anna + userSection(CARL))
      await goes.closed()
      await stream.end()
      expect((await (await client(CARL)).ask('Action: Ping\r\n')).get('Ping')).toBe('Pong')
      await expect(client(BEN)).rejects.toThrow(/Authentication failed/)
      expect((await stays.ask('Action: Ping\r\n')).get('Ping')).toBe('Pong')
    })

    it("changes the rights of a client that is connected: actions, classes of events, filters, administrator's", async () => {
      const withBen = (...lines: string[]) => serverSection('one', one) + anna + userSection(BEN, lines)
      await start(withBen(), ['one'])
      const socket = await client(BEN)
      const sessions = async () => (await socket.ask('ProxyAction: ListSessions\r\n')).get('ProxyResponse')
      expect((await socket.ask('Action: CoreStatus\r\n')).get('Response')).toBe('Success')
      expect(await sessions()).toBe('Error')
      await socket.event({ Event: 'Newchannel', Uniqueid: await call(one) })

      await proxy.reload(withBen('deny[] = CoreStatus', 'read = user', 'admin = yes'))
      expect((await socket.ask('Action: CoreStatus\r\n')).get('Message')).toMatch(/^Permission denied/)
      expect(await sessions()).toBe('Success')
      const [unseen, word] = [await call(one), unique('word')]
      await say(one, word)
      await socket.event({ Event: 'UserEvent', Word: word })
      expect(socket.messages.filter((message) => message.get('Uniqueid')?.startsWith(unseen))).toEqual([])

      await proxy.reload(withBen('channel = Local/none', 'more-events = yes'))
      expect((await socket.ask('Action: CoreStatus\r\n')).get('Response')).toBe('Success')
      const filtered = await call(one)
      const last = unique('word')
      await say(one, last)
      await socket.event({ Event: 'UserEvent', Word: last })
      expect(socket.messages.filter((message) => message.get('Uniqueid')?.startsWith(filtered))).toEqual([])

      await proxy.reload(withBen())
      await socket.event({ Event: 'Newchannel', Uniqueid: await call(one) })
    })

    it('a configuration that is wrong changes nothing, and the log says why', async () => {
      const config = serverSection('one', one) + anna
      await start(config, ['one'])
      const socket = await client(ANNA)
      writeFileSync(proxy.file, `${config}[user ben]\nsecrit = x\n`)
      proxy.service.program.kill('SIGHUP')
      await proxy.logged('reload failed', '[user ben]')
      expect((await socket.ask('Action: Ping\r\n')).get('Ping')).toBe('Pong')
      await client(ANNA)
    })
  })

  describe('SIGHUP and TLS', () => {
    it('new connections see the new certificate, old ones stay; one that cannot be read changes nothing', async () => {
      const [before, after] = [await certificateAndKey(), await certificateAndKey()]
      const pem = scratchFile('proxy.pem', before.both)
      await start(`${slowClients}tls-cert = ${pem}\n\n${serverSection('one', one)}${anna}`, ['one'])
      const cas = { before: scratchFile('before.crt', before.cert), after: scratchFile('after.crt', after.cert) }
      const connect = (ca: 'before' | 'after', protocol: string) =>
        program(
          ...['openssl', 's_client', '-quiet', protocol, '-connect', `127.0.0.1:${proxy.port}`],
          ...['-CAfile', cas[ca], '-verify_return_error']
        )
      const login = `Action: Login\r\nUsername: ${ANNA.username}\r\nSecret: ${ANNA.secret}\r\n\r\n`
      const old = ['-tls1_2', '-tls1_3'].map((protocol) => connect('before', protocol))
      for (const client of old) {
        client.child.stdin.write(login)
        await client.prints((text) => text.includes('FullyBooted'), 'FullyBooted')
      }

      writeFileSync(pem, after.both)
      await proxy.reload()
      for (const protocol of ['-tls1_2', '-tls1_3']) {
        const accepted = connect('after', protocol)
        accepted.child.stdin.write(`${login}Action: Logoff\r\n\r\n`)
        await accepted.prints((text) => text.includes('Goodbye'), 'the goodbye')
        const refused = await connect('before', protocol).end()
        expect(refused.status).toBe(1)
        expect(refused.stderr).toContain('certificate verify failed')
      }
      const word = unique('word')
      await say(one, word)
      for (const client of old) {
        await client.prints((text) => text.includes(`Word: ${word}\r\n`), 'the event')
        client.child.stdin.write('Action: Ping\r\n\r\n')
        await client.prints((text) => text.includes('Ping: Pong'), 'the answer')
      }

      writeFileSync(pem, 'no certificate')
      proxy.service.program.kill('SIGHUP')
      await proxy.logged('reload failed')
      const args = ['-sS', '--max-time', '8', '--cacert', cas.after, `https://127.0.0.1:${proxy.port}/health`]
      const { status } = await pbxkit(args, { command: ['curl'] })
      expect(status).toBe(0)
    })
  })

  it('SIGTERM tells every kind of client, waits for the action in flight, and ends with 0', async () => {
    await start(serverSection('one', one) + anna, ['one'])
    const url = `http://127.0.0.1:${proxy.port}`
    const socket = await client(ANNA)
    const stream = curl(ANNA, `${url}/events`)
    await stream.prints((text) => text.includes('event: FullyBooted'), 'FullyBooted')
    await one.kill('SIGSTOP')
    let request: Program
    try {
      socket.write('Action: CoreStatus\r\nActionID: flight\r\n\r\n')
      request = curl(ANNA, '-w', '%{http_code}', `${url}/?Action=CoreStatus&ActionID=request`)
      // The proxy says when it has taken both.
      const lastIds = async () => (await socket.ask('ProxyAction: ListSessions\r\n')).getAll('ProxyClientActionID')
      while (!(await lastIds()).includes('request'));
      proxy.service.program.kill('SIGTERM')
      await socket.event({ Event: 'Shutdown' })
      await stream.prints((text) => text.includes('event: Shutdown'), 'Shutdown')
      expect(proxy.service.program.ended).toBeUndefined()
      expect(socket.ofId('flight')).toEqual([])
    } finally {
      await one.kill('SIGCONT')
    }
    expect((await socket.next((message) => message.get('ActionID') === 'flight', 'the answer')).get('Response')).toBe('Success')
    await socket.closed()
    expect((await request.end()).stdout.toString()).toMatch(/^Response: Success\r\nActionID: request\r\n[\s\S]*\r\n\r\n200$/)
    // Its stream has ended as a response of HTTP ends.
    expect((await stream.end()).status).toBe(0)
    expect((await proxy.service.program.end()).status).toBe(0)
  })

  it('an Asterisk that is killed: what is in flight there is answered with an error, and everybody hears of its end and return', async () => {
    await start(both() + anna, ['one', 'two'])
    const socket = await client(ANNA)
    const stream = curl(ANNA, `http://127.0.0.1:${proxy.port}/events`)
    await stream.prints((text) => text.includes('event: FullyBooted'), 'FullyBooted')
    await two.kill('SIGSTOP')
    socket.write('Action: CoreStatus\r\nServer: two\r\nActionID: flight\r\n\r\n')
    expect((await socket.ask('Action: Ping\r\nServer: one\r\n')).get('Ping')).toBe('Pong')
    const from = socket.messages.length
    await two.kill('SIGKILL')
    const answer = await socket.next((message) => message.get('ActionID') === 'flight', 'the error')
    expect(answer.is({ Response: 'Error', Message: 'The connection to server two was lost before it answered' })).toBe(true)
    const down = await socket.event({ Event: 'ProxyServerDown', Server: 'two' }, from)
    expect(down.get('Reason')).toMatch(/closed the connection|was lost/)
    await stream.prints((text) => /^event: ProxyServerDown\ndata: .*"Server":"two"/m.test(text), 'ProxyServerDown')
    const status = program('curl', '-sS', `http://127.0.0.1:${proxy.port}/health`)
    const health = JSON.parse((await status.end()).stdout.toString())
    expect(health).toMatchObject({
      status: 'degraded',
      servers: [
        { name: 'one', state: 'up' },
        { name: 'two', state: 'down' }
      ]
    })

    await two.restart()
    await socket.event({ Event: 'ProxyServerUp', Server: 'two' }, from)
    await stream.prints((text) => /^event: ProxyServerUp\ndata: .*"Server":"two"/m.test(text), 'ProxyServerUp')
    expect((await socket.ask('Action: Ping\r\nServer: two\r\n')).is({ Ping: 'Pong', Server: 'two' })).toBe(true)
  })
})
