import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listEnds } from '../../src/lib/ami/catalog/overlay.js'
import { kindOf } from '../../src/lib/proxy/queries/query-actions.js'
import table from '../../src/lib/proxy/rights/action-classes.json'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { type AmiMessage, AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'
import { Relay } from './support/relay.js'
import { BEN, directTo, type RunningProxyTarget, startProxy, unique } from './support/targets.js'

/** What some queries need in order not to be refused. */
const headers: Record<string, string> = {
  Command: 'Command: core show uptime\r\n',
  DBGet: 'Family: pbxkit\r\nKey: a\r\n',
  DBGetTree: 'Family: pbxkit\r\n',
  ExtensionState: 'Exten: long\r\nContext: test\r\n',
  Getvar: 'Variable: GLOBAL_A\r\n',
  MailboxCount: 'Mailbox: 1@default\r\n',
  MailboxStatus: 'Mailbox: 1@default\r\n',
  ModuleCheck: 'Module: res_pjsip\r\n',
  PJSIPShowEndpoint: 'Endpoint: alice\r\n',
  PresenceState: 'Provider: CustomPresence:x\r\n',
  QueueRule: '',
  ShowDialPlan: 'Context: test\r\n',
  VoicemailUserStatus: 'Context: default\r\nMailbox: 1\r\n'
}

await describeLab('queries that are asked once, before Asterisk 22', () => {
  let asterisk: RunningAsterisk
  let relay: Relay
  let proxy: RunningProxyTarget
  let ann: AmiSocket
  let ben: AmiSocket

  beforeAll(async () => {
    asterisk = await startAsterisk({ name: 'queries' })
    relay = await Relay.start(asterisk.amiPort)
    proxy = await startProxy({ pbx: { amiPort: relay.port } })
    ann = await proxy.target.login({ events: 'off' })
    ben = await AmiSocket.login(proxy.target.port, BEN, { events: 'off' })
    await ann.ask('Action: DBPut\r\nFamily: pbxkit\r\nKey: a\r\nVal: 1\r\n')
  })
  afterAll(async () => {
    for (const client of [ann, ben]) client?.destroy()
    await proxy?.service.stop()
    await relay?.stop()
    await asterisk?.stop()
  })

  /** Nothing comes from Asterisk while these clients send, so that they certainly ask at the same time. */
  async function together(sends: readonly (() => void)[]): Promise<string[]> {
    const before = relay.actions.length
    relay.hold()
    for (const send of sends) send()
    // The proxy answers it itself: what came before has been read.
    for (const client of [ann, ben]) await client.ask('Action: Events\r\nEventMask: off\r\n')
    relay.release()
    await ann.ask('Action: Ping\r\n')
    return relay.actions.slice(before).filter((name) => name !== 'Ping')
  }

  const known = Object.keys(table).filter((name) => kindOf(name, Buffer.from(headers[name] ?? '')) === 'query')

  describe.each(known.map((name) => [name]))('%s', (name) => {
    it('goes to Asterisk once, and comes whole to both clients, as Asterisk says it', async () => {
      const id = unique('q')
      const action = (own: string) => `Action: ${name}\r\n${headers[name] ?? ''}ActionID: ${own}\r\n\r\n`
      const asked = await together([() => ann.write(action(`${id}-a`)), () => ben.write(action(`${id}-b`))])
      expect(asked).toEqual([name])
      const answers = await Promise.all([whole(ann, name, `${id}-a`), whole(ben, name, `${id}-b`)])
      const [first, second] = answers.map((messages) => messages.map(({ text }) => text.replace(/^ActionID: .*$/m, 'ActionID')))
      expect(second).toEqual(first)
      const direct = await directTo(asterisk).login({ events: 'off' })
      try {
        direct.write(action(id))
        const real = (await whole(direct, name, id)).map(({ names }) => names.join())
        expect(answers[0]!.map(({ names }) => names.join())).toEqual(real)
      } finally {
        direct.destroy()
      }
    })
  })

  it('see what was written before them, whoever wrote it', async () => {
    for (let value = 0; value < 50; value++) {
      const [writer, other] = value % 2 === 0 ? [ann, ben] : [ben, ann]
      const get = (id: string) => `Action: DBGet\r\nFamily: pbxkit\r\nKey: a\r\nActionID: ${id}\r\n\r\n`
      const ids = [unique('g'), unique('g'), unique('g')] as const
      other!.write(get(ids[0]))
      writer!.write(`Action: DBPut\r\nFamily: pbxkit\r\nKey: a\r\nVal: v${value}\r\n\r\n${get(ids[1])}`)
      await writer!.event({ Event: 'DBGetResponse', ActionID: ids[1], Val: `v${value}` })
      other!.write(get(ids[2]))
      await other!.event({ Event: 'DBGetResponse', ActionID: ids[2], Val: `v${value}` })
    }
  })
})

/** All of an answer. */
async function whole(client: AmiSocket, action: string, id: string): Promise<AmiMessage[]> {
  const own = (message: AmiMessage) => message.get('ActionID') === id
  const response = await client.next((message) => message.isResponse && own(message), `the answer to ${action}`)
  const isList = response.get('EventList') === 'start' || (listEnds[action] && /follow/i.test(response.get('Message') ?? ''))
  if (isList)
    await client.next(
      (message) => own(message) && (message.get('EventList') === 'Complete' || message.get('Event') === listEnds[action]),
      `the end of ${action}`
    )
  if (action === 'FAXStats') await client.event({ Event: 'FAXStats', ActionID: id })
  return client.ofId(id)
}
