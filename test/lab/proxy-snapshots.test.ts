import dgram from 'node:dgram'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import type { AmiMessage, AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'
import { Relay } from './support/relay.js'
import { directTo, type RunningProxyTarget, startProxy, unique } from './support/targets.js'

const extensions = `[phones]
exten => _[a-z],1,Answer()
 same => n,Wait(60)

[calls]
exten => _dial-[a-z],1,Dial(Local/\${EXTEN:5}@phones/n,,tT)
exten => _wait-[a-z],1,Wait(60)
exten => line,1,Queue(line,tT,,,30)
exten => conf,1,Answer()
 same => n,ConfBridge(1)
exten => hint,hint,Custom:x
`
const queues =
  '[general]\npersistentmembers = no\n\n[line]\nstrategy = ringall\ntimeout = 15\nmember => Local/a@phones/n\nmember => Local/q@phones/n\n'

const lists = ['CoreShowChannels', 'DeviceStateList', 'ExtensionStateList', 'PJSIPShowEndpoints'] as const

await describeLab('lists that the proxy knows (--snapshot), before Asterisk 22', () => {
  let asterisk: RunningAsterisk
  let relay: Relay
  let proxy: RunningProxyTarget
  /** What happens, happens past the proxy: it learns of it by events only. */
  let direct: AmiSocket
  let through: AmiSocket
  /** A phone that is called and says nothing. */
  let phone: dgram.Socket

  beforeAll(async () => {
    phone = dgram.createSocket('udp4')
    await new Promise<void>((resolve) => phone.bind(0, '127.0.0.1', resolve))
    asterisk = await startAsterisk({ name: 'snapshots', files: { 'extensions.conf': extensions, 'queues.conf': queues } })
    relay = await Relay.start(asterisk.amiPort)
    proxy = await startProxy({ pbx: { amiPort: relay.port } }, ['--snapshot'])
    direct = await directTo(asterisk).login()
    through = await proxy.target.login()
    // The proxy knows that it is told of the classes system, call and dialplan when something of each has come.
    await direct.ask('Action: Reload\r\nModule: res_musiconhold\r\n')
    await originate('Local/a@phones/n', 'dial-b')
    await through.event({ Event: 'Reload' })
    await through.event({ Event: 'Newexten' })
  })
  afterAll(async () => {
    for (const client of [direct, through]) client?.destroy()
    await proxy?.service.stop()
    await relay?.stop()
    await asterisk?.stop()
    phone?.close()
  })

  const originate = (channel: string, exten: string) =>
    direct.ask(`Action: Originate\r\nChannel: ${channel}\r\nContext: calls\r\nExten: ${exten}\r\nPriority: 1\r\nAsync: true\r\n`)

  /** All of a list. */
  async function whole(client: AmiSocket, list: string): Promise<AmiMessage[]> {
    const id = unique('l')
    const begin = client.messages.length
    client.write(`Action: ${list}\r\nActionID: ${id}\r\n\r\n`)
    await client.event({ ActionID: id, EventList: 'Complete' }, begin)
    return client.messages.slice(begin).filter((message) => message.get('ActionID') === id)
  }

  /** A list without what differs from one asking to the next: ActionIDs, durations, the order. */
  async function ask(client: AmiSocket, list: string): Promise<string> {
    const texts = (await whole(client, list)).map(({ text }) => text.replace(/^(ActionID|Duration): .*\r\n/gm, ''))
    return texts.sort().join('')
  }

  /** Channels that may be transferred or hung up. */
  async function channels(): Promise<string[]> {
    return (await whole(direct, 'CoreShowChannels')).flatMap((message) => message.get('Channel') ?? [])
  }

  let random = 20261121
  /** The same calls in every run. */
  function below(limit: number): number {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0
    return Math.floor((random / 2 ** 32) * limit)
  }

  const letter = () => 'abckqxyz'[below(8)]!
  /** Something happens on the PBX. */
  async function happen(): Promise<void> {
    const all = await channels()
    const one = all[below(Math.max(all.length, 1))]
    const kind = below(10)
    if (one === undefined || (kind < 2 && all.length < 20)) await originate(`Local/${letter()}@phones/n`, `dial-${letter()}`)
    else if (kind === 2 && all.length < 20) await originate(`Local/${letter()}@phones`, ['line', 'conf', 'wait-a'][below(3)]!)
    else if (kind === 3 && all.length < 20) await originate(`PJSIP/alice/sip:alice@127.0.0.1:${phone.address().port}`, 'dial-a')
    else if (kind === 4)
      await direct.ask(`Action: BlindTransfer\r\nChannel: ${one}\r\nContext: calls\r\nExten: dial-${letter()}\r\n`)
    else if (kind === 5)
      await direct.ask(`Action: Redirect\r\nChannel: ${one}\r\nContext: calls\r\nExten: wait-${letter()}\r\nPriority: 1\r\n`)
    else if (kind === 6) await direct.ask(`Action: Bridge\r\nChannel1: ${one}\r\nChannel2: ${all[below(all.length)]}\r\n`)
    else if (kind === 7) {
      const state = ['INUSE', 'NOT_INUSE', 'RINGING', 'BUSY', 'ONHOLD'][below(5)]
      await direct.ask(`Action: Setvar\r\nVariable: DEVICE_STATE(Custom:x)\r\nValue: ${state}\r\n`)
    } else await direct.ask(`Action: Hangup\r\nChannel: ${one}\r\n`)
  }

  it('are what Asterisk itself says, in hundreds of states of calls', { timeout: 240_000 }, async () => {
    const sent = () => relay.actions.filter((name) => name === 'CoreShowChannels' || lists.some((list) => list === name)).length
    const before = sent()
    let askedThrough = 0
    let compared = 0
    const seen = new Set<string>()
    for (let state = 0; state < 600; state++) {
      await happen()
      for (const list of lists) {
        const begin = performance.now()
        for (;;) {
          const first = await ask(direct, list)
          // The first may fetch it, the second is known then, unless something happens.
          await ask(through, list)
          const known = await ask(through, list)
          const last = await ask(direct, list)
          askedThrough += 2
          // While calls go on, no two answers are of the same moment.
          if (first === last && known === first) break
          // An event needs a moment to get here. A snapshot is kept for a second: it is not its age that makes the two equal.
          if (performance.now() - begin > 800) expect(known).toBe(last)
        }
        compared++
        seen.add(await ask(direct, list))
      }
    }
    const asked = sent() - before
    expect(compared).toBe(2_400)
    expect(seen.size).toBeGreaterThan(300)
    expect(asked).toBeLessThan(askedThrough * 0.75)
  })

  it('know of every event that the client has seen', async () => {
    for (let call = 0; call < 30; call++) {
      const begin = through.messages.length
      await ask(through, 'CoreShowChannels')
      await originate(`Local/${letter()}@phones/n`, 'wait-a')
      const created = await through.event({ Event: 'Newchannel' }, begin)
      const channel = created.get('Channel')!
      expect(await ask(through, 'CoreShowChannels')).toContain(`Channel: ${channel}\r\n`)
      await through.event({ Event: 'Newexten', Channel: channel, Application: 'Wait' }, begin)
      await ask(through, 'CoreShowChannels')
      await direct.ask(`Action: Hangup\r\nChannel: ${channel}\r\n`)
      await through.event({ Event: 'Hangup', Channel: channel }, begin)
      expect(await ask(through, 'CoreShowChannels')).not.toContain(`Channel: ${channel}\r\n`)
    }
  })

  it('could not be put together from events: the language of a channel changes without one', async () => {
    const begin = direct.messages.length
    await originate('Local/a@phones/n', 'wait-a')
    const { headers } = await direct.event({ Event: 'Newexten', Application: 'Wait', Context: 'calls' }, begin)
    const channel = headers.find(([name]) => name === 'Channel')![1]
    const after = direct.messages.length
    await direct.ask(`Action: Setvar\r\nChannel: ${channel}\r\nVariable: CHANNEL(language)\r\nValue: fr\r\n`)
    await direct.ask(`Action: UserEvent\r\nUserEvent: End\r\n`)
    await direct.event({ Event: 'UserEvent', UserEvent: 'End' }, after)
    const told = direct.messages.slice(after).some((message) => message.is({ Channel: channel, Language: 'fr' }))
    expect(told).toBe(false)
    const listed = await whole(direct, 'CoreShowChannels')
    expect(listed.some((message) => message.is({ Channel: channel, Language: 'fr' }))).toBe(true)
  })
})
