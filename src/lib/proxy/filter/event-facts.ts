import type { EventView } from './event-view.js'
import { headerKind } from './header-families.js'

/** One channel that an event tells of. Keys hold the server's name: Uniqueids are unique on one server only. */
export interface ChannelRole {
  /** Its name in lower case; empty when the event does not say it. */
  channel: string
  /** Key of its Uniqueid; empty without one. */
  uniqueid: string
  /** Key of its Linkedid; empty without one. */
  linkedid: string
  /** Its dialplan context, case kept; empty when the event does not say it. */
  context: string
}

/** What all column filters want to know about an event, read once for all of them. */
export interface EventFacts {
  /** The event's name in lower case. */
  readonly name: string
  readonly roles: readonly ChannelRole[]
  /** Non-empty values of `*Context`, case kept. */
  readonly contexts: readonly string[]
  /** Keys of the bridges it tells of. */
  readonly bridges: readonly string[]
  /** A bridge of Dial, Bridge and transfers: Asterisk gives all channels in it one Linkedid. */
  readonly isBasicBridge: boolean
  readonly hasAccount: boolean
  /**
   * Do its Linkedids say what belongs together now? Not in a UserEvent, whose headers anybody makes up, nor in Cdr and CEL, which come by
   * another way and may be late.
   */
  readonly isTrusted: boolean
}

let lastEvent: EventView | undefined
let lastFacts: EventFacts | undefined

/** The facts of an event. Of the last one they are kept, since a hundred filters ask for the same event one after the other. */
export function factsOf(event: EventView): EventFacts {
  if (lastEvent === event) return lastFacts!
  lastFacts = readFacts(event)
  lastEvent = event
  return lastFacts
}

const untrusted = new Set(['userevent', 'cdr', 'cel'])

function readFacts(event: EventView): EventFacts {
  const roles: ChannelRole[] = []
  const names: string[] = []
  const contexts: string[] = []
  const bridges: string[] = []
  const places: string[] = []
  let hasAccount = false
  const { server } = event
  const roleOf = (role: string): ChannelRole => {
    const index = names.indexOf(role)
    if (index >= 0) return roles[index]!
    const added = { channel: '', uniqueid: '', linkedid: '', context: '' }
    names.push(role)
    roles.push(added)
    return added
  }
  for (const [header, value] of event.headers) {
    const kind = headerKind(header)
    if (kind === undefined) continue
    if (kind.family === 'account') hasAccount = true
    else if (value === '') continue
    else if (kind.family === 'channel') roleOf(kind.role).channel = value.toLowerCase()
    else if (kind.family === 'channel or number') {
      if (value.includes('/')) roleOf(kind.role).channel = value.toLowerCase()
    } else if (kind.family === 'context') {
      contexts.push(value)
      places.push(kind.role, value)
    } else if (!isId(value)) continue
    else if (kind.family === 'bridge') bridges.push(key(server, value))
    else roleOf(kind.role)[kind.family] = key(server, value)
  }
  // A context alone is no channel: ExtensionStatus and the like have one.
  for (let index = 0; index < places.length; index += 2) {
    const role = names.indexOf(places[index]!)
    if (role >= 0) roles[role]!.context = places[index + 1]!
  }
  const name = event.name.toLowerCase()
  const isBasicBridge = event.get('BridgeType') === 'basic'
  return { name, roles, contexts, bridges, isBasicBridge, hasAccount, isTrusted: !untrusted.has(name) }
}

/** `<null>` and the like stand for none: a failed Originate has it, everybody's. */
function isId(value: string): boolean {
  return !value.startsWith('<') && !value.startsWith('(')
}

/** No server's name and no Uniqueid holds a line end. */
function key(server: string, id: string): string {
  return `${server}\n${id}`
}
