import type { Duplex } from 'node:stream'
import type { LoginThrottle } from '../access/login-throttle.js'
import { type Block, findHeader } from '../ami/block.js'
import { EventMask } from '../ami/event-mask.js'
import { ActionIntake } from './action-intake.js'
import { audit } from './audit/audit.js'
import { ClientRequester } from './client-requester.js'
import { ClientView, type Wishes } from './client-view.js'
import type { OwnCopy, Subscriber } from './fan-out.js'
import type { InputFormat, Origin, OutputFormat } from './formats/format.js'
import { LastPlan } from './forward-plan.js'
import { LoginState } from './login-state.js'
import type { LoginResult, ProxyMetrics } from './metrics.js'
import type { ProxyLog, ProxyOptions } from './options.js'
import { Outbox } from './outbox.js'
import type { Ending } from './pending-actions.js'
import { errorAnswer, ownAnswer } from './rewrite.js'
import { WireTap } from './trace/wire-tap.js'
import type { FilterColumns } from './user-options.js'
import type { FilterSource, View } from './view.js'

/** What a session needs of the proxy. */
export interface ClientContext {
  /** As they are now: they may be reloaded. */
  options: () => ProxyOptions
  log: ProxyLog
  throttle: LoginThrottle
  metrics: Pick<ProxyMetrics, 'action' | 'login'>
  /** Makes the filter of an account's columns, for one client. */
  filterSource: (columns: FilterColumns, client: ClientSession) => FilterSource
  banner: () => string
  /** Takes one action of a client that has come whole. */
  dispatch: (client: ClientSession, block: Block, id: Buffer | undefined) => void
  /** What the client may see has changed; undefined: nothing, since it is not logged in or gone. */
  subscribe: (client: ClientSession, view: View | undefined, since?: number) => void
}

/** Who is at the other end of a session's stream, and what it speaks. */
export interface Peer {
  /** `address:port`, for the log. */
  address: string
  isEncrypted: boolean
  input: InputFormat
  output: OutputFormat
  /** Is Asterisk's banner wanted? */
  greet: boolean
  /** What counts as one connection; requests of HTTP that come on one share it. */
  connection?: object | undefined
  /** Does it come from the web page? */
  isWeb?: boolean | undefined
}

/** Answers that may wait for a client before its next actions are left in its own socket. */
const maxUnreadBytes = 1024 * 1024
/** A client that has closed its half is waited for so long: as long as an Originate may take, and then some. */
const maxHalfOpenMs = 5 * 60_000

let sessions = 0

/** One client of the proxy: its bytes in and out, its login, and its end. What its actions do is decided elsewhere. */
export class ClientSession implements Subscriber {
  readonly outbox: Outbox
  /** Who waits for the answers to its actions. */
  readonly requester = new ClientRequester(this)
  readonly login: LoginState
  readonly peer: Peer
  readonly view: ClientView
  readonly connectedAt = new Date()
  /** Of one run of the proxy. */
  readonly id = ++sessions
  /** Has it been told that a server is fully booted? */
  toldBooted = false
  /** How many actions it sent. */
  actions = 0
  /** Has an action been refused before its login? */
  wasDenied = false
  /** The ActionID that it sent last. */
  lastActionId = ''
  readonly lastPlan = new LastPlan()
  readonly #stream: Duplex
  readonly #context: ClientContext
  readonly #intake: ActionIntake
  #inFlight = 0
  #closing = false
  /** Why it ends, once that is known. */
  #reason: string | undefined
  readonly #tap: WireTap | undefined
  /** How the session ends once nothing is in flight; what comes from the client meanwhile is not heard. */
  #leave: (() => void) | undefined
  #authTimer: NodeJS.Timeout | undefined

  constructor(stream: Duplex, peer: Peer, context: ClientContext) {
    this.#stream = stream
    this.#context = context
    this.peer = peer
    const { limits, autoFilter, maxQueueBytes, maxQueueAgeMs, overflow, coalesceMs, stallTimeoutMs, authTimeoutMs } =
      context.options()
    this.view = new ClientView({
      output: peer.output,
      autoFilter,
      account: () => this.login.account,
      filterSource: (columns) => context.filterSource(columns, this),
      onChanged: (view, since) => context.subscribe(this, view, since)
    })
    this.#tap = WireTap.of(context.log, () => ({ client: this.address, user: this.login.username }))
    this.#intake = new ActionIntake(peer.input.createParser(limits), {
      onAction: (block) => this.#take(block),
      onFault: (message) => this.#endFaulty(message),
      onUnfinished: () => this.#actionTooLate(),
      isDeaf: () => this.#closing || this.#leave !== undefined,
      timeoutMs: () => context.options().actionTimeoutMs,
      tap: this.#tap
    })
    this.outbox = new Outbox(stream, {
      onWrite: this.#tap?.sentEncoded,
      maxQueueBytes,
      maxQueueAgeMs,
      overflow,
      coalesceMs,
      stallTimeoutMs,
      onStalled: () => this.#readsTooSlowly(),
      onDropped: (events) => this.#tellDropped(events)
    })
    this.login = new LoginState({
      rules: context.options,
      throttle: context.throttle,
      address: peer.address.replace(/:\d+$/, ''),
      isWeb: peer.isWeb
    })
    this.#listen()
    if (peer.greet) this.outbox.push(Buffer.from(`${context.banner()}\r\n`))
    if (this.login.isLoggedIn) this.view.open({ mask: EventMask.all, isSequenced: false })
    else this.#authTimer = setTimeout(() => this.#logInTooLate(), authTimeoutMs)
  }

  get address(): string {
    return this.peer.address
  }

  /** The settings were reloaded: its rights count as they are now. */
  reloaded(): void {
    if (!this.view.isOpen) return
    if (this.login.isLoggedIn) this.view.changed()
    else this.end('its account is gone')
  }

  #tellDropped(events: number): void {
    this.#context.log.warn(
      { client: this.address, user: this.login.username, events },
      'client missed events: it read too slowly'
    )
    this.receive(Buffer.from(`Event: ProxyOverflow\r\nPrivilege: system,all\r\nDropped: ${events}\r\n\r\n`))
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** A block for this client only. */
  receive(block: Buffer, origin: Origin = 'proxy'): void {
    this.outbox.push(this.view.output.encode(block, origin))
  }

  /** An action of this client has gone to a server. */
  started(): void {
    this.#inFlight++
  }

  settled({ action, result, ms }: Ending): void {
    this.#context.metrics.action(this.login.username, action, result, ms)
    this.#inFlight--
    if (this.#inFlight > 0) return
    this.#leave?.()
    if (this.#stream.closed) this.requester.release()
  }

  ownCopy(event: Buffer): OwnCopy | undefined {
    return this.#closing ? undefined : { subscriber: this, bytes: event }
  }

  /** The login was accepted. */
  loggedIn(wishes: Wishes): void {
    this.#context.metrics.login('success')
    clearTimeout(this.#authTimer)
    audit(this.#context.log, { event: 'login', outcome: 'accepted', client: this.address, user: this.login.username })
    // Gone while its secret was hashed: nobody would take its events from it again.
    if (!this.#closing) this.view.open(wishes)
  }

  /** The login was refused: answered late and closed, as Asterisk does, so that guessing is slow. What comes meanwhile is not heard. */
  refused(username: string, id: Buffer | undefined, delayMs = 0, result: LoginResult = 'refused'): void {
    this.#context.metrics.login(result)
    audit(this.#context.log, { event: 'login', outcome: 'refused', client: this.address, user: username })
    this.#reason ??= 'its login was refused'
    this.view.close()
    this.#closing = true
    clearTimeout(this.#authTimer)
    const timer = setTimeout(
      () => {
        this.receive(errorAnswer('Authentication failed', id))
        this.#finish()
      },
      Math.max(delayMs, this.#context.options().loginFailureDelayMs)
    )
    this.#stream.once('close', () => clearTimeout(timer))
  }

  #logInTooLate(): void {
    this.#context.metrics.login('timeout')
    this.end('it did not log in in time')
  }

  /** Logs off politely: what was asked before is answered first, as Asterisk does, which takes one action after the other. */
  goodbye(id: Buffer | undefined): void {
    this.#leaveAfterAnswers(() => {
      this.receive(
        ownAnswer(
          [
            ['Response', 'Goodbye'],
            ['Message', 'Thanks for all the fish.']
          ],
          id
        )
      )
      this.end('it logged off')
    }, this.#context.options().graceMs)
  }

  /** Ends the session after what is queued has been written. */
  end(reason: string): void {
    if (this.#closing) return
    this.#closing = true
    this.#reason ??= reason
    this.#context.log.debug({ client: this.address, user: this.login.username, reason }, 'closing client')
    this.view.close()
    this.#finish()
  }

  /** Ends the session at once; what is queued is lost. */
  destroy(reason: string): void {
    this.#reason ??= reason
    this.#stream.destroy()
  }

  /** @param withinMs what has not been answered by then is not waited for */
  #leaveAfterAnswers(leave: () => void, withinMs: number): void {
    this.#intake.stopTimer()
    this.#leave = leave
    if (this.#inFlight === 0) return leave()
    const timer = setTimeout(leave, withinMs)
    this.#stream.once('close', () => clearTimeout(timer))
  }

  #readsTooSlowly(): void {
    if (this.#stream.destroyed) return
    const reason = 'it reads too slowly'
    this.#reason ??= reason
    this.#context.log.warn(
      { client: this.address, user: this.login.username, reason, waitingBytes: this.outbox.waitingBytes },
      'client closed'
    )
    this.#stream.destroy()
  }

  #finish(): void {
    this.outbox.flush()
    this.#stream.end()
    // A client that neither reads nor closes does not keep its socket.
    const timer = setTimeout(() => this.#stream.destroy(), this.#context.options().graceMs)
    this.#stream.once('close', () => clearTimeout(timer))
  }

  #listen(): void {
    const stream = this.#stream
    stream.on('data', (chunk: Buffer) => this.read(chunk))
    stream.on('error', (error) => {
      this.#reason ??= `the connection failed: ${error.message}`
      this.#context.log.debug(
        { client: this.address, user: this.login.username, reason: error.message },
        'client connection failed'
      )
    })
    // `printf … | nc` closes its half at once: it still gets its answers.
    stream.once('end', () => {
      if (!this.#leave) this.#leaveAfterAnswers(() => this.end('it closed its half'), maxHalfOpenMs)
    })
    stream.once('close', () => {
      this.#closing = true
      clearTimeout(this.#authTimer)
      this.#intake.stopTimer()
      this.view.close()
      if (this.#inFlight === 0) this.requester.release()
      const reason = this.#reason ?? 'the connection was cut'
      this.#context.log.debug({ client: this.address, user: this.login.username, reason }, 'client gone')
    })
  }

  /** Takes what its client sends. */
  read(chunk: Buffer): void {
    this.#intake.push(chunk)
    this.#waitForReader()
  }

  #take(block: Block): void {
    this.actions++
    const id = clientActionId(block)
    if (id) this.lastActionId = id.toString('latin1')
    this.#context.dispatch(this, block, id)
  }

  #endFaulty(fault: string): void {
    this.#leaveAfterAnswers(() => {
      this.receive(errorAnswer(fault, undefined))
      this.end(fault)
    }, this.#context.options().graceMs)
  }

  #actionTooLate(): void {
    this.receive(errorAnswer('The action was not finished in time', undefined))
    this.end('it did not finish an action in time')
  }

  /** Its next actions wait until this one is decided: a login with a hashed secret takes a while. @param decided never rejects */
  hold(decided: Promise<void>): void {
    this.#intake.hold()
    this.#stream.pause()
    void decided.then(() => {
      if (!this.#closing) this.#stream.resume()
      this.#intake.release()
    })
  }

  /** Who does not read its answers is not heard until it does: what it asks for would only pile up here. */
  #waitForReader(): void {
    if (this.outbox.waitingBytes <= maxUnreadBytes || this.#stream.isPaused()) return
    this.#stream.pause()
    this.#stream.once('drain', () => this.#stream.resume())
  }
}

/** An id that is remembered would keep all that was read with it: from this on it is copied. */
const muchReadBytes = 4 * 1024

/** The client's ActionID byte for byte: it is given back as it was, whatever it holds. */
function clientActionId(block: Block): Buffer | undefined {
  const header = findHeader(block.bytes, 'ActionID')
  if (!header) return undefined
  const id = block.bytes.subarray(header.valueStart, header.valueEnd)
  return id.buffer.byteLength > muchReadBytes ? Buffer.from(id) : id
}
