import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import type { AmiMessage, AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'
import { directTo, type RunningProxyTarget, startProxy, unique } from './support/targets.js'

/** [match criteria, pattern]; without criteria a legacy one. */
type Filter = readonly [criteria: string, pattern: string]

/** The last event of what is compared passes all of them. */
const end: Filter = ['', 'UserEvent: End']

const sets: Readonly<Record<string, readonly Filter[]>> = {
  nothing: [],
  'a legacy pattern': [['', 'Channel: Local/[a-z]+@test'], end],
  'an exclusion alone': [['', '!Event: (VarSet|Newexten)']],
  'a name': [['name(Newchannel)', ''], end],
  'includes and excludes': [
    ['name(Newexten)', ''],
    ['name(Hangup)', ''],
    ['action(exclude),header(Channel),method(ends_with)', ';2'],
    end
  ],
  // CR LF CR LF
  'the end of the whole event': [['', 'Word: (one|two)....$'], end],
  'a header that Asterisk did not send': [['header(Server)', ''], end]
}

await describeLab('Action: Filter through the proxy, and at Asterisk 22', () => {
  let asterisk: RunningAsterisk
  let proxy: RunningProxyTarget
  let source: AmiSocket
  const sockets = new Map<string, { direct: AmiSocket; proxied: AmiSocket }>()
  const begin = new Map<AmiSocket, number>()

  beforeAll(async () => {
    asterisk = await startAsterisk({ name: 'proxy-filters' })
    proxy = await startProxy({ pbx: asterisk }, ['--server-header', 'always'])
    source = await directTo(asterisk).login({ events: 'off' })
    for (const [name, filters] of Object.entries(sets)) {
      const pair = { direct: await directTo(asterisk).login(), proxied: await proxy.target.login() }
      for (const [criteria, pattern] of filters) {
        const lines = `Action: Filter\r\nOperation: Add\r\n${criteria && `MatchCriteria: ${criteria}\r\n`}${pattern && `Filter: ${pattern}\r\n`}`
        for (const socket of Object.values(pair)) {
          expect((await socket.ask(lines)).headers.filter(([header]) => header !== 'ActionID')).toEqual([
            ['Response', 'Success'],
            ['Message', 'Success']
          ])
        }
      }
      sockets.set(name, pair)
    }
    await mark('Begin', true)
    for (const event of ['First\r\nWord: one', 'Second\r\nWord: two', 'Third\r\nChannel: Local/x@test;2'])
      await source.ask(`Action: UserEvent\r\nActionID: ${unique('user')}\r\nUserEvent: ${event}\r\n`)
    const call = unique('call')
    const all = sockets.get('nothing')!.direct
    await source.ask(
      `Action: Originate\r\nChannel: Local/short@test\r\nContext: test\r\nExten: s\r\nPriority: 1\r\nAsync: true\r\nChannelId: ${call}\r\n`
    )
    await all.event({ Event: 'Hangup', Uniqueid: call })
    await all.next(() => open(all) === 0, 'the Hangup of every channel')
    await mark('End', false)
  })
  afterAll(async () => {
    for (const pair of sockets.values()) for (const socket of Object.values(pair)) socket.destroy()
    source?.destroy()
    await proxy?.service.stop()
    await asterisk?.stop()
  })

  const open = ({ messages }: AmiSocket) =>
    messages.filter((event) => event.is({ Event: 'Newchannel' })).length -
    messages.filter((event) => event.is({ Event: 'Hangup' })).length

  /** An event that everybody sees who does not exclude it: between two of them lies what is compared. */
  async function mark(name: string, isBegin: boolean): Promise<void> {
    const word = unique('mark')
    await source.ask(`Action: UserEvent\r\nUserEvent: End\r\nName: ${name}\r\nMark: ${word}\r\n`)
    for (const pair of sockets.values()) {
      for (const socket of Object.values(pair)) {
        const seen = await socket.event({ Event: 'UserEvent', Mark: word })
        if (isBegin) begin.set(socket, socket.messages.indexOf(seen) + 1)
      }
    }
  }

  const since = (socket: AmiSocket): AmiMessage[] => socket.messages.slice(begin.get(socket)).filter(({ isEvent }) => isEvent)

  for (const name of Object.keys(sets)) {
    it(`pass the same events: ${name}`, () => {
      const { direct, proxied } = sockets.get(name)!
      const texts = since(direct).map(({ text }) => text)
      expect(since(proxied).map(({ text }) => text)).toEqual(texts.map((text) => `${text}Server: pbx\r\n`))
      const all = since(sockets.get('nothing')!.direct).length
      // One event more than the mark, and not all of them: else nothing was told apart.
      if (name !== 'nothing') expect(texts.length).toBeLessThan(all)
      if (!name.startsWith('a header')) expect(texts.length).toBeGreaterThan(1)
    })
  }

  it('have nothing to do with what other clients of the proxy see', async () => {
    const other = await proxy.target.login()
    try {
      await other.ask('Action: Filter\r\nOperation: Add\r\nMatchCriteria: name\r\nFilter: x\r\n')
      const word = unique('word')
      await source.ask(`Action: UserEvent\r\nUserEvent: Any\r\nWord: ${word}\r\n`)
      expect(await other.event({ Event: 'UserEvent', Word: word })).toBeDefined()
    } finally {
      other.destroy()
    }
  })
})
