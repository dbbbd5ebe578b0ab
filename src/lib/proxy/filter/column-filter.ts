import type { FilterColumns } from '../user-options.js'
import { forceAccount } from './account.js'
import { CallMemory } from './call-memory.js'
import type { CachedEvent, ChannelCache } from './channel-cache.js'
import { ChannelPattern } from './channel-pattern.js'
import { type ChannelRole, type EventFacts, factsOf } from './event-facts.js'
import type { EventFilter } from './event-filter.js'
import type { EventView } from './event-view.js'

/** `unknown`: the event has nothing that the column could be compared with. */
type Verdict = 'pass' | 'block' | 'unknown'

/** The channels that a call centre has at once; when so many are remembered, all are judged anew. */
const maxJudged = 1_000

/**
 * The filter columns of astmanproxy.users, on events (answers and list items never come here), with their documented meaning on Asterisk 12
 * and newer:
 *
 * | column | an event passes |
 * |---|---|
 * | `channel` | when one of its channels (`Channel`, `DestChannel`, `TransfererChannel`, `LocalOneChannel`, …) is the user's, or is in a call that is followed |
 * | `in_context` | when one of its `*Context` headers is equal, case counting; without such a header, when one of its channels was last seen there |
 * | `filters: cdronly, brionly, xfronly` | when it is Cdr; Bridge*, Link, Unlink; Transfer, BlindTransfer, AttendedTransfer; and nothing else |
 * | `filters: novar` | when it is not VarSet, SetVar, Set |
 * | `more_events` | also when it has neither channel, Uniqueid nor context |
 * | `account` | always; account headers are overwritten in this user's copy |
 *
 * An event has to satisfy all of them. A call is what Asterisk calls one: all channels with one Linkedid. It is followed from the first event
 * that shows a channel of the user's in it until the last of its channels hangs up, so a call that the user has transferred away goes on.
 * A channel of another call that stands in a passed event beside the user's is shown in this event, and not followed. Where Linkedids are
 * merged (Asterisk does it in bridges of Dial, Bridge and transfers, not in ConfBridge) the other call is followed as soon as one of the
 * user's channels shows its Linkedid, or a channel of it enters a bridge in which a followed channel is.
 *
 * Whose channel it is, is believed of Asterisk's own events only: UserEvent, which any client can send with any header, is let through by
 * its headers but makes nothing followed.
 *
 * Before the first event of a channel of a followed call that is not its Newchannel, its cached Newchannel and last Newstate are put.
 */
export class ColumnFilter implements EventFilter {
  readonly #cache: ChannelCache
  readonly #pattern: ChannelPattern | undefined
  readonly #inContext: string | undefined
  readonly #account: Buffer | undefined
  readonly #moreEvents: boolean
  readonly #noVar: boolean
  readonly #only: FilterColumns['only']
  /** By Uniqueid: what was said last of a channel whose events passed, and of one whose events did not. Most events say it again. */
  readonly #passing = new Map<string, ChannelRole>()
  readonly #blocked = new Map<string, ChannelRole>()
  readonly #memory = new CallMemory((uniqueid) => {
    this.#passing.delete(uniqueid)
    this.#blocked.delete(uniqueid)
  })

  constructor(columns: FilterColumns, cache: ChannelCache) {
    this.#cache = cache
    this.#pattern = columns.channel ? new ChannelPattern(columns.channel) : undefined
    this.#inContext = columns.inContext || undefined
    this.#account = columns.account ? Buffer.from(columns.account) : undefined
    this.#moreEvents = columns.moreEvents
    this.#noVar = columns.noVar
    this.#only = columns.only
    this.#followLiving()
  }

  /** What is followed now, for tests and for who looks after the memory. */
  get followed(): { calls: number; channels: number; bridges: number } {
    return { calls: this.#memory.callCount, channels: this.#memory.channelCount, bridges: this.#memory.bridgeCount }
  }

  /** @returns undefined, `event.bytes` itself, or what goes out in its place: see EventFilter */
  apply(event: EventView): Buffer | undefined {
    const facts = factsOf(event)
    const known = facts.isPlain ? this.#recall(facts) : undefined
    const passes = (known ?? this.#decide(facts)) && this.#isWanted(facts.name)
    const replay = passes && known === undefined && this.#only.length === 0 ? this.#announce(event, facts) : undefined
    if (known === undefined && facts.isPlain) this.#remember(facts, passes)
    if (facts.name === 'hangup') for (const { uniqueid } of facts.roles) this.#memory.hangUp(uniqueid)
    if (!passes) return undefined
    if (replay) replay.push(event.bytes)
    else if (!this.#account || !facts.hasAccount) return event.bytes
    const bytes = replay ? Buffer.concat(replay) : event.bytes
    return this.#account ? forceAccount(bytes, this.#account) : bytes
  }

  /** Calls that the user was in before it logged in. */
  #followLiving(): void {
    const pattern = this.#pattern
    if (!pattern) return
    for (const [uniqueid, { channel, linkedid }] of this.#cache.entries()) {
      if (pattern.matches(channel)) this.#follow(uniqueid, linkedid)
    }
  }

  /** A channel makes its call followed; those of its channels that have said nothing since belong to it too. */
  #follow(uniqueid: string, linkedid: string): void {
    const isFollowed = linkedid === '' || this.#memory.follows(linkedid)
    this.#memory.join(uniqueid, linkedid)
    if (isFollowed || !this.#memory.follows(linkedid)) return
    for (const other of this.#cache.inCall(linkedid)) this.#memory.join(other, linkedid)
  }

  /** The verdict on an event that says of its channels what was said before; undefined when something may have changed since. */
  #recall({ roles }: EventFacts): boolean | undefined {
    if (roles.length === 0) return undefined
    let passes = false
    for (const role of roles) {
      if (this.#passing.get(role.uniqueid) === role) passes = true
      else if (this.#blocked.get(role.uniqueid) !== role || this.#memory.follows(role.linkedid)) return undefined
    }
    return passes
  }

  #remember({ roles, name }: EventFacts, passes: boolean): void {
    // A context says more than its channel, and with several channels it is open which of them made the event pass.
    if (this.#pattern === undefined || this.#inContext !== undefined || roles.length !== 1) return
    const role = roles[0]!
    // What becomes of a channel is told by its Uniqueid; or it is still to be announced.
    if (role.uniqueid === '' || this.#memory.isUnannounced(role.uniqueid)) return
    if (!passes && !this.#isWanted(name)) return
    const judged = passes ? this.#passing : this.#blocked
    if (judged.size >= maxJudged) judged.clear()
    judged.set(role.uniqueid, role)
  }

  #isWanted(name: string): boolean {
    if (this.#noVar && (name === 'varset' || name === 'setvar' || name === 'set')) return false
    if (this.#only.length === 0) return true
    for (const kind of this.#only) if (isOfKind(name, kind)) return true
    return false
  }

  #decide(facts: EventFacts): boolean {
    if (!this.#pattern && this.#inContext === undefined) return true
    // The channel column first, and always: it keeps the memory, which must see what the other columns block.
    const channel = this.#pattern ? this.#judgeChannels(facts, this.#pattern) : 'pass'
    const context = this.#inContext === undefined ? 'pass' : this.#judgeContexts(facts, this.#inContext)
    if (channel === 'block' || context === 'block') return false
    if (channel === 'unknown') return this.#moreEvents
    return context === 'pass' || this.#pattern !== undefined || this.#moreEvents
  }

  #judgeChannels(facts: EventFacts, pattern: ChannelPattern): Verdict {
    const memory = this.#memory
    const { name, roles, bridges } = facts
    let verdict: Verdict = roles.length === 0 ? 'unknown' : 'block'
    for (const { channel } of roles) if (channel !== '' && pattern.matches(channel)) verdict = 'pass'
    if (facts.isTrusted) this.#learn(facts, pattern)
    if (verdict === 'block') {
      for (const role of roles) {
        if (this.#isInCall(role) || (name === 'hangup' && memory.knows(role.uniqueid))) verdict = 'pass'
      }
    }
    for (const bridge of bridges) {
      if (roles.length === 0 && memory.knowsBridge(bridge)) verdict = 'pass'
    }
    if (facts.isTrusted && bridges.length > 0) this.#trackBridge(facts)
    return verdict
  }

  #isInCall({ uniqueid, linkedid }: ChannelRole): boolean {
    if (linkedid !== '' && this.#memory.follows(linkedid)) return true
    if (uniqueid === '') return false
    return this.#memory.hasEnded(uniqueid) || (linkedid === '' && this.#memory.hasMember(uniqueid))
  }

  /** Which channel is in which call now. */
  #learn(facts: EventFacts, pattern: ChannelPattern): void {
    const memory = this.#memory
    const { name, roles } = facts
    let isSettled = true
    for (const { channel, uniqueid, linkedid } of roles) {
      if (uniqueid === '') continue
      if (name === 'newchannel') memory.begin(uniqueid)
      else if (memory.isIn(uniqueid, linkedid)) continue
      if (channel !== '' && pattern.matches(channel)) {
        // Without a Linkedid (Rename, OriginateResponse) nothing is said of the call, unless the server is too old to have any.
        if (linkedid !== '' || !memory.knows(uniqueid)) this.#follow(uniqueid, linkedid)
        continue
      }
      isSettled = false
      if (linkedid !== '' && name === 'bridgeenter' && facts.isBasicBridge && memory.isInBridge(facts.bridges[0]!)) {
        this.#follow(uniqueid, linkedid)
      }
    }
    if (isSettled) return
    for (const { channel, uniqueid, linkedid } of roles) {
      if (uniqueid === '' || linkedid === '' || memory.isIn(uniqueid, linkedid)) continue
      if (memory.follows(linkedid)) memory.join(uniqueid, linkedid)
      else if (!pattern.matches(channel)) memory.leave(uniqueid)
    }
  }

  #trackBridge({ name, roles, bridges }: EventFacts): void {
    const bridge = bridges[0]!
    const memory = this.#memory
    if (name === 'bridgedestroy') memory.destroyBridge(bridge)
    if (name !== 'bridgeenter' && name !== 'bridgeleave') return
    if (!memory.hasMember(roles.find(({ channel, uniqueid }) => channel !== '' && uniqueid !== '')?.uniqueid ?? '')) return
    if (name === 'bridgeenter') memory.enterBridge(bridge)
    else memory.leaveBridge(bridge)
  }

  #judgeContexts({ roles, places, contexts, isTrusted }: EventFacts, inContext: string): Verdict {
    if (contexts.length > 0) {
      if (!contexts.includes(inContext)) return 'block'
      if (isTrusted && !this.#pattern) {
        for (const [index, { uniqueid }] of roles.entries())
          if (uniqueid !== '' && places[index] === inContext) this.#memory.join(uniqueid, '')
      }
      return 'pass'
    }
    if (roles.length === 0) return 'unknown'
    if (this.#pattern) return 'pass'
    for (const { uniqueid } of roles) if (this.#memory.hasMember(uniqueid)) return 'pass'
    return 'block'
  }

  /** @returns what is put before the event, if anything */
  #announce(event: EventView, { name, roles }: EventFacts): Buffer[] | undefined {
    let replay: Buffer[] | undefined
    for (const { uniqueid } of roles) {
      if (name === 'newchannel') this.#memory.announced(uniqueid)
      if (uniqueid === '' || !this.#memory.isUnannounced(uniqueid)) continue
      const cached = this.#cache.get(uniqueid)
      if (cached && !this.#mayShow(cached.newchannel)) continue
      this.#memory.announced(uniqueid)
      // It began before the proxy did: there is nothing to show.
      if (!cached) continue
      replay ??= []
      replay.push(cached.newchannel.bytes)
      const { newstate } = cached
      // The event itself may be the one that the cache has last.
      if (newstate && this.#mayShow(newstate) && !newstate.bytes.equals(event.bytes)) replay.push(newstate.bytes)
    }
    return replay
  }

  /** What is replayed is blocked by its context as if it came now. */
  #mayShow({ context }: CachedEvent): boolean {
    return this.#inContext === undefined || context === '' || context === this.#inContext
  }
}

function isOfKind(name: string, kind: FilterColumns['only'][number]): boolean {
  if (kind === 'cdr') return name === 'cdr'
  if (kind === 'bri') return name.startsWith('bridge') || name === 'link' || name === 'unlink'
  return name === 'transfer' || name === 'blindtransfer' || name === 'attendedtransfer'
}
