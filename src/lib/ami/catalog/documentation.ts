import { type ActionDefinition, type Catalog, type EventDefinition, listEndEvent } from './catalog.js'

/** A field of an action or an event, with what is known of it. */
export interface DocumentedField {
  name: string
  required: boolean
  text?: string
  /** The words that it may be; other values are not refused by us. */
  values?: string[]
  default?: string
}

/** What is known of an action or an event: by the server's own words, or by the bundled names alone. */
export interface Documentation {
  kind: 'action' | 'event'
  name: string
  synopsis?: string
  description?: string
  since?: string
  module?: string
  /** Classes of which a user needs one to send the action; empty: every user may. Undefined: not known. */
  privilege?: string[]
  /** The class of an event: who has it among its read classes gets the event. */
  class?: string
  fields: DocumentedField[]
  /** Whose words the fields are: the connected server's, or those of the Asterisk 22 that is bundled. */
  source: 'server' | 'bundled'
  /** Events that are the items of the action's list. */
  list?: string[]
  /** The event that closes the list. */
  complete?: string
  seeAlso?: string[]
}

/** What the bundled catalogue says of an action. The sentences of Asterisk's documentation are not in it. */
export function documentAction(action: ActionDefinition): Documentation {
  const complete = action.complete?.[0] ?? listEndEvent(action.name)
  return {
    kind: 'action',
    name: action.name,
    module: action.module,
    fields: action.params.map((param) => ({
      name: param.name,
      required: param.required === true,
      ...(param.enum && { values: param.enum }),
      ...(param.default !== undefined && { default: param.default })
    })),
    source: 'bundled',
    ...(action.list && { list: action.list }),
    ...(complete !== undefined && { complete })
  }
}

/** What the bundled catalogue says of an event. */
function documentEvent(event: EventDefinition): Documentation {
  return {
    kind: 'event',
    name: event.name,
    class: event.class,
    module: event.module,
    fields: event.params.flatMap(expandSnapshot).map((name) => ({ name, required: true })),
    source: 'bundled'
  }
}

/** All that is bundled about a name, which may be in any case. */
export function documentBundled(catalog: Catalog, kind: 'action' | 'event', name: string): Documentation | undefined {
  const key = name.toLowerCase()
  if (kind === 'event') {
    const event = catalog.events.get(key)
    return event && documentEvent(event)
  }
  const action = catalog.actions.get(key)
  return action && documentAction(action)
}

/** The headers that `manager show event` prints for a channel and for a bridge (Asterisk 22). */
export const channelSnapshot: readonly string[] = [
  'Channel',
  'ChannelState',
  'ChannelStateDesc',
  'CallerIDNum',
  'CallerIDName',
  'ConnectedLineNum',
  'ConnectedLineName',
  'Language',
  'AccountCode',
  'Context',
  'Exten',
  'Priority',
  'Uniqueid',
  'Linkedid'
]
const bridgeSnapshot: readonly string[] = [
  'BridgeUniqueid',
  'BridgeType',
  'BridgeTechnology',
  'BridgeCreator',
  'BridgeName',
  'BridgeNumChannels',
  'BridgeVideoSourceMode',
  'BridgeVideoSource'
]

/** `$channel_snapshot` stands for the headers of a channel. */
function expandSnapshot(name: string): readonly string[] {
  if (name === '$channel_snapshot') return channelSnapshot
  return name === '$bridge_snapshot' ? bridgeSnapshot : [name]
}
