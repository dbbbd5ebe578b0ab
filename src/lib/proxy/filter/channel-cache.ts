import { type ChannelRole, factsOf } from './event-facts.js'
import type { EventView } from './event-view.js'

export interface CachedEvent {
  readonly bytes: Buffer
  /** Its `Context`; empty without one. */
  readonly context: string
}

/** What announces a channel to those who have not seen it begin. */
export interface CachedChannel {
  /** In lower case. */
  readonly channel: string
  /** Key of the Linkedid, as last seen; empty without one. */
  readonly linkedid: string
  readonly newchannel: CachedEvent
  /** The last one, if there was one. */
  readonly newstate: CachedEvent | undefined
}

const marks = ['Newchannel', 'Newstate', 'Hangup'].map((name) => Buffer.from(`Event: ${name}`))

const none: ReadonlySet<string> = new Set()

/** More than a large PBX has at once, at 1.5 kB each. The oldest go first: they are those whose Hangup was missed. */
const maxChannels = 20_000

/**
 * Newchannel and the last Newstate of every channel that lives, of all servers, by the key of its Uniqueid. One per proxy. `note` may come
 * before or after the filters see the event: a channel stays until the next event after its Hangup.
 */
export class ChannelCache {
  readonly #channels = new Map<string, CachedChannel>()
  /** Uniqueids by call. */
  readonly #calls = new Map<string, Set<string>>()
  readonly #maxChannels: number
  #hungUp: string | undefined

  constructor({ limit = maxChannels }: { limit?: number } = {}) {
    this.#maxChannels = limit
  }

  /** Is there anything for `note` in a run of events? Much cheaper than looking at each of them. */
  static mayConcern(run: Buffer): boolean {
    return marks.some((mark) => run.indexOf(mark) >= 0)
  }

  get size(): number {
    return this.#channels.size
  }

  note(event: EventView): void {
    const { name } = event
    if (name === 'Newchannel') this.#begin(event)
    else if (name === 'Newstate') this.#change(event)
    else if (name === 'Hangup') this.#end(event)
  }

  /** @param uniqueid as in EventFacts */
  get(uniqueid: string): CachedChannel | undefined {
    return this.#channels.get(uniqueid)
  }

  entries(): IterableIterator<[uniqueid: string, channel: CachedChannel]> {
    return this.#channels.entries()
  }

  /** The channels of a call that live, as far as their last Newchannel or Newstate said. @param linkedid as in EventFacts */
  inCall(linkedid: string): ReadonlySet<string> {
    return this.#calls.get(linkedid) ?? none
  }

  /** After a server was lost nobody says which of its channels ended. */
  forgetServer(server: string): void {
    for (const uniqueid of this.#channels.keys()) {
      if (uniqueid.startsWith(`${server}\n`)) this.#delete(uniqueid)
    }
  }

  #begin(event: EventView): void {
    this.#drop()
    const role = ownRole(event)
    if (!role) return
    const { channel, uniqueid, linkedid } = role
    this.#set(uniqueid, { channel, linkedid, newchannel: copyOf(event, role), newstate: undefined })
    if (this.#channels.size > this.#maxChannels) this.#delete(this.#channels.keys().next().value!)
  }

  #change(event: EventView): void {
    this.#drop()
    const role = ownRole(event)
    const cached = role && this.#channels.get(role.uniqueid)
    if (!cached) return
    const { channel, uniqueid, linkedid } = role
    this.#set(uniqueid, { channel, linkedid, newchannel: cached.newchannel, newstate: copyOf(event, role) })
  }

  #end(event: EventView): void {
    this.#drop()
    this.#hungUp = ownRole(event)?.uniqueid
    if (this.#hungUp !== undefined) this.#leaveCall(this.#hungUp, this.#channels.get(this.#hungUp))
  }

  #drop(): void {
    if (this.#hungUp !== undefined) this.#delete(this.#hungUp)
    this.#hungUp = undefined
  }

  #set(uniqueid: string, channel: CachedChannel): void {
    const before = this.#channels.get(uniqueid)
    if (before?.linkedid !== channel.linkedid) {
      this.#leaveCall(uniqueid, before)
      const call = this.#calls.get(channel.linkedid)
      if (call) call.add(uniqueid)
      else if (channel.linkedid !== '') this.#calls.set(channel.linkedid, new Set([uniqueid]))
    }
    this.#channels.set(uniqueid, channel)
  }

  #delete(uniqueid: string): void {
    this.#leaveCall(uniqueid, this.#channels.get(uniqueid))
    this.#channels.delete(uniqueid)
  }

  #leaveCall(uniqueid: string, channel: CachedChannel | undefined): void {
    const call = channel && this.#calls.get(channel.linkedid)
    if (call?.delete(uniqueid) && call.size === 0) this.#calls.delete(channel!.linkedid)
  }
}

/** These three events tell of one channel. */
function ownRole(event: EventView) {
  return factsOf(event).roles.find(({ uniqueid }) => uniqueid !== '')
}

/** A view of the bytes would keep the whole chunk that they came in. */
function copyOf(event: EventView, role: ChannelRole): CachedEvent {
  const { roles, places } = factsOf(event)
  return { bytes: Buffer.from(event.bytes), context: places[roles.indexOf(role)] ?? '' }
}
