import type { Duplex } from 'node:stream'
import { AgiGuard, type GuardNotice, type GuardOptions, type GuardStep } from '../agi/guard.js'
import { type BridgeReason, type CallEvent, type CallOutcome, nextOutcome } from '../agi/outcome.js'
import type { ByteChannel } from '../net/byte-channel.js'
import { Patience, type Wait } from '../net/patience.js'
import type { AsteriskLeg, LegReader } from './asterisk-leg.js'
import type { TunnelCounters } from './counters.js'
import type { ApplicationEnd } from './directory.js'

export interface BridgeOptions {
  guard: GuardOptions
  /** An application that does not end so long after HANGUP is given up: Asterisk would keep the channel for ever. */
  hangupGraceMs: number
  /** An application that says nothing for so long, with no command under way, is given up. Undefined: never. */
  idleLimitMs?: number | undefined
  onNotice?: (notice: GuardNotice) => void
  /** Told of what passes, as it passes. */
  counters?: Pick<TunnelCounters, 'bytes' | 'commandAnswered'> | undefined
}

export interface BridgeReport extends CallOutcome {
  /** Commands that went to Asterisk. */
  commands: number
}

/** The application has ended, and Asterisk has so long to close, which takes it as long as its last command. Then the application is not held any longer. */
const farewellPatience = Patience.of(60_000)

/**
 * Carries a call between Asterisk and an application that has been reached, through the guard. What the other side does not read is not read either.
 * It begins as SUCCESS, and every end is told to both.
 */
export class Bridge implements LegReader {
  /** Settles when Asterisk's connection has closed; never rejects. */
  readonly ended: Promise<BridgeReport>
  readonly #leg: AsteriskLeg
  readonly #asterisk: Duplex
  readonly #application: ByteChannel
  readonly #options: BridgeOptions
  readonly #lossReason: () => BridgeReason
  readonly #guard: AgiGuard
  readonly #hangupPatience: Patience
  readonly #settle: (report: BridgeReport) => void
  #outcome: CallOutcome = { outcome: 'SUCCESS', reason: undefined, isFinal: false }
  #hangupWait: Wait | undefined
  #farewellWait: Wait | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #commandSentMs = 0

  constructor(leg: AsteriskLeg, { stream, lossReason }: ApplicationEnd, options: BridgeOptions) {
    this.#leg = leg
    this.#asterisk = leg.socket
    this.#application = stream
    this.#options = options
    this.#lossReason = lossReason
    this.#guard = new AgiGuard(options.guard)
    this.#hangupPatience = Patience.of(options.hangupGraceMs)
    let settle: (report: BridgeReport) => void = () => {}
    this.ended = new Promise((resolve) => {
      settle = resolve
    })
    this.#settle = settle
  }

  start(): this {
    const [asterisk, application] = [this.#asterisk, this.#application]
    asterisk.on('drain', () => this.#pace())
    application.on('error', ignore)
    application.on('drain', () => void asterisk.resume())
    application.on('data', (chunk: Buffer) => {
      const { counters } = this.#options
      if (counters) counters.bytes.fromApplications += chunk.length
      this.#idleTimer?.refresh()
      const forwarded = this.#guard.forwarded
      this.#apply(this.#guard.fromApplication(chunk))
      if (this.#guard.forwarded > forwarded) this.#commandSentMs = performance.now()
    })
    application.on('end', () => {
      this.#happened({ type: 'application-ended' })
      this.#apply(this.#guard.applicationEnded())
    })
    application.on('close', () => {
      if (!application.readableEnded) this.drop(this.#lossReason())
    })
    const { idleLimitMs } = this.#options
    if (idleLimitMs) this.#idleTimer = setTimeout(() => this.#idle(), idleLimitMs)
    this.#leg.handOver(this)
    if (application.destroyed) this.drop(this.#lossReason())
    else application.resume()
    return this
  }

  /** Gives the call up, and tells the dialplan. */
  drop(reason: BridgeReason): void {
    this.#apply(this.#guard.drop(reason))
  }

  onData(chunk: Buffer): void {
    const asked = this.#guard.outstanding
    this.#apply(this.#guard.fromAsterisk(chunk))
    if (asked && this.#guard.outstanding !== asked) this.#answered()
    if (this.#guard.hasHungUp) this.#hangupWait ??= this.#hangupPatience.begin(() => this.drop('hangup-grace'))
  }

  /** A message that plays for an hour is no silence of the application. */
  #idle(): void {
    if (this.#guard.outstanding) this.#idleTimer?.refresh()
    else this.drop('app-timeout')
  }

  #answered(): void {
    this.#idleTimer?.refresh()
    const nowMs = performance.now()
    this.#options.counters?.commandAnswered((nowMs - this.#commandSentMs) / 1000)
    // The next one, which waited, has gone with it.
    this.#commandSentMs = nowMs
  }

  onEnd(): void {
    this.#happened({ type: 'asterisk-ended' })
    // A stream that is told a second time makes an error of it, with all the work of one.
    if (!this.#application.writableEnded) this.#application.end()
    // What the application still says nobody reads.
    if (!this.#asterisk.writableEnded) this.#asterisk.end()
  }

  onClose(): void {
    this.#happened({ type: 'asterisk-ended' })
    clearTimeout(this.#idleTimer)
    this.#hangupPatience.end(this.#hangupWait)
    farewellPatience.end(this.#farewellWait)
    const application = this.#application
    // In good order it was told by now; else it is to hear that this was no end.
    if (!application.writableEnded) application.destroy()
    else if (!application.destroyed) this.#release(application)
    const { outcome, reason, isFinal } = this.#outcome
    this.#settle({ outcome, reason, isFinal, commands: this.#guard.forwarded })
  }

  /** It has been told the end; what it still sends goes nowhere, and not for ever. */
  #release(application: ByteChannel): void {
    application.resume()
    const wait = this.#hangupPatience.begin(() => void application.destroy())
    application.once('close', () => this.#hangupPatience.end(wait))
  }

  #apply(step: GuardStep): void {
    for (const notice of step.notices) this.#options.onNotice?.(notice)
    if (step.dropped) this.#happened({ type: 'broken', reason: step.dropped })
    if (this.#asterisk.writable) for (const bytes of step.toAsterisk) this.#asterisk.write(bytes)
    let hasRoom = true
    const { counters } = this.#options
    if (this.#application.writable)
      for (const bytes of step.toApplication) {
        if (counters) counters.bytes.toApplications += bytes.length
        hasRoom = this.#application.write(bytes)
      }
    if (!hasRoom) this.#asterisk.pause()
    if (step.endAsterisk) this.#farewell()
    if (step.dropped) this.#application.destroy()
    else this.#pace()
  }

  #farewell(): void {
    if (!this.#asterisk.writableEnded) this.#asterisk.end()
    // Whoever stops reading its replies must not keep Asterisk's end from being seen.
    this.#farewellWait ??= farewellPatience.begin(() => void this.#asterisk.destroy())
  }

  /** Reads the application as fast as its commands go through the guard and to Asterisk. */
  #pace(): void {
    if (this.#guard.isFull || this.#asterisk.writableNeedDrain) this.#application.pause()
    else this.#application.resume()
  }

  #happened(event: CallEvent): void {
    this.#outcome = nextOutcome(this.#outcome, event)
  }
}

/** A failure is followed by `close`. */
function ignore(): void {}
