import type { TransportFlow } from '../sip-transport/flow.js'
import type { UserAgent } from '../uac/user-agent.js'
import { startAttempt } from './attempt.js'
import type { AttemptContext, AttemptEnd } from './attempt-context.js'
import { FlowKeeper } from './flow-keeper.js'
import { FlowUse } from './flow-use.js'
import type { KeeperOptions } from './keeper-options.js'
import { KeeperStats } from './keeper-stats.js'
import type { KeptRegistration } from './kept-registration.js'
import { Parked } from './parked.js'
import { PublicAddress } from './public-address.js'
import { eventOf, type RegistrationEventKind } from './registration-event.js'
import type { Purpose } from './registration-state.js'
import { SendWindow } from './send-window.js'
import { TargetBreaker } from './target-breaker.js'

// A lost connection had 10,000 accounts: they come back within this time, and through the window.
const lostJitterMs = 2_000

/** Whose turn it is: each account has one timer and at most one request on its way; the window and the breaker say when it may go. */
export class RegistrationTurns {
  readonly stats = new KeeperStats()
  readonly window: SendWindow
  readonly breaker: TargetBreaker
  readonly flows: FlowKeeper
  readonly use: FlowUse
  readonly kept = new Map<string, KeptRegistration>()
  /** They take their bindings back. */
  readonly leaving = new Set<KeptRegistration>()
  /** Nothing is planned any more. */
  isStopping = false
  /** Nothing is registered or refreshed. */
  isPaused = false
  readonly #options: KeeperOptions
  readonly #parked = new Parked()
  readonly #contexts = new Map<UserAgent, AttemptContext>()
  readonly #publicAddress: PublicAddress

  constructor(options: KeeperOptions) {
    const { wheel, now, random, keepAliveMs } = options
    this.#options = options
    this.window = new SendWindow({ limit: options.window, ratePerS: options.ratePerS, wheel, now })
    this.breaker = new TargetBreaker(now, {
      onOpen: (target, probeInMs) => void wheel.after(probeInMs, () => this.#probe(target)),
      onClose: (target) => this.#unpark(target)
    })
    this.flows = new FlowKeeper({
      ...{ wheel, random, intervalMs: keepAliveMs },
      onDead: (flow, reason) => this.lost(flow, reason),
      onSeen: (flow, address) => this.#moved(flow, address)
    })
    this.use = new FlowUse(this.flows, options.keepAlive)
    this.#publicAddress = new PublicAddress(this.flows, options.stunServer, now)
  }

  /** Takes its binding back, if there is one. */
  leave(kept: KeptRegistration, onLeft: () => void): void {
    this.cancel(kept)
    kept.onLeft = onLeft
    if (!kept.registration.isRegistered && kept.phase !== 'running') return this.#left(kept)
    this.leaving.add(kept)
    kept.purpose = 'unregister'
    if (kept.phase === 'running') kept.again = true
    else this.#enter(kept)
  }

  #left(kept: KeptRegistration): void {
    this.leaving.delete(kept)
    this.use.set(kept, undefined)
    kept.purpose = 'register'
    const { onLeft } = kept
    kept.onLeft = undefined
    onLeft?.()
  }

  /** Its next attempt is due after this time; what was planned before is taken back. */
  schedule(kept: KeptRegistration, waitMs: number): void {
    this.cancel(kept)
    if (this.isStopping) return
    const { now, wheel } = this.#options
    kept.dueMs = now() + waitMs
    if (waitMs <= 0) return this.#enter(kept)
    const { registration } = kept
    // A binding that ends before the next try ends visibly.
    const endsFirst = registration.isRegistered && registration.boundMs < waitMs
    kept.timer = wheel.after(endsFirst ? registration.boundMs : waitMs, () => {
      kept.timer = undefined
      if (!endsFirst) return this.#enter(kept)
      this.#expire(kept)
      this.schedule(kept, Math.max(0, kept.dueMs! - now()))
    })
  }

  #expire(kept: KeptRegistration): void {
    kept.registration.expire()
    this.stats.expired++
    this.emit('expired', kept)
  }

  /** Takes back whatever was planned, but not what is on its way. */
  cancel(kept: KeptRegistration): void {
    kept.timer?.cancel()
    kept.timer = undefined
    kept.dueMs = undefined
    this.#parked.delete(kept)
  }

  #enter(kept: KeptRegistration): void {
    if (kept.phase !== 'idle' || (this.isPaused && kept.purpose === 'register')) return
    kept.phase = 'queued'
    this.window.enter(() => this.#run(kept), kept.registration.isRegistered)
  }

  #run(kept: KeptRegistration): void {
    const { registration, purpose } = kept
    const isWanted = purpose === 'unregister' || (!this.isStopping && registration.state !== 'disabled' && this.#isOurs(kept))
    if (!isWanted) {
      kept.phase = 'idle'
      return this.window.leave()
    }
    kept.phase = 'running'
    this.stats.attempts++
    if (this.#options.policy.nat !== 'stun') return this.#attempt(kept, purpose)
    this.#publicAddress.show(kept).then(
      () => this.#attempt(kept, purpose),
      (error) => this.#fault(kept, error)
    )
  }

  #attempt(kept: KeptRegistration, purpose: Purpose): void {
    const { registration } = kept
    const wasRegistered = registration.isRegistered
    startAttempt(registration, purpose, this.#contextOf(kept.agent), {
      onEnd: (end) => this.#done(kept, end, wasRegistered),
      onFault: (error) => this.#fault(kept, error)
    })
  }

  #contextOf(agent: UserAgent): AttemptContext {
    let context = this.#contexts.get(agent)
    if (!context) {
      const { window, breaker, stats } = this
      const { requestTimeoutMs, udpOnly, now } = this.#options
      const onReply: AttemptContext['onReply'] = (reply, roundTripMs) => stats.replied(reply, roundTripMs)
      context = { agent, window, breaker, requestTimeoutMs, udpOnly, now, onReply }
      this.#contexts.set(agent, context)
    }
    return context
  }

  #fault(kept: KeptRegistration, error: unknown): void {
    this.#options.onFault(error)
    // Whatever it was, it came once already if this is no longer its turn.
    if (kept.phase !== 'running') return
    const end: AttemptEnd = { kind: 'end', waitMs: this.#options.policy.rejectedS * 1000, detail: 'a fault of pbxkit' }
    this.#done(kept, end, kept.registration.isRegistered)
  }

  #done(kept: KeptRegistration, end: AttemptEnd, wasRegistered: boolean): void {
    kept.phase = 'idle'
    this.window.leave()
    if (end.kind === 'parked') this.#park(kept, end.target)
    else this.#ended(kept, end, wasRegistered)
  }

  #isOurs(kept: KeptRegistration): boolean {
    return this.kept.get(kept.registration.account.uuid) === kept
  }

  #ended(kept: KeptRegistration, end: AttemptEnd & { kind: 'end' }, wasRegistered: boolean): void {
    const { registration } = kept
    const did = kept.again ? 'register' : kept.purpose
    kept.target = end.target ?? kept.target
    kept.roundTripMs = end.roundTripMs
    kept.detail = end.detail
    kept.local = end.flow?.sentBy ?? kept.local
    if (registration.reason === 'timeout') this.stats.timeouts++
    const isDone = registration.state === 'registered' && registration.reason === undefined
    if (isDone && did === 'register') this.use.set(kept, end.flow)
    if (did === 'unregister') {
      this.emit('unregistered', kept)
      return this.#left(kept)
    }
    if (kept.again) {
      kept.again = false
      if (kept.purpose === 'register') return this.schedule(kept, 0)
      if (registration.isRegistered) return this.#enter(kept)
      return this.#left(kept)
    }
    // A replaced one that was still talking has no say any more.
    if (!this.#isOurs(kept) || this.isStopping) return
    if (end.waitMs !== undefined) this.schedule(kept, end.waitMs)
    const event = isDone
      ? wasRegistered
        ? 'refreshed'
        : 'registered'
      : registration.state === 'rejected'
        ? 'rejected'
        : 'failed'
    this.emit(event, kept)
  }

  #park(kept: KeptRegistration, target: string): void {
    if (kept.purpose === 'unregister') return this.#left(kept)
    if (!this.#isOurs(kept) || this.isStopping) return
    kept.again = false
    this.#parked.add(kept, target)
    kept.detail = `${target} does not answer`
    const { registration } = kept
    if (registration.isRegistered) kept.timer = this.#options.wheel.after(registration.boundMs, () => this.#expire(kept))
    this.emit('waiting', kept)
  }

  /** One that waits for a target looks whether it is back. */
  #probe(target: string): void {
    const first = this.#parked.first(target)
    if (!first || !this.breaker.isOpen(target)) return
    this.schedule(first, 0)
  }

  /** The target is back: all who waited for it, and all who had given it up for a while. */
  #unpark(target: string): void {
    for (const kept of this.#parked.of(target)) this.schedule(kept, 0)
    this.#parked.forget(target)
    for (const kept of this.kept.values()) {
      const { reason } = kept.registration
      if (kept.target === target && kept.phase === 'idle' && (reason === 'timeout' || reason === 'unreachable')) {
        this.schedule(kept, this.#options.random() * lostJitterMs)
      }
    }
  }

  /** A flow is gone: who used it registers anew, within a moment. */
  lost(flow: TransportFlow, reason: string): void {
    this.flows.drop(flow)
    for (const kept of this.kept.values()) {
      if (kept.flow !== flow) continue
      kept.flow = undefined
      kept.detail = reason
      if (kept.phase !== 'idle' || this.isStopping) continue
      this.schedule(kept, this.#options.random() * lostJitterMs)
      this.emit('lost', kept)
    }
  }

  /** A NAT gave a flow another address. */
  #moved(flow: TransportFlow, address: string): void {
    for (const kept of this.kept.values()) {
      if (kept.flow !== flow || !kept.registration.see(address)) continue
      if (kept.phase === 'idle') this.schedule(kept, this.#options.random() * lostJitterMs)
    }
  }

  /** Tells what happened to it. */
  emit(event: RegistrationEventKind, kept: KeptRegistration): void {
    const { onEvent, isHeard, wallNow, now } = this.#options
    if (isHeard?.(event, kept.registration.warning) === false) return
    const nextMs = kept.dueMs === undefined ? undefined : Math.max(0, kept.dueMs - now())
    onEvent(eventOf(event, kept.registration, { ...kept, nextMs }, wallNow()))
  }
}
