import type { Field } from '../ami/encode.js'
import type { Ask } from './server-catalog.js'

/** A list that a server gives, and the header of its items that is a value. */
interface ValueQuery {
  action: string
  header: string
  /** Stands before the value: a channel is called by its technology. */
  prefix?: string
  /** Fields that narrow the list down, taken over from those that have been typed. */
  takes?: readonly string[]
}

const channels: ValueQuery = { action: 'CoreShowChannels', header: 'Channel' }
const endpoints: ValueQuery = { action: 'PJSIPShowEndpoints', header: 'ObjectName' }
const dialled: ValueQuery = { ...endpoints, prefix: 'PJSIP/' }
const members: ValueQuery = { action: 'QueueStatus', header: 'Location', takes: ['Queue'] }
const bridges: ValueQuery = { action: 'BridgeList', header: 'BridgeUniqueid' }
const contexts: ValueQuery = { action: 'ShowDialPlan', header: 'Context' }
const extensions: ValueQuery = { action: 'ShowDialPlan', header: 'Extension', takes: ['Context'] }

/** By the name of the field, in lower case; behind a blank the one of a certain action. */
const queries: Readonly<Record<string, readonly ValueQuery[]>> = {
  agent: [{ action: 'Agents', header: 'Agent' }],
  aor: [{ action: 'PJSIPShowAors', header: 'ObjectName' }],
  bridgeuniqueid: [bridges],
  bridgeid: [bridges],
  channel: [channels],
  'channel originate': [dialled],
  'channel localoptimizeaway': [channels],
  channel1: [channels],
  channel2: [channels],
  extrachannel: [channels],
  targetchannel: [channels],
  transfererchannel: [channels],
  timeoutchannel: [channels],
  conference: [{ action: 'ConfbridgeListRooms', header: 'Conference' }],
  context: [contexts],
  extracontext: [contexts],
  device: [{ action: 'DeviceStateList', header: 'Device' }],
  endpoint: [endpoints],
  exten: [extensions],
  extension: [extensions],
  interface: [members, dialled],
  stateinterface: [dialled],
  member: [members],
  parkinglot: [{ action: 'Parkinglots', header: 'Name' }],
  queue: [{ action: 'QueueSummary', header: 'Queue' }],
  registration: [{ action: 'PJSIPShowRegistrationsOutbound', header: 'ObjectName' }]
}

/** Yes and no, where Asterisk's documentation names no words. */
const booleans: ReadonlySet<string> = new Set(['async', 'earlymedia', 'paused', 'immediate', 'soft', 'allvariables', 'reload'])

/** The classes of `EventMask` and `Events`. */
const masks: readonly string[] = [
  'on',
  'off',
  'call',
  'system',
  'agent',
  'user',
  'cdr',
  'dtmf',
  'reporting',
  'security',
  'dialplan'
]

/** An answer is good for so long: completion is asked for several times while a word is typed. */
const keptMs = 5_000
/** Nobody chooses among more; a PBX with more channels is asked for a longer beginning. */
const maxValues = 20_000

/** The values that fields may have on the connected server: channels, endpoints, queues and the like, asked for when they are wanted. */
export class FieldValues {
  readonly #ask: Ask
  readonly #now: () => number
  readonly #kept = new Map<string, { at: number; values: Promise<string[]> }>()

  constructor(ask: Ask, now: () => number = Date.now) {
    this.#ask = ask
    this.#now = now
  }

  /** Values for a field of an action; none where nothing is known, or the server does not say. */
  async valuesFor(action: string, field: string, given: readonly Field[]): Promise<string[]> {
    const name = field.toLowerCase()
    if (booleans.has(name)) return ['true', 'false']
    if (name === 'eventmask') return [...masks]
    const wanted = queries[`${name} ${action.toLowerCase()}`] ?? (Object.hasOwn(queries, name) ? queries[name]! : [])
    const lists = await Promise.all(wanted.map((query) => this.#values(query, given).catch(() => [])))
    return [...new Set(lists.flat())].sort()
  }

  #values({ action, header, prefix = '', takes = [] }: ValueQuery, given: readonly Field[]): Promise<string[]> {
    const narrowing = given.filter(
      ([name, value]) => value !== '' && takes.some((one) => one.toLowerCase() === name.toLowerCase())
    )
    const key = JSON.stringify([action, header, prefix, narrowing])
    const kept = this.#kept.get(key)
    if (kept && this.#now() - kept.at < keptMs) return kept.values
    for (const [old, { at }] of this.#kept) if (this.#now() - at >= keptMs) this.#kept.delete(old)
    const values = this.#query([['Action', action], ...narrowing], header, prefix)
    this.#kept.set(key, { at: this.#now(), values })
    values.catch(() => this.#kept.delete(key))
    return values
  }

  async #query(fields: readonly Field[], header: string, prefix: string): Promise<string[]> {
    const { items } = await this.#ask(fields)
    const values = new Set<string>()
    for (const item of items) {
      const value = item.get(header)
      // What a terminal would obey is no value to type.
      if (value && !/[\u0000-\u001f\u007f-\u009f]/.test(value)) values.add(prefix + value)
      if (values.size === maxValues) break
    }
    return [...values]
  }
}
