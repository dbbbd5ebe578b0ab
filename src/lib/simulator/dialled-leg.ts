import { randomUUID } from 'node:crypto'
import type { Channel } from './channel.js'
import type { LocalPair, Pbx } from './pbx.js'
import type { Header } from './wire.js'

/** What Dial() sets before it dials, all empty (app_dial.c). */
const clearedVariables = [
  'DIALSTATUS',
  'DIALEDPEERNUMBER',
  'DIALEDPEERNAME',
  'ANSWEREDTIME',
  'ANSWEREDTIME_MS',
  'DIALEDTIME',
  'DIALEDTIME_MS',
  'RINGTIME',
  'RINGTIME_MS',
  'PROGRESSTIME',
  'PROGRESSTIME_MS'
]

/** The Local channel that Dial() called, bridged with the channel that called it. */
export interface DialledLeg {
  readonly pair: LocalPair
  readonly bridgeId: string
  readonly dialledAt: number
}

/** `caller` runs Dial(Local/EXTEN@CONTEXT): the other side answers at once and both are bridged. */
export function dial(pbx: Pbx, caller: Channel, exten: string): DialledLeg {
  const dialString = `${exten}@${caller.context}`
  pbx.runApplication(caller, 'Dial', `Local/${dialString}`)
  for (const name of clearedVariables) pbx.setVariable(caller, name, '')
  const pair = pbx.createLocalPair(exten, caller.context, caller.linkedid)
  announce(pbx, caller, pair)
  pbx.runApplication(pair.two, 'Answer', '')
  pbx.setState(pair.two, 6)
  pbx.setState(pair.one, 6)
  pbx.setVariable(caller, 'DIALSTATUS', 'ANSWER')
  pbx.setVariable(caller, 'DIALEDPEERNAME', pair.one.name)
  pbx.setVariable(caller, 'DIALEDPEERNUMBER', dialString)
  // Once answered, the dialled channel has no extension of its own any more (recorded).
  pair.one.exten = ''
  pbx.emit('DialEnd', 'call', [...caller.headers(), ...pair.one.headers('Dest'), ['DialStatus', 'ANSWER']])
  pbx.deviceState(pair, 'INUSE')
  pbx.setState(caller, 6)
  return { pair, bridgeId: bridge(pbx, caller, pair.one), dialledAt: pbx.clock.now() }
}

/** The dialled channel takes its caller's number as its own, and shows the extension that dialled it. */
function announce(pbx: Pbx, caller: Channel, pair: LocalPair): void {
  const { one, two } = pair
  pbx.setVariable(one, 'DIALEDPEERNUMBER', pair.dialString)
  one.exten = caller.exten
  one.callerNum = caller.exten
  pbx.runApplication(one, 'AppDial', '(Outgoing Line)')
  pbx.emitChannel('NewCallerid', one, [['CID-CallingPres', '0 (Presentation Allowed, Not Screened)']])
  pbx.setVariable(two, 'DIALEDPEERNUMBER', pair.dialString)
  two.connectedNum = caller.exten
  pbx.emitChannel('NewConnectedLine', two)
  pbx.localBridge(pair)
  pbx.emit('DialBegin', 'call', [...caller.headers(), ...one.headers('Dest'), ['DialString', pair.dialString]])
}

function bridge(pbx: Pbx, caller: Channel, dialled: Channel): string {
  const id = randomUUID()
  pbx.emit('BridgeCreate', 'call', bridgeHeaders(id, 0))
  pbx.runApplication(dialled, 'AppDial', '(Outgoing Line)')
  pbx.emit('BridgeEnter', 'call', [...bridgeHeaders(id, 1), ...dialled.headers()])
  pbx.emit('BridgeEnter', 'call', [...bridgeHeaders(id, 2), ...caller.headers()])
  pbx.setVariable(dialled, 'BRIDGEPEER', caller.name)
  pbx.setVariable(caller, 'BRIDGEPEER', dialled.name)
  caller.bridgeId = id
  dialled.bridgeId = id
  return id
}

/** The caller is hung up, Dial() ends, and what it called goes after it. */
export function hangUpDialled(pbx: Pbx, caller: Channel, { pair, bridgeId, dialledAt }: DialledLeg): void {
  const { one, two } = pair
  const talkedMs = Math.round(pbx.clock.now() - dialledAt)
  pbx.setVariable(caller, 'BRIDGEPEER', '')
  pbx.setVariable(one, 'BRIDGEPEER', '')
  pbx.emit('BridgeLeave', 'call', [...bridgeHeaders(bridgeId, 1), ...caller.headers()])
  for (const name of ['ANSWEREDTIME', 'DIALEDTIME']) {
    pbx.setVariable(caller, name, String(Math.floor(talkedMs / 1000)))
    pbx.setVariable(caller, `${name}_MS`, String(talkedMs))
  }
  pbx.setVariable(caller, 'DIALSTATUS', 'ANSWER')
  const cause: Header[] = [['Cause', 16]]
  pbx.emitChannel('SoftHangupRequest', caller, cause)
  pbx.removeChannel(caller, 16)
  pbx.emit('BridgeLeave', 'call', [...bridgeHeaders(bridgeId, 0), ...one.headers()])
  pbx.emit('BridgeDestroy', 'call', bridgeHeaders(bridgeId, 0))
  pbx.emitChannel('HangupRequest', two, cause)
  pbx.emitChannel('SoftHangupRequest', two, cause)
  pbx.removeChannel(two, 16)
  pbx.removeChannel(one, 16)
  pbx.deviceState(pair, 'NOT_INUSE')
}

function bridgeHeaders(id: string, channels: number): Header[] {
  return [
    ['BridgeUniqueid', id],
    ['BridgeType', 'basic'],
    ['BridgeTechnology', 'simple_bridge'],
    ['BridgeCreator', '<unknown>'],
    ['BridgeName', '<unknown>'],
    ['BridgeNumChannels', channels],
    ['BridgeVideoSourceMode', 'none']
  ]
}
