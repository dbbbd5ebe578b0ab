import type { Header } from './wire.js'

/** Channel states of Asterisk (ast_channel_state) that a simulated call passes through. */
const stateNames = { 0: 'Down', 4: 'Ring', 6: 'Up' } as const
export type ChannelState = keyof typeof stateNames

/** Asterisk shows an empty caller id as this. */
const unknown = '<unknown>'

/** One channel, and how Asterisk shows it in events (ast_manager_build_channel_state_string_prefix). */
export class Channel {
  readonly name: string
  readonly uniqueid: string
  readonly linkedid: string
  readonly createdAt: number
  readonly variables = new Map<string, string>()
  state: ChannelState
  callerNum = ''
  callerName = ''
  connectedNum = ''
  connectedName = ''
  accountCode = ''
  context: string
  exten: string
  priority = 1
  application = ''
  applicationData = ''
  bridgeId = ''

  constructor(init: Pick<Channel, 'name' | 'uniqueid' | 'linkedid' | 'createdAt' | 'state' | 'context' | 'exten'>) {
    this.name = init.name
    this.uniqueid = init.uniqueid
    this.linkedid = init.linkedid
    this.createdAt = init.createdAt
    this.state = init.state
    this.context = init.context
    this.exten = init.exten
  }

  get stateName(): string {
    return stateNames[this.state]
  }

  /** The channel's headers, in Asterisk's order. @param prefix `Dest`, `LocalOne` or `LocalTwo` where an event has several channels */
  headers(prefix = ''): Header[] {
    return [
      [`${prefix}Channel`, this.name],
      [`${prefix}ChannelState`, this.state],
      [`${prefix}ChannelStateDesc`, this.stateName],
      [`${prefix}CallerIDNum`, this.callerNum || unknown],
      [`${prefix}CallerIDName`, this.callerName || unknown],
      [`${prefix}ConnectedLineNum`, this.connectedNum || unknown],
      [`${prefix}ConnectedLineName`, this.connectedName || unknown],
      [`${prefix}Language`, 'en'],
      [`${prefix}AccountCode`, this.accountCode],
      [`${prefix}Context`, this.context],
      [`${prefix}Exten`, this.exten],
      [`${prefix}Priority`, this.priority],
      [`${prefix}Uniqueid`, this.uniqueid],
      [`${prefix}Linkedid`, this.linkedid]
    ]
  }

  /** The caller id as OriginateResponse shows it. */
  callerHeaders(): Header[] {
    return [
      ['CallerIDNum', this.callerNum || unknown],
      ['CallerIDName', this.callerName || unknown]
    ]
  }

  /** The connected line as Status shows it once more. */
  effectiveConnectedLine(): Header[] {
    return [
      ['EffectiveConnectedLineNum', this.connectedNum || unknown],
      ['EffectiveConnectedLineName', this.connectedName || unknown]
    ]
  }
}
