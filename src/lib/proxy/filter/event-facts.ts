import type { EventView } from './event-view.js'
import { headerKind } from './header-families.js'

/**
 * One channel that an event tells of. Keys hold the server's name: Uniqueids are unique on one server only. Events that say the same of a channel
 * share one object.
 */
export interface ChannelRole {
  /** Its name in lower case; empty when the event does not say it. */
  readonly channel: string
  /** Key of its Uniqueid; empty without one. */
  readonly uniqueid: string
  /** Key of its Linkedid; empty without one. */
  readonly linkedid: string
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** What all column filters want to know about an event, read once for all of them. */
export interface EventFacts {
  /** The event's name in lower case. */
  readonly name: string
  readonly roles: readonly ChannelRole[]
  /** The dialplan context of each role, case kept; empty when the event does not say it. */
  readonly places: readonly string[]
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
  /** Does it say no more of its channels than in which call they are? Not the beginnings and ends of channels and bridges. */
  readonly isPlain: boolean
}

/** The facts of an event, read when the first filter asks: a hundred filters may ask for the same event. */
export function factsOf(event: EventView): EventFacts {
  event.facts ??= readFacts(event)
  return event.facts
}

const untrusted = new Set(['userevent', 'cdr', 'cel'])
const turns = new Set(['newchannel', 'hangup', 'bridgeenter', 'bridgeleave', 'bridgedestroy'])

function readFacts(event: EventView): EventFacts {
  const roles: Mutable<ChannelRole>[] = []
  const names: string[] = []
  const contexts: string[] = []
  const bridges: string[] = []
  const contextRoles: string[] = []
  let hasAccount = false
  const { server } = event
  const roleOf = (role: string): Mutable<ChannelRole> => {
    const index = names.indexOf(role)
    if (index >= 0) return roles[index]!
    const added = { channel: '', uniqueid: '', linkedid: '' }
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
      contextRoles.push(kind.role)
    } else if (!isId(value)) continue
    else if (kind.family === 'bridge') bridges.push(key(server, value))
    else roleOf(kind.role)[kind.family] = key(server, value)
  }
  // A context alone is no channel: ExtensionStatus and the like have one.
  const places = names.map((role) => contexts[contextRoles.lastIndexOf(role)] ?? '')
  const name = event.name.toLowerCase()
  const isBasicBridge = event.get('BridgeType') === 'basic'
  const isTrusted = !untrusted.has(name)
  return {
    name,
    roles: roles.map(shared),
    places,
    contexts,
    bridges,
    isBasicBridge,
    hasAccount,
    isTrusted,
    isPlain: isTrusted && !turns.has(name)
  }
}

/** `<null>` and the like stand for none: a failed Originate has it, everybody's. */
function isId(value: string): boolean {
  return !value.startsWith('<') && !value.startsWith('(')
}

/** More channels, calls and bridges than live at once; when so many are known, all are forgotten and made anew. */
const maxShared = 50_000
/** Far longer than Asterisk's own names and Uniqueids. A UserEvent may have any text in such headers: it is not to fill the memory. */
const maxSharedLength = 256
const keys = new Map<string, string>()
const sharedRoles = new Map<string, ChannelRole>()

/** No server's name and no Uniqueid holds a line end. Equal keys are the same string: a hundred filters look each of them up. */
function key(server: string, id: string): string {
  const made = `${server}\n${id}`
  return share(keys, made, made)
}

function shared(role: ChannelRole): ChannelRole {
  return share(sharedRoles, `${role.channel}\n${role.uniqueid}\n${role.linkedid}`, role)
}

function share<T>(known: Map<string, T>, name: string, made: T): T {
  if (name.length > maxSharedLength) return made
  const found = known.get(name)
  if (found !== undefined) return found
  if (known.size >= maxShared) known.clear()
  known.set(name, made)
  return made
}
