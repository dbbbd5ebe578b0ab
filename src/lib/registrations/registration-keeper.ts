import type { TransportFlow } from '../sip-transport/flow.js'
import type { SystemWheel } from '../sip-transport/system-wheel.js'
import type { SipTarget } from '../sip-transport/target.js'
import type { UserAgent } from '../uac/user-agent.js'
import type { RegistrationAccount } from './account.js'
import { type AccountDiff, diffAccounts } from './accounts/diff-accounts.js'
import type { AgentPool } from './agent-pool.js'
import { type AttemptEnd, attempt } from './attempt.js'
import { FlowKeeper, type KeepAlive } from './flow-keeper.js'
import { KeeperStats } from './keeper-stats.js'
import type { Chance, RegistrationPolicy } from './policy.js'
import { Registration, type RegistrationContext, type SavedRegistration } from './registration.js'
import { eventOf, type RegistrationEvent, type RegistrationEventKind } from './registration-event.js'
import type { Purpose } from './registration-state.js'
import { SendWindow } from './send-window.js'
import { TargetBreaker } from './target-breaker.js'

export interface KeeperOptions {
  policy: RegistrationPolicy
  agents: AgentPool
  wheel: Pick<SystemWheel, 'after'>
  now: () => number
  wallNow: () => number
  random: Chance
  /** Accounts that may have a request on its way. */
  window: number
  ratePerS?: number | undefined
  /** New accounts begin within this time, instead of at once. */
  spreadMs: number
  requestTimeoutMs: number
  udpOnly: boolean
  /** `auto`: CRLF over TCP and TLS; over UDP where a NAT was seen, STUN where the registrar asks for signs of life. */
  keepAlive: KeepAlive | 'auto'
  keepAliveMs: number
  /** For `nat: stun`. */
  stunServer?: { host: string; port: number } | undefined
  onEvent: (event: RegistrationEvent) => void
  /** A fault of ours: the account goes on, and somebody should hear of it. */
  onFault: (error: unknown) => void
}

/** One account with what the keeper knows of it. */
export interface KeptRegistration {
  registration: Registration
  readonly agent: UserAgent
  timer: { cancel(): void } | undefined
  /** When its next request is due. */
  dueMs: number | undefined
  phase: 'idle' | 'queued' | 'running' | 'parked'
  /** What its next attempt is for. */
  purpose: Purpose
  flow: TransportFlow | undefined
  target: string | undefined
  roundTripMs: number | undefined
  detail: string | undefined
  /** Something is wanted of it that a running attempt does not do. */
  again: boolean
  onLeft: (() => void) | undefined
}

// A lost connection had 10,000 accounts: they come back within this time, and through the window.
const lostJitterMs = 2_000
// Mappings of NATs live for half a minute and more (RFC 4787 4.3 asks for two minutes).
const stunFreshMs = 30_000

/** Keeps accounts registered. Each has one timer and at most one request on its way; the window and the breaker say when it may go. */
export class RegistrationKeeper {
  readonly stats = new KeeperStats()
  readonly window: SendWindow
  readonly breaker: TargetBreaker
  readonly flows: FlowKeeper
  readonly #options: KeeperOptions
  readonly #kept = new Map<string, KeptRegistration>()
  readonly #leaving = new Set<KeptRegistration>()
  readonly #parked = new Map<string, Set<KeptRegistration>>()
  readonly #watched = new WeakSet<UserAgent>()
  readonly #stun = new WeakMap<UserAgent, { answer: Promise<string | undefined>; untilMs: number }>()
  #isStopping = false
  #isPaused = false

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
      onDead: (flow, reason) => this.#lost(flow, reason),
      onSeen: (flow, address) => this.#moved(flow, address)
    })
  }

  get accounts(): ReadonlyMap<string, KeptRegistration> {
    return this.#kept
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Kamailio's reg_active: while it pauses nothing is registered or refreshed. */
  pause(pauses: boolean): void {
    this.#isPaused = pauses
    if (pauses) return
    for (const kept of this.#kept.values()) if (kept.phase === 'idle' && kept.timer === undefined) this.refresh(kept)
  }

  get registeredCount(): number {
    let count = 0
    for (const { registration } of this.#kept.values()) if (registration.isRegistered) count++
    return count
  }

  /** Takes over a list of accounts: new ones are registered, missing ones taken back, changed ones registered anew, others left alone. @param broken see `diffAccounts` */
  apply(accounts: readonly RegistrationAccount[], broken: ReadonlySet<string> = new Set()): AccountDiff {
    const known = [...this.#kept.values()].map(({ registration }) => registration.account)
    const diff = diffAccounts(known, accounts, broken)
    for (const { uuid } of diff.removed) this.remove(uuid)
    for (const { after } of diff.changed) this.#replace(after)
    for (const account of diff.added) this.add(account)
    return diff
  }

  /** @throws DataError for a socket that is none */
  add(account: RegistrationAccount, saved?: SavedRegistration): void {
    const kept = this.#keep(account, saved)
    const { registration } = kept
    if (registration.state === 'disabled') return this.#emit('disabled', kept)
    const boundMs = saved?.expiresAtMs === undefined ? 0 : saved.expiresAtMs - this.#options.wallNow()
    if (boundMs > 0 && saved?.contact !== undefined) {
      // Somebody who goes on where an earlier process was asks nobody anything; only what is about to end is refreshed soon.
      registration.resume(boundMs)
      this.#emit('registered', kept)
      return this.#schedule(kept, boundMs * (0.3 + 0.4 * this.#options.random()))
    }
    registration.wait()
    this.#schedule(kept, account.delayS > 0 ? account.delayS * 1000 : this.#options.spreadMs * this.#options.random())
  }

  /** Takes its binding back, and forgets it. @returns whether there was one of that name */
  remove(uuid: string): boolean {
    const kept = this.#kept.get(uuid)
    if (!kept) return false
    this.#kept.delete(uuid)
    this.#leave(kept, () => {
      kept.registration.removed()
      this.#emit('removed', kept)
    })
    return true
  }

  /** Registers it now. */
  refresh(kept: KeptRegistration): void {
    if (kept.registration.state === 'disabled') return
    kept.purpose = 'register'
    if (kept.phase === 'running') kept.again = true
    else this.#schedule(kept, 0)
  }

  enable(kept: KeptRegistration): void {
    if (kept.registration.account.expiresS === 0) return
    kept.registration.enable()
    this.refresh(kept)
  }

  disable(kept: KeptRegistration): void {
    this.#leave(kept, () => {
      kept.registration.disable()
      this.#emit('disabled', kept)
    })
  }

  /** Takes every binding back. @returns when all have answered, or the time is over: how many had no answer */
  async stop({ unregister, timeoutMs }: { unregister: boolean; timeoutMs: number }): Promise<number> {
    this.#isStopping = true
    this.flows.stop()
    const all = [...this.#kept.values()]
    for (const kept of all) this.#cancel(kept)
    const bound = unregister ? all.filter(({ registration, phase }) => registration.isRegistered || phase === 'running') : []
    let left = bound.length + this.#leaving.size
    if (left === 0) return 0
    await new Promise<void>((resolve) => {
      const timer = this.#options.wheel.after(timeoutMs, resolve)
      const done = () => {
        if (--left > 0) return
        timer.cancel()
        resolve()
      }
      for (const kept of this.#leaving) kept.onLeft = done
      for (const kept of bound) this.#leave(kept, done)
    })
    return left
  }

  #context(): RegistrationContext {
    const { policy, random, now, agents } = this.#options
    const { ids, userAgent } = agents.agentFor(undefined)
    return { policy, random, now, ids, userAgent }
  }

  #keep(account: RegistrationAccount, saved: SavedRegistration | undefined): KeptRegistration {
    const agent = this.#options.agents.agentFor(account.socket)
    if (!this.#watched.has(agent)) {
      this.#watched.add(agent)
      agent.watchFlows((flow) => this.#lost(flow, 'the connection was lost'))
    }
    const kept: KeptRegistration = {
      registration: new Registration(account, this.#context(), saved),
      agent,
      timer: undefined,
      dueMs: undefined,
      phase: 'idle',
      purpose: 'register',
      flow: undefined,
      target: undefined,
      roundTripMs: undefined,
      detail: undefined,
      again: false,
      onLeft: undefined
    }
    this.#kept.set(account.uuid, kept)
    return kept
  }

  /** Another registrar, or another AOR: the old binding goes first. Else the same registration goes on with other values. */
  #replace(account: RegistrationAccount): void {
    const old = this.#kept.get(account.uuid)!
    const { registration } = old
    if (hasMoved(registration.account, account) || account.isDisabled || account.expiresS === 0) {
      this.remove(account.uuid)
      return this.add(account)
    }
    this.#cancel(old)
    this.#use(old, undefined)
    // What a registrar challenged us with was answered with the old secret.
    const { challenges: _, ...saved } = registration.save(this.#options.wallNow())
    const kept = this.#keep(account, saved)
    if (registration.isRegistered) kept.registration.resume(registration.boundMs)
    else kept.registration.wait()
    this.#schedule(kept, 0)
  }

  #leave(kept: KeptRegistration, onLeft: () => void): void {
    this.#cancel(kept)
    kept.onLeft = onLeft
    if (!kept.registration.isRegistered && kept.phase !== 'running') return this.#left(kept)
    this.#leaving.add(kept)
    kept.purpose = 'unregister'
    if (kept.phase === 'running') kept.again = true
    else this.#enter(kept)
  }

  #left(kept: KeptRegistration): void {
    this.#leaving.delete(kept)
    this.#use(kept, undefined)
    kept.purpose = 'register'
    const { onLeft } = kept
    kept.onLeft = undefined
    onLeft?.()
  }

  #schedule(kept: KeptRegistration, waitMs: number): void {
    this.#cancel(kept)
    if (this.#isStopping) return
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
      this.#schedule(kept, Math.max(0, kept.dueMs! - now()))
    })
  }

  #expire(kept: KeptRegistration): void {
    kept.registration.expire()
    this.stats.expired++
    this.#emit('expired', kept)
  }

  /** Takes back whatever was planned, but not what is on its way. */
  #cancel(kept: KeptRegistration): void {
    kept.timer?.cancel()
    kept.timer = undefined
    kept.dueMs = undefined
    if (kept.phase !== 'parked') return
    kept.phase = 'idle'
    this.#parked.get(kept.target!)?.delete(kept)
  }

  #enter(kept: KeptRegistration): void {
    if (kept.phase !== 'idle' || (this.#isPaused && kept.purpose === 'register')) return
    kept.phase = 'queued'
    this.window.enter(() => void this.#run(kept), kept.registration.isRegistered)
  }

  async #run(kept: KeptRegistration): Promise<void> {
    const { registration, agent, purpose } = kept
    const isWanted = purpose === 'unregister' || (!this.#isStopping && registration.state !== 'disabled' && this.#isOurs(kept))
    if (!isWanted) {
      kept.phase = 'idle'
      return this.window.leave()
    }
    kept.phase = 'running'
    const wasRegistered = registration.isRegistered
    const { window, breaker } = this
    const { requestTimeoutMs, udpOnly, now } = this.#options
    this.stats.attempts++
    let end: AttemptEnd
    try {
      if (this.#options.policy.nat === 'stun') await this.#seeByStun(kept)
      end = await attempt(registration, purpose, {
        ...{ agent, window, breaker, requestTimeoutMs, udpOnly, now },
        onReply: (reply, roundTripMs) => this.stats.replied(reply, roundTripMs)
      })
    } catch (error) {
      this.#options.onFault(error)
      end = { kind: 'end', waitMs: this.#options.policy.rejectedS * 1000, detail: 'a fault of pbxkit' }
    }
    kept.phase = 'idle'
    this.window.leave()
    if (end.kind === 'parked') this.#park(kept, end.target)
    else this.#ended(kept, end, wasRegistered)
  }

  /** One question for all accounts of an agent, as long as its answer is fresh. Without an answer our own address stands. */
  async #seeByStun({ agent, registration }: KeptRegistration): Promise<void> {
    const { stunServer, now } = this.#options
    if (!stunServer) return
    let known = this.#stun.get(agent)
    if (!known || known.untilMs < now()) {
      const target: SipTarget = { transport: 'udp', address: stunServer.host, port: stunServer.port, serverName: stunServer.host }
      const answer = agent
        .flowTo(target)
        .then((flow) => this.flows.askStun(flow, agent))
        .catch(() => undefined)
      known = { answer, untilMs: now() + stunFreshMs }
      this.#stun.set(agent, known)
    }
    const address = await known.answer
    if (address !== undefined) registration.see(address)
  }

  #isOurs(kept: KeptRegistration): boolean {
    return this.#kept.get(kept.registration.account.uuid) === kept
  }

  #ended(kept: KeptRegistration, end: AttemptEnd & { kind: 'end' }, wasRegistered: boolean): void {
    const { registration } = kept
    const did = kept.again ? 'register' : kept.purpose
    kept.target = end.target ?? kept.target
    kept.roundTripMs = end.roundTripMs
    kept.detail = end.detail
    if (registration.reason === 'timeout') this.stats.timeouts++
    const isDone = registration.state === 'registered' && registration.reason === undefined
    if (isDone && did === 'register') this.#use(kept, end.flow)
    if (did === 'unregister') {
      this.#emit('unregistered', kept)
      return this.#left(kept)
    }
    if (kept.again) {
      kept.again = false
      if (kept.purpose === 'register') return this.#schedule(kept, 0)
      if (registration.isRegistered) return this.#enter(kept)
      return this.#left(kept)
    }
    // A replaced one that was still talking has no say any more.
    if (!this.#isOurs(kept) || this.#isStopping) return
    if (end.waitMs !== undefined) this.#schedule(kept, end.waitMs)
    const event = isDone
      ? wasRegistered
        ? 'refreshed'
        : 'registered'
      : registration.state === 'rejected'
        ? 'rejected'
        : 'failed'
    this.#emit(event, kept)
  }

  #use(kept: KeptRegistration, flow: TransportFlow | undefined): void {
    if (kept.flow === flow) return
    if (kept.flow) this.flows.release(kept.flow)
    kept.flow = flow
    if (flow) this.flows.use(flow, kept.agent, this.#keepAlive(kept, flow), kept.registration.facts?.flowTimerS)
  }

  #keepAlive({ registration }: KeptRegistration, flow: TransportFlow): KeepAlive {
    const wanted = registration.account.keepalive ?? this.#options.keepAlive
    if (wanted !== 'auto') return wanted
    if (flow.reliable) return 'crlf'
    if (registration.facts?.flowTimerS !== undefined) return 'stun'
    return registration.isBehindNat ? 'crlf' : 'none'
  }

  #park(kept: KeptRegistration, target: string): void {
    if (kept.purpose === 'unregister') return this.#left(kept)
    if (!this.#isOurs(kept) || this.#isStopping) return
    kept.again = false
    kept.phase = 'parked'
    kept.target = target
    kept.detail = `${target} does not answer`
    let parked = this.#parked.get(target)
    if (!parked) {
      parked = new Set()
      this.#parked.set(target, parked)
    }
    parked.add(kept)
    const { registration } = kept
    if (registration.isRegistered) kept.timer = this.#options.wheel.after(registration.boundMs, () => this.#expire(kept))
    this.#emit('waiting', kept)
  }

  /** One that waits for a target looks whether it is back. */
  #probe(target: string): void {
    const [first] = this.#parked.get(target) ?? []
    if (!first || !this.breaker.isOpen(target)) return
    this.#schedule(first, 0)
  }

  /** The target is back: all who waited for it, and all who had given it up for a while. */
  #unpark(target: string): void {
    for (const kept of [...(this.#parked.get(target) ?? [])]) this.#schedule(kept, 0)
    this.#parked.delete(target)
    for (const kept of this.#kept.values()) {
      const { reason } = kept.registration
      if (kept.target === target && kept.phase === 'idle' && (reason === 'timeout' || reason === 'unreachable')) {
        this.#schedule(kept, this.#options.random() * lostJitterMs)
      }
    }
  }

  #lost(flow: TransportFlow, reason: string): void {
    this.flows.drop(flow)
    for (const kept of this.#kept.values()) {
      if (kept.flow !== flow) continue
      kept.flow = undefined
      kept.detail = reason
      if (kept.phase !== 'idle' || this.#isStopping) continue
      this.#schedule(kept, this.#options.random() * lostJitterMs)
      this.#emit('lost', kept)
    }
  }

  /** A NAT gave a flow another address. */
  #moved(flow: TransportFlow, address: string): void {
    for (const kept of this.#kept.values()) {
      if (kept.flow !== flow || !kept.registration.see(address)) continue
      if (kept.phase === 'idle') this.#schedule(kept, this.#options.random() * lostJitterMs)
    }
  }

  #emit(event: RegistrationEventKind, kept: KeptRegistration): void {
    const { onEvent, wallNow, now } = this.#options
    const nextMs = kept.dueMs === undefined ? undefined : Math.max(0, kept.dueMs - now())
    onEvent(eventOf(event, kept.registration, { ...kept, nextMs }, wallNow()))
  }
}

/** Is the old binding at another place than the new one will be? Then it has to be taken back first. */
function hasMoved(before: RegistrationAccount, after: RegistrationAccount): boolean {
  const place = ({ username, domain, proxies, socket, transport }: RegistrationAccount) =>
    JSON.stringify([username, domain, proxies, socket, transport])
  return place(before) !== place(after)
}
