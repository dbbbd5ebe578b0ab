import { afterEach, describe, expect, it } from 'vitest'
import { AMI_ADMIN } from './servers/asterisk-config.js'
import { type AmiMessage, AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'
import { BEN, directTo, unique, useAsteriskAndProxy } from './support/targets.js'

const clientCount = 50

await describeLab('the proxy before Asterisk 22: whose answer is whose', () => {
  const { asterisk, proxy } = useAsteriskAndProxy({ name: 'answers' })
  const open: AmiSocket[] = []

  async function client(options: { events?: string } = {}): Promise<AmiSocket> {
    const socket = await proxy().target.login(options)
    open.push(socket)
    return socket
  }

  const clients = (count: number, options: { events?: string } = {}) =>
    Promise.all(Array.from({ length: count }, () => client(options)))

  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy()
  })

  /** Resolves when all have seen an event that is sent now: what was for them before has come. */
  async function barrier(sockets: readonly AmiSocket[]): Promise<void> {
    const word = unique('barrier')
    const seen = sockets.map((socket) => socket.event({ Event: 'UserEvent', Word: word }))
    await sockets[0]!.ask(`Action: UserEvent\r\nUserEvent: Barrier\r\nWord: ${word}\r\n`)
    await Promise.all(seen)
  }

  it(`gives ${clientCount} clients with the same ActionIDs, all at once, each its own answers`, async () => {
    const sockets = await clients(clientCount)
    const word = unique('V')
    const setup = sockets[0]!
    for (let n = 0; n < clientCount; n++) {
      await setup.ask(`Action: Setvar\r\nVariable: ${word}${n}\r\nValue: value ${n}\r\n`)
    }
    const begin = sockets.map(({ messages }) => messages.length)
    const commands = ['core show version', 'core show help', 'core show settings', 'module show', 'no such']
    const texts = () => Promise.all(commands.map((command) => asterisk().rx(command)))
    const before = await texts()
    // Two actions under one ActionID, a list in between, all in one write.
    for (const [n, socket] of sockets.entries()) {
      const command = commands[n % commands.length]
      socket.write(
        `Action: Getvar\r\nActionID: same\r\nVariable: ${word}${n}\r\n\r\n` +
          'Action: PJSIPShowEndpoints\r\nActionID: same-list\r\n\r\n' +
          `Action: Command\r\nActionID: same\r\nCommand: ${command}\r\n\r\n` +
          `Action: ${n % 2 ? 'PJSIPShowAors' : 'QueueSummary'}\r\nActionID: same-list\r\n\r\n` +
          'Action: Ping\r\nActionID: last\r\n\r\n'
      )
    }
    await Promise.all(sockets.map((socket) => socket.next((message) => message.get('ActionID') === 'last', 'the last answer')))
    const after = await texts()
    for (const [n, socket] of sockets.entries()) {
      const [variable, command, ...more] = socket.ofId('same')
      expect(more).toEqual([])
      expect(variable!.headers).toEqual([
        ['Response', 'Success'],
        ['ActionID', 'same'],
        ['Variable', `${word}${n}`],
        ['Value', `value ${n}`]
      ])
      const output = command!.getAll('Output').map((line) => `${line}\n`)
      const at = n % commands.length
      // Uptime and counters aside, which none of these commands but `core show settings` shows. Modules may still add commands after FullyBooted.
      if (at !== 2) expect([before[at], after[at]]).toContain(output.join(''))
      else expect(output.join('')).toContain('PBX Core settings')
      const list = socket.ofId('same-list').map((message) => message.get('Event') ?? message.get('Response'))
      const second = n % 2 ? ['AorList', 'AorList', 'AorListComplete'] : ['QueueSummary', 'QueueSummaryComplete']
      expect(list).toEqual(['Success', 'EndpointList', 'EndpointList', 'EndpointListComplete', 'Success', ...second])
    }
    await barrier(sockets)
    for (const [n, socket] of sockets.entries()) {
      const answers = socket.messages.slice(begin[n]).filter((message) => message.isResponse)
      // Five actions, and the barrier of the first.
      expect(answers).toHaveLength(n === 0 ? 6 : 5)
      const strange = socket.messages.filter((message) => /pbxkit[0-9a-f]{8}-/.test(message.text))
      expect(strange).toEqual([])
    }
  })

  it('gives a list whole and in one piece, whatever other clients ask meanwhile', async () => {
    const [one, two] = await clients(2)
    one!.write('Action: PJSIPShowEndpoints\r\nActionID: l\r\n\r\n'.repeat(20))
    two!.write('Action: PJSIPShowEndpoints\r\nActionID: l\r\n\r\nAction: Ping\r\nActionID: l\r\n\r\n'.repeat(20))
    await barrier([one!, two!])
    const shape = (message: AmiMessage) => message.get('Event') ?? message.get('Ping') ?? message.get('Response')
    const list = ['Success', 'EndpointList', 'EndpointList', 'EndpointListComplete']
    expect(one!.ofId('l').map(shape)).toEqual(Array(20).fill(list).flat())
    expect(two!.ofId('l').map(shape)).toEqual(
      Array(20)
        .fill([...list, 'Pong'])
        .flat()
    )
  })

  it('gives an answer to an action without ActionID, and to no other client', async () => {
    const [one, two] = await clients(2)
    const before = two!.messages.length
    one!.write('Action: Ping\r\n\r\n')
    const pong = await one!.next((message) => message.get('Ping') === 'Pong', 'Pong')
    expect(pong.names).toEqual(['Response', 'Ping', 'Timestamp'])
    await barrier([one!, two!])
    expect(two!.messages.slice(before).filter((message) => !message.isEvent)).toEqual([])
  })

  it('gives OriginateResponse its ActionID back for the requester, and without one to all others', async () => {
    const [one, two] = await clients(2)
    const direct = await directTo(asterisk()).login()
    open.push(direct)
    const name = unique('call')
    const id = '__auth_ü/1/2__'
    const lines = `Channel: Local/short@test\r\nApplication: Wait\r\nData: 1\r\nAsync: true\r\nChannelId: ${name}\r\nActionID: ${id}\r\n`
    await one!.ask(`Action: Originate\r\n${lines}`)
    const wanted = { Event: 'OriginateResponse', Uniqueid: name }
    const [own, other] = await Promise.all([one!.event(wanted), two!.event(wanted), direct.event(wanted)])
    expect(own.get('ActionID')).toBe(id)
    expect(other.names).not.toContain('ActionID')
    const withoutId = own.text.replace(/ActionID: .*\r\n/, '')
    expect(other.text).toBe(withoutId)
    expect(own.names.slice(0, 4)).toEqual(['Event', 'Privilege', 'ActionID', 'Response'])
  })

  it('passes an answer and an event on byte for byte, but for the ActionID', async () => {
    const through = await client()
    const direct = await directTo(asterisk()).login()
    open.push(direct)
    const word = unique('word')
    const [one, two] = await Promise.all(
      [through, direct].map((socket) => socket.ask('Action: Command\r\nCommand: core show help\r\nActionID: same/1\r\n'))
    )
    expect(one!.text).toBe(two!.text)
    direct.write(
      Buffer.from(`Action: UserEvent\r\nUserEvent: Bytes\r\nWord: ${word}\r\nOdd:  \xff\xfe two blanks \r\n\r\n`, 'latin1')
    )
    const events = await Promise.all([through, direct].map((socket) => socket.event({ UserEvent: 'Bytes', Word: word })))
    expect(events[0]!.text).toBe(events[1]!.text)
  })

  it('greets, answers a login and says FullyBooted as Asterisk does', async () => {
    const through = await client()
    const direct = await directTo(asterisk()).login()
    open.push(direct)
    expect(through.banner).toBe(direct.banner)
    const [one, two] = [through, direct].map(({ messages }) => messages.slice(0, 2).map(({ names }) => names))
    expect(one).toEqual(two)
  })

  it('answers what Asterisk refuses in Asterisk’s words: unknown action, none, not logged in', async () => {
    const socket = await client()
    const unknown = await socket.ask('Action: Nonsense\r\n')
    expect(unknown.get('Message')).toBe('Invalid/unknown command: Nonsense. Use Action: ListCommands to show available commands.')
    expect((await socket.ask('Foo: bar\r\n')).get('Message')).toBe('Missing action in request')
    const stranger = await AmiSocket.connect(proxy().target.port)
    open.push(stranger)
    for (const action of ['Ping', 'Events', 'CoreShowChannels', 'Command']) {
      const answer = await stranger.ask(`Action: ${action}\r\nCommand: core show version\r\n`)
      expect(answer.is({ Response: 'Error', Message: 'Permission denied' })).toBe(true)
    }
  })

  describe('what would touch the session that all share', () => {
    /** The session of the proxy on Asterisk: that it is still the same one, and sees events. */
    async function sharedSession(): Promise<string> {
      const lines = (await asterisk().rx('manager show connected'))
        .split('\n')
        .filter((line) => line.includes(AMI_ADMIN.username))
      return lines.map((line) => line.trim().split(/\s+/).slice(0, 3).join(' ')).join('\n')
    }

    const attacks: Record<string, string | Buffer> = {
      Logoff: 'Action: Logoff\r\n\r\n',
      'Action:Logoff without a blank': 'Action:Logoff\r\n\r\n',
      'ACTION : logoff': 'ACTION : logoff\r\n\r\n',
      'aCtIoN:   LOGOFF with blanks': 'aCtIoN:   LOGOFF  \r\n\r\n',
      'Logoff, bare LF': 'Action: Logoff\n\n',
      'Logoff behind other headers': 'ActionID: x\r\nFoo: bar\r\nAction: Logoff\r\n\r\n',
      'two Action headers, Ping first': 'Action: Ping\r\nAction: Logoff\r\nActionID: x\r\n\r\n',
      'two Action headers, Logoff first': 'Action: Logoff\r\nAction: Ping\r\n\r\n',
      'an empty Action header first': 'Action:\r\nAction: Logoff\r\n\r\n',
      'Events: off': 'Action: Events\r\nEventMask: off\r\n\r\n',
      'Events:off, odd case': 'action:eVENTS\r\neventmask:off\r\n\r\n',
      'Login again': `Action: Login\r\nUsername: ${AMI_ADMIN.username}\r\nSecret: ${AMI_ADMIN.secret}\r\nEvents: off\r\n\r\n`,
      'Login again, wrong': 'Action: Login\r\nUsername: x\r\nSecret: y\r\n\r\n',
      Filter: 'Action: Filter\r\nOperation: Add\r\nFilter: !Event: .*\r\n\r\n',
      WaitEvent: 'Action: WaitEvent\r\nTimeout: -1\r\n\r\n',
      Challenge: 'Action: Challenge\r\nAuthType: MD5\r\n\r\n',
      'a NUL byte before a second line': Buffer.from('Action: Ping\0\r\nAction: Logoff\r\n\r\n', 'latin1'),
      'a NUL byte in the name': Buffer.from('Action: Logoff\0x\r\n\r\n', 'latin1'),
      'a NUL byte before the name': Buffer.from('\0Action: Logoff\r\n\r\n', 'latin1'),
      'a bare CR': 'Action: Ping\rAction: Logoff\r\n\r\n',
      'a folded line': 'Action: Ping\r\n Action: Logoff\r\n\r\n',
      'an ActionID with a NUL': Buffer.from('Action: Ping\r\nActionID: a\0b\r\n\r\n', 'latin1'),
      'an empty action': '\r\n\r\n\r\n'
    }

    for (const [title, bytes] of Object.entries(attacks)) {
      it(`does not get there: ${title}`, async () => {
        const [attacker, bystander] = await clients(2)
        const before = await sharedSession()
        attacker!.write(bytes)
        attacker!.write('Action: Ping\r\nActionID: after\r\n\r\n')
        // Either it is answered, or it was logged off itself.
        await Promise.race([
          attacker!.next((message) => message.get('ActionID') === 'after', 'Pong').catch(() => {}),
          attacker!.closed()
        ])
        await barrier([bystander!])
        expect((await bystander!.ask('Action: Ping\r\n')).get('Ping')).toBe('Pong')
        expect(await sharedSession()).toBe(before)
        expect(before).not.toBe('')
        expect(bystander!.messages.filter((message) => /Goodbye|Thanks for all/.test(message.text))).toEqual([])
      })
    }

    it('`Events: off` is for the client alone', async () => {
      const [deaf, other] = await clients(2)
      expect((await deaf!.ask('Action: Events\r\nEventMask: off\r\n')).headers.slice(2)).toEqual([['Events', 'Off']])
      const from = deaf!.messages.length
      await barrier([other!])
      await deaf!.ask('Action: Ping\r\n')
      expect(deaf!.messages.slice(from).filter((message) => message.isEvent)).toEqual([])
      await deaf!.ask('Action: Events\r\nEventMask: on\r\n')
      await barrier([deaf!, other!])
    })

    it('a login with `Events: off` sees no event at all, as on Asterisk', async () => {
      const direct = await directTo(asterisk()).login({ events: 'off' })
      const through = await client({ events: 'off' })
      open.push(direct)
      for (const socket of [direct, through]) {
        await barrier([await client()])
        await socket.ask('Action: Ping\r\n')
        expect(socket.messages.filter((message) => message.isEvent).map(({ text }) => text)).toEqual([])
      }
    })

    it('a mask shows what it shows on Asterisk', async () => {
      const word = unique('word')
      const direct = await directTo(asterisk()).login({ events: 'user,call' })
      const through = await client({ events: 'user,call' })
      open.push(direct)
      const sockets = [direct, through]
      const mark = (phase: string) =>
        Promise.all([
          ...sockets.map((socket) => socket.event({ UserEvent: 'Mask', Word: word, Phase: phase })),
          direct.ask(`Action: UserEvent\r\nUserEvent: Mask\r\nWord: ${word}\r\nPhase: ${phase}\r\n`)
        ])
      await mark('begin')
      await through.ask(
        `Action: Originate\r\nChannel: Local/short@test\r\nApplication: Wait\r\nData: 1\r\nChannelId: ${word}\r\n`
      )
      await Promise.all(sockets.map((socket) => socket.event({ Event: 'Hangup', Uniqueid: `${word};2` })))
      await mark('end')
      const names = ({ messages }: AmiSocket) => {
        const places = messages.flatMap((message, at) => (message.is({ UserEvent: 'Mask', Word: word }) ? [at] : []))
        const between = messages.slice(places[0]! + 1, places[1]).filter((message) => message.isEvent)
        return between.map((message) => message.get('Event')).sort()
      }
      expect(names(direct)).toContain('Newchannel')
      expect(names(direct)).not.toContain('VarSet')
      expect(names(through)).toEqual(names(direct))
    })
  })

  it('keeps users apart: each logs in with its own secret only', async () => {
    const { port } = proxy().target
    open.push(await AmiSocket.login(port, BEN, { md5: true }))
    for (const account of [AMI_ADMIN, { ...BEN, secret: 'Anna5Secret' }]) {
      const socket = await AmiSocket.connect(port)
      open.push(socket)
      const begun = performance.now()
      expect((await socket.logIn(account)).is({ Response: 'Error', Message: 'Authentication failed' })).toBe(true)
      await socket.closed()
      expect(performance.now() - begun).toBeGreaterThan(900)
    }
  })
})
