import { ScriptedServer } from '../../unit/lib/proxy/support/scripted-server.js'

/** A channel of an event as Asterisk 22 writes it. */
export interface SceneChannel {
  name: string
  id: string
  linkedid?: string
  state?: string
  caller?: [number: string, name: string]
  connected?: [number: string, name: string]
  exten?: string
}

/** An event of a channel, as on the wire. */
export function channelEvent(event: string, channel: SceneChannel, more: Record<string, string> = {}): string {
  const {
    name,
    id,
    linkedid = id,
    state = 'Up',
    caller = ['<unknown>', '<unknown>'],
    connected = ['<unknown>', '<unknown>'],
    exten = 's'
  } = channel
  const headers = {
    ...{ Event: event, Privilege: 'call,all' },
    ...(event === 'CoreShowChannel' && { Privilege: undefined }),
    ...{ Channel: name, ChannelState: state === 'Up' ? '6' : '5', ChannelStateDesc: state },
    ...{ CallerIDNum: caller[0], CallerIDName: caller[1], ConnectedLineNum: connected[0], ConnectedLineName: connected[1] },
    ...{ Language: 'en', AccountCode: '', Context: 'office', Exten: exten, Priority: '1', Uniqueid: id, Linkedid: linkedid },
    ...more
  }
  return `${Object.entries(headers)
    .flatMap(([header, value]) => (value === undefined ? [] : [`${header}: ${value}\r\n`]))
    .join('')}\r\n`
}

const people: Record<string, [string, string]> = {
  alice: ['1001', 'Alice'],
  bob: ['1002', 'Bob'],
  carol: ['1003', 'Carol'],
  itsp: ['+420225551234', 'Dvořák s.r.o.']
}
const at = (name: string, id: string, more: Partial<SceneChannel> = {}): SceneChannel => ({
  name: `PJSIP/${name}-${id}`,
  id: `1795000000.${id}`,
  caller: people[name]!,
  ...more
})

/** An Asterisk with a handful of calls, for pictures: two that talk, one that rings. `play` sends what happens while somebody looks. */
export async function startScene(): Promise<{ server: ScriptedServer; play: () => void }> {
  const alice = at('alice', '0000001a', { connected: people.bob!, exten: '1002' })
  const bob = at('bob', '0000001b', { linkedid: alice.id, connected: people.alice! })
  const itsp = at('itsp', '0000001e', { connected: people.carol!, exten: '100' })
  const carol = at('carol', '0000001f', { linkedid: itsp.id, connected: people.itsp! })
  const calling = at('bob', '00000021', { state: 'Ring', exten: '1003' })
  const ringing = at('carol', '00000022', { state: 'Ringing', linkedid: calling.id, connected: people.bob! })
  const server = await ScriptedServer.start({
    onAction: ({ name, id }, scene) => {
      const headers = `ActionID: ${id}\r\n`
      if (name !== 'CoreShowChannels')
        return scene.emit(`Response: Success\r\n${headers}Ping: Pong\r\nTimestamp: 1795247198.000001\r\n\r\n`)
      const item = (channel: SceneChannel, Duration: string, BridgeId: string, Application: string) =>
        Buffer.from(channelEvent('CoreShowChannel', channel, { ActionID: id, Duration, BridgeId, Application }))
      scene.emit(
        Buffer.concat([
          Buffer.from(`Response: Success\r\n${headers}EventList: start\r\nMessage: Channels will follow\r\n\r\n`),
          item(alice, '00:04:12', 'b7e1', 'Dial'),
          item(bob, '00:04:10', 'b7e1', 'AppDial'),
          item(itsp, '00:00:38', 'c0de', 'Queue'),
          item(carol, '00:00:31', 'c0de', 'AppQueue'),
          Buffer.from(`Event: CoreShowChannelsComplete\r\n${headers}EventList: Complete\r\nListItems: 4\r\n\r\n`)
        ])
      )
    }
  })
  const utf8 = (text: string) => server.emit(Buffer.from(text))
  const play = () => {
    utf8(channelEvent('Newchannel', calling))
    utf8(channelEvent('Newexten', calling, { Application: 'Dial', AppData: 'PJSIP/carol,30' }))
    utf8(channelEvent('Newchannel', ringing))
    utf8('Event: DeviceStateChange\r\nPrivilege: call,all\r\nDevice: PJSIP/carol\r\nState: RINGINUSE\r\n\r\n')
    utf8(channelEvent('VarSet', itsp, { Variable: 'QUEUENAME', Value: 'support' }))
    utf8(channelEvent('DTMFEnd', alice, { Digit: '5', DurationMs: '120', Direction: 'Received' }))
    utf8(
      'Event: ContactStatus\r\nPrivilege: system,all\r\nURI: sip:alice@10.0.0.21\r\nContactStatus: Reachable\r\nAOR: alice\r\n\r\n'
    )
  }
  return { server, play }
}
