import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ChannelCache } from '../../src/lib/proxy/filter/channel-cache.js'
import { ColumnFilter } from '../../src/lib/proxy/filter/column-filter.js'
import { EventView } from '../../src/lib/proxy/filter/event-view.js'
import { announcementFaults, judge, splitEvents, toRecorded } from '../unit/lib/proxy/filter/calls.js'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import type { AmiMessage, AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'
import { directTo, unique } from './support/targets.js'

/** Phones that answer and talk, and extensions that call them, with the right to transfer. */
const extensions = `[phones]
exten => _[a-z],1,Answer()
 same => n,Wait(60)

[calls]
exten => _dial-[a-z],1,Dial(Local/\${EXTEN:5}@phones/n,,tT)
; what is dialled for an attended transfer are digits
exten => 93,1,Dial(Local/c@phones/n,,tT)
exten => 94,1,Dial(Local/z@phones/n,,tT)
exten => line,1,Queue(line,tT,,,30)
`

const files = {
  'extensions.conf': extensions,
  'features.conf': '[general]\natxferdropcall = no\n\n[featuremap]\natxfer = *2\n',
  'queues.conf':
    '[general]\npersistentmembers = no\n\n[line]\nstrategy = ringall\ntimeout = 15\nmember => Local/a@phones/n\nmember => Local/q@phones/n\n'
}

/** Whose events we want: phone `a`. */
const own = 'Local/a@phones'

await describeLab('the filter columns, on calls of Asterisk 22', () => {
  let asterisk: RunningAsterisk
  let socket: AmiSocket

  beforeAll(async () => {
    asterisk = await startAsterisk({ name: 'filters', files })
    socket = await directTo(asterisk).login()
  })
  afterAll(async () => {
    socket?.destroy()
    await asterisk?.stop()
  })

  /** Two phones talk. @returns the first one's channel, which is in the bridge */
  async function call(from: string, to: string): Promise<string> {
    const begin = socket.messages.length
    const target = `Context: calls\r\nExten: dial-${to}\r\nPriority: 1\r\nAsync: true\r\n`
    await socket.ask(`Action: Originate\r\nChannel: Local/${from}@phones/n\r\n${target}`)
    const entered = await socket.next(
      (event) => event.is({ Event: 'BridgeEnter', BridgeNumChannels: '2' }) && touches(event, from, to),
      `${from} and ${to} talk`,
      begin
    )
    const leg = (name: string) =>
      socket.messages.slice(begin).find((event) => event.is({ Event: 'BridgeEnter' }) && touches(event, name))
    expect(entered).toBeDefined()
    return leg(from)!.get('Channel')!
  }

  const touches = (event: AmiMessage, ...names: string[]) =>
    names.some((name) => event.get('Channel')?.startsWith(`Local/${name}@phones-`) && event.get('Channel')?.endsWith(';1'))

  /** Runs calls to their end. @returns all events of it */
  async function record(calls: () => Promise<void>): Promise<AmiMessage[]> {
    const begin = socket.messages.length
    await calls()
    const ids = (name: string) =>
      socket.messages.slice(begin).flatMap((event) => (event.is({ Event: name }) ? [event.get('Uniqueid')!] : []))
    const before = ids('Newchannel').length
    expect(before).toBeGreaterThan(3)
    await socket.ask('Action: Hangup\r\nChannel: /^Local/\r\n')
    await socket.next(
      () => {
        const ended = new Set(ids('Hangup'))
        return ids('Newchannel').every((id) => ended.has(id))
      },
      'the Hangup of every channel',
      begin
    )
    const word = unique('end')
    await socket.ask(`Action: UserEvent\r\nUserEvent: End\r\nWord: ${word}\r\n`)
    await socket.event({ Event: 'UserEvent', Word: word }, begin)
    return socket.messages.slice(begin).filter((message) => message.isEvent && !message.get('ActionID'))
  }

  const scenarios: Record<string, () => Promise<void>> = {
    'two calls at once': async () => {
      await Promise.all([call('a', 'b'), call('x', 'y')])
    },
    'a call that another phone made': async () => {
      await Promise.all([call('b', 'a'), call('x', 'y')])
    },
    'a blind transfer': async () => {
      const [mine, other] = await Promise.all([call('a', 'b'), call('x', 'y')])
      for (const [channel, to] of [
        [other, 'z'],
        [mine, 'c']
      ]) {
        const begin = socket.messages.length
        await socket.ask(`Action: BlindTransfer\r\nChannel: ${channel}\r\nContext: calls\r\nExten: dial-${to}\r\n`)
        await socket.next((event) => event.is({ Event: 'BridgeEnter' }) && touches(event, to!), `${to} talks`, begin)
      }
    },
    'an attended transfer': async () => {
      const [mine, other] = await Promise.all([call('a', 'b'), call('x', 'y')])
      for (const [channel, to, digits] of [
        [other, 'z', '94'],
        [mine, 'c', '93']
      ]) {
        const begin = socket.messages.length
        await socket.ask(`Action: Atxfer\r\nChannel: ${channel}\r\nContext: calls\r\nExten: ${digits}\r\n`)
        await socket.next((event) => event.is({ Event: 'BridgeEnter' }) && touches(event, to!), `${to} talks`, begin)
        await socket.ask(`Action: Hangup\r\nChannel: ${channel}\r\n`)
        await socket.event({ Event: 'AttendedTransfer' }, begin)
      }
    },
    'two calls whose Linkedids are merged': async () => {
      const other = await call('x', 'y')
      const mine = await call('a', 'b')
      await call('u', 'v')
      const begin = socket.messages.length
      await socket.ask(`Action: Bridge\r\nChannel1: ${mine}\r\nChannel2: ${other}\r\n`)
      await socket.next((event) => event.is({ Event: 'BridgeEnter', BridgeNumChannels: '2' }), 'a and x talk', begin)
    },
    'a queue that rings two phones': async () => {
      const target = 'Context: calls\r\nExten: line\r\nPriority: 1\r\nAsync: true\r\n'
      const begin = socket.messages.length
      await Promise.all([call('x', 'y'), socket.ask(`Action: Originate\r\nChannel: Local/k@phones/n\r\n${target}`)])
      await socket.event({ Event: 'AgentConnect' }, begin)
    }
  }

  for (const [name, calls] of Object.entries(scenarios)) {
    describe(name, () => {
      let events: AmiMessage[]
      beforeAll(async () => {
        events = await record(calls)
      })

      /** What phone a's user gets of each event, with what is put before it. */
      function filtered(): Buffer[][] {
        const cache = new ChannelCache()
        const filter = new ColumnFilter({ channel: own, moreEvents: false, only: [], noVar: false }, cache)
        return recorded().map(({ text }) => {
          const event = new EventView(Buffer.from(text, 'latin1'), 'pbx')
          cache.note(event)
          const sent = filter.apply(event)
          return sent ? [sent] : []
        })
      }
      const recorded = () => events.map(({ text }) => toRecorded(`${text}\r\n`)).filter(({ name }) => name !== 'TestEvent')

      it('gives the user all of its own call, and nothing of the other', () => {
        const verdicts = judge(recorded(), own)
        const sent = filtered()
        const kinds = recorded().map((event, index) => ({ event, passed: sent[index]!.length > 0, ...verdicts[index]! }))
        expect(kinds.filter(({ must, passed }) => must && !passed).map(({ event }) => event.text)).toEqual([])
        expect(
          kinds.filter(({ may, hasChannels, passed }) => hasChannels && !may && passed).map(({ event }) => event.text)
        ).toEqual([])
        expect(kinds.filter(({ must }) => must).length).toBeGreaterThan(30)
        const foreign = kinds.filter(({ may, hasChannels }) => hasChannels && !may)
        expect(foreign.map(({ event }) => event.name)).toContain('DialBegin')
      })

      it('announces each channel with its Newchannel before anything else of it, once', () => {
        const sent = splitEvents(Buffer.concat(filtered().flat()).toString('latin1'))
        const calls = new Set(sent.flatMap(({ roles }) => roles.flatMap(({ linkedid }) => linkedid ?? [])))
        expect(announcementFaults(sent, calls)).toEqual([])
      })
    })
  }
})
