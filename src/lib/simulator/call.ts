import type { Channel } from './channel.js'
import { type DialledLeg, dial, hangUpDialled } from './dialled-leg.js'
import { findExtension } from './dialplan.js'
import type { LiveCall, LocalPair, Pbx } from './pbx.js'

/** Answer() waits this long for audio before the dialplan goes on; seen in the recordings. */
const answerDelayMs = 500

/** What an originated call does once it is answered. */
export type Destination = { application: string; data: string } | { context: string; exten: string; priority: number }

export interface OriginateOptions {
  /** `s@demo` of Local/s@demo. */
  exten: string
  context: string
  destination: Destination
  variables: readonly (readonly [name: string, value: string])[]
  account: string
  callerNum: string
  callerName: string
}

/**
 * A call over a Local channel, from Newchannel to its last Hangup. The events and their order are those that Asterisk 22 was recorded
 * with; where its threads race (DialBegin against OriginateResponse), one of the recorded orders.
 */
export class Call implements LiveCall {
  readonly #pbx: Pbx
  readonly #options: OriginateOptions
  readonly #pair: LocalPair
  #dialled: DialledLeg | undefined
  readonly #timers = new Set<() => void>()
  #ended = false

  /** Dials. @param onAnswer told between the answer and what the dialplan does then: where OriginateResponse belongs */
  constructor(pbx: Pbx, options: OriginateOptions, onAnswer: (channel: Channel) => void = () => {}) {
    this.#pbx = pbx
    this.#options = options
    this.#pair = this.#dial()
    pbx.callsProcessed++
    for (const channel of [this.#pair.one, this.#pair.two]) pbx.calls.set(channel, this)
    this.#answer(onAnswer)
  }

  hangUp(channel: Channel, cause: number): void {
    this.#end(channel, cause, false)
  }

  /** @param fellThrough the channel's dialplan has no next priority: it stands one past the last when it hangs up (recorded) */
  #end(channel: Channel, cause: number, fellThrough: boolean): void {
    if (this.#ended) return
    this.#ended = true
    for (const cancel of this.#timers) cancel()
    const { one, two } = this.#pair
    const [first, second] = channel === two && !this.#dialled ? [two, one] : [one, two]
    this.#softHangup(first)
    if (fellThrough && first === channel) first.priority++
    this.#pbx.emitChannel('HangupRequest', second, [['Cause', cause]])
    this.#pbx.removeChannel(first, cause)
    if (this.#dialled) {
      hangUpDialled(this.#pbx, two, this.#dialled)
    } else {
      this.#softHangup(second)
      this.#pbx.removeChannel(second, cause)
    }
    this.#pbx.deviceState(this.#pair, 'NOT_INUSE')
  }

  #dial(): LocalPair {
    const pbx = this.#pbx
    const { exten, context, variables, account, callerNum, callerName } = this.#options
    const pair = pbx.createLocalPair(exten, context)
    pbx.runApplication(pair.one, 'AppDial2', '(Outgoing Line)')
    for (const half of [pair.one, pair.two]) {
      for (const [name, value] of variables) pbx.setVariable(half, name, value)
      if (account) setAccount(pbx, half, account)
      if (callerNum || callerName) setCaller(pbx, half, half === pair.two, callerNum, callerName)
    }
    pbx.localBridge(pair)
    pbx.emit('DialBegin', 'call', [...pair.one.headers('Dest'), ['DialString', pair.dialString]])
    return pair
  }

  /** `;2` runs the dialplan of what was dialled: it answers, or dials on and is answered. */
  #answer(onAnswer: (channel: Channel) => void): void {
    const pbx = this.#pbx
    const { one, two } = this.#pair
    const extension = findExtension(two.exten, pbx.callSeconds)!
    if (extension.dials) {
      this.#dialled = dial(pbx, two, extension.dials)
      for (const channel of [this.#dialled.pair.one, this.#dialled.pair.two]) pbx.calls.set(channel, this)
      this.#later(answerDelayMs, () => pbx.runApplication(nextPriority(this.#dialled!.pair.two), 'Wait', String(pbx.callSeconds)))
    } else {
      pbx.runApplication(two, 'Answer', '')
      pbx.setState(two, 6)
    }
    pbx.setState(one, 6)
    pbx.emit('DialEnd', 'call', [...one.headers('Dest'), ['DialStatus', 'ANSWER']])
    onAnswer(one)
    pbx.deviceState(this.#pair, 'INUSE')
    this.#runDestination(one)
    const { waitS } = extension
    const endMs = answerDelayMs + (waitS ?? pbx.callSeconds) * 1000
    if (waitS !== undefined) this.#later(answerDelayMs, () => pbx.runApplication(nextPriority(two), 'Wait', String(waitS)))
    this.#later(endMs, () => this.#end(two, 0, true))
  }

  #runDestination(one: Channel): void {
    const { destination } = this.#options
    if ('application' in destination) {
      one.application = destination.application
      one.applicationData = destination.data
      const seconds = Number.parseFloat(destination.data)
      // Of the applications, Wait ends by itself; Echo and the like last as long as the other side.
      if (destination.application.toLowerCase() === 'wait' && seconds >= 0) this.#later(seconds * 1000, () => this.hangUp(one, 0))
      return
    }
    one.context = destination.context
    one.exten = destination.exten
    one.priority = destination.priority
    this.#pbx.runApplication(one, 'Answer', '')
    const waitS = findExtension(one.exten, this.#pbx.callSeconds)?.waitS ?? this.#pbx.callSeconds
    this.#pbx.runApplication(nextPriority(one), 'Wait', String(waitS))
    this.#later(waitS * 1000, () => this.#end(one, 0, true))
  }

  /** Only a channel that runs the dialplan asks for its own end. */
  #softHangup(channel: Channel): void {
    if (channel === this.#pair.one && 'application' in this.#options.destination) return
    this.#pbx.emitChannel('SoftHangupRequest', channel, [['Cause', 16]])
  }

  #later(delayMs: number, task: () => void): void {
    const cancel = this.#pbx.clock.after(delayMs, () => {
      this.#timers.delete(cancel)
      task()
    })
    this.#timers.add(cancel)
  }
}

/**
 * A call to an extension that does not exist: the Local channel comes and goes.
 */
export function failLocalCall(pbx: Pbx, exten: string, context: string): void {
  const pair = pbx.createLocalPair(exten, context)
  pbx.runApplication(pair.one, 'AppDial2', '(Outgoing Line)')
  pbx.removeChannel(pair.two, 0)
  pbx.removeChannel(pair.one, 0)
  pbx.deviceState(pair, 'INVALID')
}

function nextPriority(channel: Channel): Channel {
  channel.priority++
  return channel
}

function setAccount(pbx: Pbx, channel: Channel, account: string): void {
  const old = channel.accountCode
  channel.accountCode = account
  pbx.emitChannel('NewAccountCode', channel, [['OldAccountCode', old]])
}

/** `;2` shows the connected line already when its caller id comes: it takes both over from `;1`. */
function setCaller(pbx: Pbx, channel: Channel, connectedFirst: boolean, num: string, name: string): void {
  const connect = () => Object.assign(channel, { connectedNum: num, connectedName: name })
  Object.assign(channel, { callerNum: num, callerName: name })
  if (connectedFirst) connect()
  pbx.emitChannel('NewCallerid', channel, [['CID-CallingPres', '0 (Presentation Allowed, Not Screened)']])
  connect()
  pbx.emitChannel('NewConnectedLine', channel)
}
