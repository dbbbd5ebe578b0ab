import { Channel, type ChannelState } from './channel.js'
import type { Clock } from './clock.js'
import { type Header, makeEvent, type SimulatedEvent } from './wire.js'

/** The two halves of a Local channel: `;1` is what was dialled, `;2` runs the dialplan. */
export interface LocalPair {
  readonly one: Channel
  readonly two: Channel
  /** `s@demo` of Local/s@demo-00000001;1. */
  readonly dialString: string
}

/** A call that is up: how to end it, whoever asks. */
export interface LiveCall {
  hangUp(channel: Channel, cause: number): void
}

/** What Asterisk calls a hangup cause (ast_cause2str), for those that a call here can end with. */
const causeTexts: Readonly<Record<number, string>> = {
  0: 'Unknown',
  1: 'Unallocated (unassigned) number',
  16: 'Normal Clearing',
  17: 'User busy',
  18: 'No user responding',
  19: 'User alerting, no answer',
  21: 'Call Rejected',
  34: 'Circuit/channel congestion'
}

/** How long calls last, and where numbers start: tests and the event stream choose their own. */
export interface PbxOptions {
  clock: Clock
  /** Seconds that an extension waits before it hangs up. */
  callSeconds: number
  /** Number of the first channel. */
  firstChannel?: number
}

/** The state of the simulated PBX: channels, variables, counters. Whoever listens gets every event. */
export class Pbx {
  readonly clock: Clock
  readonly callSeconds: number
  readonly startedAt: number
  /** By name, in the order in which they came. */
  readonly channels = new Map<string, Channel>()
  readonly globals = new Map<string, string>()
  /** The call that a channel belongs to. */
  readonly calls = new Map<Channel, LiveCall>()
  callsProcessed = 0
  readonly #listeners = new Set<(event: SimulatedEvent) => void>()
  #nextChannel: number
  #nextPair = 0

  constructor({ clock, callSeconds, firstChannel = 0 }: PbxOptions) {
    this.clock = clock
    this.callSeconds = callSeconds
    this.startedAt = clock.now()
    this.#nextChannel = firstChannel
  }

  get uptimeS(): number {
    return Math.floor((this.clock.now() - this.startedAt) / 1000)
  }

  /** Calls that are up: a call has at least two channels. */
  get activeCalls(): number {
    return new Set(this.calls.values()).size
  }

  onEvent(listener: (event: SimulatedEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  emit(name: string, privilege: string, headers: readonly Header[]): void {
    const event = makeEvent(name, privilege, headers)
    for (const listener of this.#listeners) listener(event)
  }

  /** An event of class `call` or `dialplan` about one channel. */
  emitChannel(name: string, channel: Channel, headers: readonly Header[] = [], privilege = 'call'): void {
    this.emit(name, privilege, [...channel.headers(), ...headers])
  }

  createLocalPair(exten: string, context: string, linkedid?: string): LocalPair {
    const number = this.#nextPair.toString(16).padStart(8, '0')
    this.#nextPair = (this.#nextPair + 1) % 2 ** 32
    const one = this.#createChannel(`Local/${exten}@${context}-${number};1`, 0, exten, context, linkedid)
    const two = this.#createChannel(`Local/${exten}@${context}-${number};2`, 4, exten, context, one.linkedid)
    return { one, two, dialString: `${exten}@${context}` }
  }

  /** `1795247198.3`: when the channel came, and its number. The first channel of a call names the Linkedid of all. */
  #createChannel(name: string, state: ChannelState, exten: string, context: string, linkedid?: string): Channel {
    const now = this.clock.now()
    const uniqueid = `${Math.floor(now / 1000)}.${this.#nextChannel++}`
    const channel = new Channel({ name, uniqueid, linkedid: linkedid ?? uniqueid, createdAt: now, state, exten, context })
    this.channels.set(name, channel)
    this.emitChannel('Newchannel', channel)
    return channel
  }

  localBridge({ one, two }: LocalPair): void {
    this.emit('LocalBridge', 'call', [
      ...one.headers('LocalOne'),
      ...two.headers('LocalTwo'),
      ['Context', two.context],
      ['Exten', two.exten],
      ['LocalOptimization', 'Yes']
    ])
  }

  /** The channel is gone: its last event. */
  removeChannel(channel: Channel, cause: number): void {
    this.emitChannel('Hangup', channel, [
      ['Cause', cause],
      ['Cause-txt', causeTexts[cause] ?? 'Unknown']
    ])
    this.channels.delete(channel.name)
    this.calls.delete(channel)
  }

  setState(channel: Channel, state: ChannelState): void {
    channel.state = state
    this.emitChannel('Newstate', channel)
  }

  setVariable(channel: Channel, name: string, value: string): void {
    channel.variables.set(name, value)
    const headers: Header[] = [
      ['Variable', name],
      ['Value', value]
    ]
    this.emitChannel('VarSet', channel, headers, 'dialplan')
  }

  setGlobal(name: string, value: string): void {
    this.globals.set(name, value)
    this.emit('VarSet', 'dialplan', [
      ['Channel', 'none'],
      ['Uniqueid', 'none'],
      ['Variable', name],
      ['Value', value]
    ])
  }

  /** A channel begins an application, in the dialplan or by itself (AppDial). */
  runApplication(channel: Channel, application: string, data: string): void {
    channel.application = application
    channel.applicationData = data
    const headers: Header[] = [
      ['Extension', channel.exten],
      ['Application', application],
      ['AppData', data]
    ]
    this.emitChannel('Newexten', channel, headers, 'dialplan')
  }

  /** Both halves of a Local channel report the same device. */
  deviceState(pair: LocalPair, state: 'INUSE' | 'NOT_INUSE' | 'INVALID'): void {
    for (let half = 0; half < 2; half++) {
      this.emit('DeviceStateChange', 'call', [
        ['Device', `Local/${pair.dialString}`],
        ['State', state]
      ])
    }
  }
}
