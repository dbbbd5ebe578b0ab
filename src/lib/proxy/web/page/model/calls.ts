import { first, type Message } from './message.js'

/** One channel, as far as its events have told. */
export interface Channel {
  /** Of the proxy; empty where it has one only. */
  server: string
  uniqueid: string
  linkedid: string
  name: string
  /** `ChannelStateDesc`: Down, Ring, Ringing, Up … */
  state: string
  caller: string
  connected: string
  /** `extension@context`. */
  where: string
  application: string
  bridge: string | undefined
  isHeld: boolean
  sinceMs: number
}

/** Channels that belong together, by their Linkedid or by a bridge. */
export interface Call {
  key: string
  channels: Channel[]
  /** Are two of its channels in one bridge? */
  isBridged: boolean
  state: 'talking' | 'ringing' | 'up' | 'starting'
  sinceMs: number
}

/** As many as a very large PBX has; more are not followed. */
const maxChannels = 30_000
/** Events of a channel may come a little after its Hangup (CDR, CEL). */
const maxEnded = 1_000

/** The channels of all servers, by Asterisk's events and lists. Knows no time but that it is given, and no page. */
export class Calls {
  readonly #channels = new Map<string, Channel>()
  /** Which channels are in a bridge: on a busy PBX one ends every few milliseconds, and not every channel is to be looked at for that. */
  readonly #bridges = new Map<string, Set<string>>()
  readonly #ended = new Set<string>()

  get channelCount(): number {
    return this.#channels.size
  }

  /** @returns whether anything that is shown may have changed */
  note(event: Message, nowMs: number): boolean {
    const server = first(event, 'Server') ?? ''
    switch (first(event, 'Event')) {
      case 'Hangup':
        return this.#end(channelKey(server, event))
      case 'Rename':
        return this.#change(channelKey(server, event), { name: first(event, 'Newname') ?? '' })
      case 'BridgeEnter':
        return this.#snapshot(event, nowMs, { bridge: first(event, 'BridgeUniqueid'), isHeld: false })
      case 'BridgeLeave':
        return this.#snapshot(event, nowMs, { bridge: undefined })
      case 'BridgeDestroy':
        return this.#leaveAll(server, first(event, 'BridgeUniqueid'))
      case 'Hold':
        return this.#snapshot(event, nowMs, { isHeld: true })
      case 'Unhold':
        return this.#snapshot(event, nowMs, { isHeld: false })
      case 'Newexten':
        return this.#snapshot(event, nowMs, { application: first(event, 'Application') ?? '' })
      case 'ProxyServerDown':
        return this.forget(server)
      default:
        // Every event of a channel has its snapshot, from which a page that was opened in the middle of a call learns of it.
        return first(event, 'ChannelStateDesc') === undefined ? false : this.#snapshot(event, nowMs, {})
    }
  }

  /** Takes a whole CoreShowChannels of a server in the place of what was known. @param askedMs channels that began since then are kept */
  replace(
    items: readonly Message[],
    { askedMs, nowMs, server }: { askedMs: number; nowMs: number; server: string | undefined }
  ): void {
    const listed = new Set<string>()
    for (const item of items) {
      const of = first(item, 'Server') ?? ''
      listed.add(channelKey(of, item))
      const bridge = first(item, 'BridgeId') || undefined
      const application = first(item, 'Application') ?? ''
      this.#snapshot(item, nowMs - durationMs(first(item, 'Duration')), { bridge, application })
    }
    for (const [key, channel] of this.#channels) {
      const isOfServer = server === undefined || channel.server === '' || channel.server === server
      if (isOfServer && !listed.has(key) && channel.sinceMs < askedMs) this.#remove(key)
    }
  }

  /** A server is gone, and its channels with it. Without the name of a server on its events it is the only one. */
  forget(server: string): boolean {
    const before = this.#channels.size
    for (const [key, channel] of this.#channels) if (channel.server === '' || channel.server === server) this.#remove(key)
    return this.#channels.size < before
  }

  clear(): void {
    this.#channels.clear()
    this.#bridges.clear()
    this.#ended.clear()
  }

  /** The oldest first. */
  calls(): Call[] {
    const groups = new Groups()
    for (const { server, linkedid, bridge } of this.#channels.values())
      if (bridge !== undefined) groups.join(`l ${server} ${linkedid}`, `b ${server} ${bridge}`)
    const byGroup = new Map<string, Channel[]>()
    for (const channel of this.#channels.values()) {
      const group = groups.of(`l ${channel.server} ${channel.linkedid}`)
      const channels = byGroup.get(group)
      if (channels) channels.push(channel)
      else byGroup.set(group, [channel])
    }
    return [...byGroup].map(([key, channels]) => callOf(key, channels)).sort((a, b) => a.sinceMs - b.sinceMs)
  }

  #snapshot(message: Message, sinceMs: number, more: Partial<Channel>): boolean {
    const server = first(message, 'Server') ?? ''
    const uniqueid = first(message, 'Uniqueid')
    const name = first(message, 'Channel')
    if (!uniqueid || !name) return false
    const key = channelKey(server, message)
    const known = this.#channels.get(key)
    if (!known && (this.#ended.has(key) || this.#channels.size >= maxChannels)) return false
    const exten = first(message, 'Exten') ?? ''
    const context = first(message, 'Context') ?? ''
    const channel: Channel = {
      ...(known ?? { application: '', bridge: undefined, isHeld: false, sinceMs }),
      ...{ server, uniqueid, name },
      linkedid: first(message, 'Linkedid') ?? known?.linkedid ?? uniqueid,
      state: first(message, 'ChannelStateDesc') ?? known?.state ?? '',
      caller: party(message, 'CallerID') || (known?.caller ?? ''),
      connected: party(message, 'ConnectedLine') || (known?.connected ?? ''),
      where: exten && context ? `${exten}@${context}` : (known?.where ?? ''),
      ...more
    }
    this.#set(key, channel)
    return true
  }

  #change(key: string, more: Partial<Channel>): boolean {
    const known = this.#channels.get(key)
    if (known) this.#set(key, { ...known, ...more })
    return known !== undefined
  }

  #end(key: string): boolean {
    this.#ended.add(key)
    if (this.#ended.size > maxEnded) this.#ended.delete(this.#ended.values().next().value!)
    return this.#remove(key)
  }

  #leaveAll(server: string, bridge: string | undefined): boolean {
    const keys = [...(this.#bridges.get(`${server} ${bridge}`) ?? [])]
    for (const key of keys) this.#change(key, { bridge: undefined })
    return keys.length > 0
  }

  #set(key: string, channel: Channel): void {
    const before = this.#channels.get(key)
    this.#channels.set(key, channel)
    if (before?.bridge === channel.bridge) return
    this.#leave(key, before)
    if (channel.bridge === undefined) return
    const name = `${channel.server} ${channel.bridge}`
    this.#bridges.set(name, (this.#bridges.get(name) ?? new Set()).add(key))
  }

  #remove(key: string): boolean {
    this.#leave(key, this.#channels.get(key))
    return this.#channels.delete(key)
  }

  #leave(key: string, channel: Channel | undefined): void {
    if (channel?.bridge === undefined) return
    const name = `${channel.server} ${channel.bridge}`
    const keys = this.#bridges.get(name)
    keys?.delete(key)
    if (keys?.size === 0) this.#bridges.delete(name)
  }
}

/** Asterisk numbers calls by its start: two servers may have the same. */
function channelKey(server: string, message: Message): string {
  return `${server} ${first(message, 'Uniqueid') ?? ''}`
}

/** `"Alice" 1001`; what Asterisk does not know is `<unknown>`. */
function party(message: Message, prefix: 'CallerID' | 'ConnectedLine'): string {
  const known = (field: 'Num' | 'Name') => {
    const value = first(message, `${prefix}${field}`) ?? ''
    return value === '<unknown>' ? '' : value
  }
  const [name, number] = [known('Name'), known('Num')]
  return name && number ? `${name} <${number}>` : name || number
}

/** Of `00:01:23`. */
function durationMs(text: string | undefined): number {
  const match = /^(\d{1,6}):(\d\d):(\d\d)$/.exec(text ?? '')
  return match ? ((Number(match[1]) * 60 + Number(match[2])) * 60 + Number(match[3])) * 1000 : 0
}

function callOf(key: string, channels: Channel[]): Call {
  channels.sort((a, b) => a.sinceMs - b.sinceMs || (a.uniqueid < b.uniqueid ? -1 : 1))
  const bridges = channels.map(({ bridge }) => bridge).filter((bridge) => bridge !== undefined)
  const isBridged = new Set(bridges).size < bridges.length
  const states = new Set(channels.map(({ state }) => state))
  const isRinging = states.has('Ringing') || states.has('Ring')
  return {
    ...{ key, channels, isBridged },
    state: isBridged ? 'talking' : isRinging ? 'ringing' : states.has('Up') ? 'up' : 'starting',
    sinceMs: channels[0]!.sinceMs
  }
}

/** Which names stand for the same group: a disjoint-set forest with path halving. */
class Groups {
  readonly #parents = new Map<string, string>()

  of(name: string): string {
    let at = name
    for (;;) {
      const parent = this.#parents.get(at)
      if (parent === undefined) return at
      const above = this.#parents.get(parent)
      if (above !== undefined) this.#parents.set(at, above)
      at = parent
    }
  }

  join(a: string, b: string): void {
    const [left, right] = [this.of(a), this.of(b)]
    if (left !== right) this.#parents.set(right, left)
  }
}
