import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { AMI_ADMIN } from './servers/asterisk-config.js'
import { type Account, type AmiMessage, AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'
import { Service } from './support/program.js'

/** The simulator's dialplan, for Asterisk: the same action can go to both. */
const demoDialplan = `[demo]
exten => s,1,Answer()
 same => n,Wait(1)
 same => n,Hangup()
exten => long,1,Answer()
 same => n,Wait(30)
exten => 100,hint,PJSIP/alice
exten => 101,hint,PJSIP/bob
`
const queues = `[general]\n[support]\nstrategy = leastrecent\nmember => PJSIP/alice,1,Alice\n[sales]\nstrategy = ringall\nmember => PJSIP/bob,0,Bob\n`

/** Each is sent to both; their answers have to have the same headers in the same order. */
const script: Record<string, string> = {
  Ping: 'Action: Ping\r\n',
  'Ping without ActionID': 'Action: Ping\r\nActionID:\r\n',
  CoreSettings: 'Action: CoreSettings\r\n',
  CoreStatus: 'Action: CoreStatus\r\n',
  'CoreShowChannels, none': 'Action: CoreShowChannels\r\n',
  'Status, none': 'Action: Status\r\n',
  'Status of no channel': 'Action: Status\r\nChannel: none/there\r\n',
  DeviceStateList: 'Action: DeviceStateList\r\n',
  ExtensionStateList: 'Action: ExtensionStateList\r\n',
  PJSIPShowEndpoints: 'Action: PJSIPShowEndpoints\r\n',
  QueueStatus: 'Action: QueueStatus\r\n',
  'QueueStatus of one queue': 'Action: QueueStatus\r\nQueue: sales\r\n',
  'QueueStatus of no queue': 'Action: QueueStatus\r\nQueue: none\r\n',
  QueueSummary: 'Action: QueueSummary\r\n',
  Setvar: 'Action: Setvar\r\nVariable: FIDELITY\r\nValue: 1\r\n',
  'Setvar without Variable': 'Action: Setvar\r\nValue: 1\r\n',
  'Setvar on no channel': 'Action: Setvar\r\nChannel: none/there\r\nVariable: A\r\nValue: 1\r\n',
  'Getvar of nothing': 'Action: Getvar\r\nVariable: NOT_SET\r\n',
  'Getvar without Variable': 'Action: Getvar\r\n',
  'Getvar on no channel': 'Action: Getvar\r\nChannel: none/there\r\nVariable: A\r\n',
  'Command: core show help': 'Action: Command\r\nCommand: core show help\r\n',
  'Command: core show version': 'Action: Command\r\nCommand: core show version\r\n',
  'Command: core show uptime': 'Action: Command\r\nCommand: core show uptime\r\n',
  'Command: core show channels': 'Action: Command\r\nCommand: core show channels\r\n',
  'Command: core show channels concise': 'Action: Command\r\nCommand: core show channels concise\r\n',
  'Command: core show calls': 'Action: Command\r\nCommand: core show calls\r\n',
  'Command: pjsip show endpoints': 'Action: Command\r\nCommand: pjsip show endpoints\r\n',
  'Command that does not exist': 'Action: Command\r\nCommand: no such thing\r\n',
  'Command without Command': 'Action: Command\r\n',
  'Hangup of no channel': 'Action: Hangup\r\nChannel: none/there\r\n',
  'Hangup without Channel': 'Action: Hangup\r\n',
  'Originate without Channel': 'Action: Originate\r\nApplication: Wait\r\n',
  'Originate without extension or application': 'Action: Originate\r\nChannel: Local/s@demo\r\n',
  'Originate of a wrong technology': 'Action: Originate\r\nChannel: None/x\r\nApplication: Wait\r\nData: 1\r\n',
  UserEvent: 'Action: UserEvent\r\nUserEvent: Fidelity\r\nOne: 1\r\n',
  'Events: off': 'Action: Events\r\nEventMask: off\r\n',
  'Events: call': 'Action: Events\r\nEventMask: call\r\n',
  'Events without a mask': 'Action: Events\r\n',
  'Challenge, MD5': 'Action: Challenge\r\nAuthType: MD5\r\n',
  'Challenge without AuthType': 'Action: Challenge\r\n',
  'Login again': 'Action: Login\r\nUsername: admin\r\nSecret: whatever\r\n',
  'unknown action': 'Action: Nonsense\r\n',
  'no action': 'Foo: bar\r\n',
  'blank before the colon': 'Action : Ping\r\n',
  'no blank after the colon': 'Action:Ping\r\n',
  'upper case': 'ACTION: PING\r\n',
  'the longest line': `Action: Ping\r\nX: ${'x'.repeat(1022 - 3)}\r\n`,
  'a line too long by one': `Action: Ping\r\nX: ${'x'.repeat(1023 - 3)}\r\n`,
  'a line too long by many': `Action: Ping\r\nX: ${'x'.repeat(5000)}\r\n`,
  // With Action and ActionID 128 and 129.
  '128 headers': `Action: Ping\r\n${Array.from({ length: 126 }, (_, n) => `H${n}: 1\r\n`).join('')}`,
  '129 headers': `Action: Ping\r\n${Array.from({ length: 127 }, (_, n) => `H${n}: 1\r\n`).join('')}`,
  Logoff: 'Action: Logoff\r\n'
}

await describeLab('the simulator answers as Asterisk 22', () => {
  let asterisk: RunningAsterisk
  let simulator: Service
  const open: AmiSocket[] = []

  beforeAll(async () => {
    const files = { 'extensions.conf': demoDialplan, 'queues.conf': queues }
    asterisk = await startAsterisk({ name: 'fidelity', files })
    simulator = await Service.start(['ami', 'simulate', '--listen', '127.0.0.1:0'])
  })

  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy()
  })

  afterAll(async () => {
    await simulator?.stop()
    await asterisk?.stop()
  })

  async function both(events: string): Promise<{ real: AmiSocket; simulated: AmiSocket }> {
    const login = (port: number, account: Account) => AmiSocket.login(port, account, { events })
    const [real, simulated] = await Promise.all([
      login(asterisk.amiPort, AMI_ADMIN),
      login(simulator.port('ami'), { username: 'admin', secret: 'secret' })
    ])
    open.push(real, simulated)
    return { real, simulated }
  }

  /** What an action gives: its response and, for a list, one item of each kind and the closing event, with the names of their headers. */
  async function answerTo(socket: AmiSocket, action: string): Promise<AmiMessage[]> {
    const from = socket.messages.length
    const withId = action.includes('ActionID:') ? action : `${action}ActionID: fidelity\r\n`
    socket.write(`${withId}\r\n`)
    const first = await socket.next((message) => !message.isEvent, 'an answer', from)
    if (/Logoff/.test(action)) {
      await socket.closed()
      return socket.messages.slice(from)
    }
    if (first.get('EventList') === 'start')
      await socket.next((message) => message.get('EventList') === 'Complete', 'the end of the list', from)
    // One action may have two answers: what comes before the answer to a later one belongs to it.
    socket.write('Action: Ping\r\nActionID: behind\r\n\r\n')
    const isBehind = (message: AmiMessage) => message.get('ActionID') === 'behind'
    await socket.next(isBehind, 'the answer to the next action', from)
    const messages = socket.messages.slice(from)
    return messages.slice(0, messages.findIndex(isBehind))
  }

  /** `Output` once, however many lines; items of one kind once. */
  function shapes(messages: readonly AmiMessage[]): string[] {
    const all = messages.map((message) => {
      const kind = message.isEvent ? message.get('Event') : message.get('Response')
      return [kind, ...message.names.filter((name, at, names) => name !== 'Output' || names.indexOf(name) === at)].join(' ')
    })
    return all.filter((shape, at) => all.indexOf(shape) === at)
  }

  it('with the same banner', async () => {
    const { real, simulated } = await both('off')
    expect(simulated.banner).toBe(real.banner)
  })

  for (const [title, action] of Object.entries(script)) {
    it(`to ${title}`, async () => {
      const { real, simulated } = await both('off')
      const [wanted, given] = await Promise.all([answerTo(real, action), answerTo(simulated, action)])
      expect(shapes(given)).toEqual(shapes(wanted))
      // A refusal has the same words, too.
      const refusal = wanted[0]!.get('Response') === 'Error' ? wanted[0]!.get('Message') : undefined
      if (refusal !== undefined) expect(given[0]!.get('Message')).toBe(refusal)
    })
  }

  it('lists its commands in Asterisk’s words', async () => {
    const { real, simulated } = await both('off')
    const wanted = await real.ask('Action: ListCommands\r\nActionID: list\r\n')
    const given = await simulated.ask('Action: ListCommands\r\nActionID: list\r\n')
    const known = new Set(given.names)
    expect(given.headers).toEqual(wanted.headers.filter(([name]) => known.has(name)))
  })

  describe('a call', () => {
    let events: { wanted: AmiMessage[]; given: AmiMessage[] }

    beforeAll(async () => {
      const { real, simulated } = await both('on')
      const call =
        'Action: Originate\r\nChannel: Local/s@demo\r\nApplication: Wait\r\nData: 1\r\nAsync: true\r\nVariable: a=1\r\nActionID: call\r\n'
      const of = async (socket: AmiSocket) => {
        const from = socket.messages.length
        await socket.ask(call)
        await socket.next(
          (message) => /^Event: Hangup\r\n[\s\S]*^Channel: [^\r]*;1\r\n/m.test(message.text),
          'the end of ;1',
          from
        )
        await socket.next(
          (message) => /^Event: Hangup\r\n[\s\S]*^Channel: [^\r]*;2\r\n/m.test(message.text),
          'the end of ;2',
          from
        )
        return socket.messages.slice(from).filter((message) => message.isEvent)
      }
      const [wanted, given] = await Promise.all([of(real), of(simulated)])
      events = { wanted, given }
    })

    it('has only kinds of events that Asterisk sends for it', () => {
      const kinds = (messages: readonly AmiMessage[]) => [...new Set(messages.map((message) => message.get('Event')!))].sort()
      expect(kinds(events.wanted)).toEqual(expect.arrayContaining(kinds(events.given)))
      expect(kinds(events.given)).toEqual(expect.arrayContaining(['Hangup', 'LocalBridge', 'Newchannel', 'OriginateResponse']))
    })

    it('has events whose headers Asterisk sends in the same order', () => {
      const wanted = shapes(events.wanted)
      for (const shape of shapes(events.given)) expect(wanted).toContain(shape)
    })
  })

  it('refuses a login as Asterisk does, after a second', async () => {
    const answers = await Promise.all(
      [asterisk.amiPort, simulator.port('ami')].map(async (port) => {
        const socket = await AmiSocket.connect(port)
        open.push(socket)
        const begun = performance.now()
        const answer = await socket.logIn({ username: 'admin', secret: 'wrong' })
        await socket.closed()
        return { headers: answer.headers, late: performance.now() - begun > 900 }
      })
    )
    expect(answers[1]).toEqual(answers[0])
    expect(answers[0]!.late).toBe(true)
  })
})
