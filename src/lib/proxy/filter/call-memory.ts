/** One channel that is followed. */
interface FollowedChannel {
  /** Key of the call; empty when its server sends no Linkedid; undefined since it went over into a call that is not followed. */
  linkedid: string | undefined
  isAnnounced: boolean
}

/** More than one user's calls ever are, even of a user whose channel is a trunk. The oldest go first: their Hangup was missed. */
const maxChannels = 10_000
/** What still comes after a Hangup (Cdr, CEL, AgentComplete, DialEnd) comes within a few calls; batched Cdr within 100 (cdr.conf `size`). */
const maxEnded = 1_000

/**
 * The calls that one filter follows. A call is a Linkedid, from the first event that shows one of the user's channels in it until the last
 * of its channels that were seen has hung up. All keys are those of EventFacts.
 */
export class CallMemory {
  readonly #channels = new Map<string, FollowedChannel>()
  /** How many of the channels are in each call. */
  readonly #calls = new Map<string, number>()
  /** How many followed channels are in each bridge that one of them has been in. */
  readonly #bridges = new Map<string, number>()
  readonly #ended = new Set<string>()
  readonly #onChanged: (uniqueid: string) => void

  /** @param onChanged is told of each channel that joins, leaves, ends, begins anew or is forgotten */
  constructor(onChanged: (uniqueid: string) => void) {
    this.#onChanged = onChanged
  }

  get channelCount(): number {
    return this.#channels.size
  }

  get callCount(): number {
    return this.#calls.size
  }

  get bridgeCount(): number {
    return this.#bridges.size
  }

  follows(linkedid: string): boolean {
    return this.#calls.has(linkedid)
  }

  /** Is it in a followed call, as far as was seen? */
  hasMember(uniqueid: string): boolean {
    return this.#channels.get(uniqueid)?.linkedid !== undefined
  }

  /** Has it ever been in a followed call, and not hung up? */
  knows(uniqueid: string): boolean {
    return this.#channels.has(uniqueid)
  }

  hasEnded(uniqueid: string): boolean {
    return this.#ended.has(uniqueid)
  }

  /** Is it in this call, which is followed? Then an event that says so is no news. */
  isIn(uniqueid: string, linkedid: string): boolean {
    return linkedid !== '' && this.#channels.get(uniqueid)?.linkedid === linkedid
  }

  /** Is it in a followed call, and has not been shown yet? */
  isUnannounced(uniqueid: string): boolean {
    const channel = this.#channels.get(uniqueid)
    return channel !== undefined && !channel.isAnnounced && channel.linkedid !== undefined
  }

  announced(uniqueid: string): void {
    const channel = this.#channels.get(uniqueid)
    if (channel) channel.isAnnounced = true
  }

  /** A channel is in this call, which is followed from now on. Not after its Hangup: late events bring no call back. */
  join(uniqueid: string, linkedid: string): void {
    const channel = this.#channels.get(uniqueid)
    if (channel?.linkedid === linkedid || this.#ended.has(uniqueid)) return
    this.#onChanged(uniqueid)
    if (channel) {
      this.#leaveCall(channel.linkedid)
      channel.linkedid = linkedid
    } else {
      this.#channels.set(uniqueid, { linkedid, isAnnounced: false })
    }
    if (linkedid !== '') this.#joinCall(linkedid)
    if (this.#channels.size > maxChannels) this.#remove(this.#channels.keys().next().value!)
  }

  /** A channel has gone over into a call that is not followed. */
  leave(uniqueid: string): void {
    const channel = this.#channels.get(uniqueid)
    if (channel?.linkedid === undefined) return
    this.#onChanged(uniqueid)
    this.#leaveCall(channel.linkedid)
    channel.linkedid = undefined
  }

  hangUp(uniqueid: string): void {
    const channel = this.#channels.get(uniqueid)
    if (!channel) return
    if (channel.linkedid !== undefined) {
      this.#ended.add(uniqueid)
      if (this.#ended.size > maxEnded) this.#forgetEnded(this.#ended.values().next().value!)
    }
    this.#forget(uniqueid, channel)
  }

  /** A channel begins: whatever had its Uniqueid before (`ChannelId` of Originate may come again) is another one. */
  begin(uniqueid: string): void {
    this.#forgetEnded(uniqueid)
    this.#remove(uniqueid)
  }

  /** Has a followed channel been in it? */
  knowsBridge(bridge: string): boolean {
    return this.#bridges.has(bridge)
  }

  /** Is a followed channel in it? */
  isInBridge(bridge: string): boolean {
    return (this.#bridges.get(bridge) ?? 0) > 0
  }

  enterBridge(bridge: string): void {
    this.#bridges.set(bridge, (this.#bridges.get(bridge) ?? 0) + 1)
    if (this.#bridges.size > maxChannels) this.#bridges.delete(this.#bridges.keys().next().value!)
  }

  leaveBridge(bridge: string): void {
    const count = this.#bridges.get(bridge)
    if (count !== undefined) this.#bridges.set(bridge, Math.max(0, count - 1))
  }

  destroyBridge(bridge: string): void {
    this.#bridges.delete(bridge)
  }

  #remove(uniqueid: string): void {
    const channel = this.#channels.get(uniqueid)
    if (channel) this.#forget(uniqueid, channel)
  }

  #forget(uniqueid: string, { linkedid }: FollowedChannel): void {
    this.#onChanged(uniqueid)
    this.#leaveCall(linkedid)
    this.#channels.delete(uniqueid)
  }

  #forgetEnded(uniqueid: string): void {
    if (this.#ended.delete(uniqueid)) this.#onChanged(uniqueid)
  }

  #joinCall(linkedid: string): void {
    const members = this.#calls.get(linkedid) ?? 0
    this.#calls.set(linkedid, members + 1)
  }

  #leaveCall(linkedid: string | undefined): void {
    if (!linkedid) return
    const left = (this.#calls.get(linkedid) ?? 0) - 1
    if (left > 0) this.#calls.set(linkedid, left)
    else this.#calls.delete(linkedid)
  }
}
