import type { UserAgent } from '../uac/user-agent.js'
import type { RegistrationAccount } from './account.js'
import { type AccountDiff, diffAccounts, hasMoved } from './accounts/diff-accounts.js'
import type { FlowKeeper } from './flow-keeper.js'
import type { KeeperOptions } from './keeper-options.js'
import type { KeeperStats } from './keeper-stats.js'
import { type KeptRegistration, keptRegistration } from './kept-registration.js'
import { Registration } from './registration.js'
import type { RegistrationContext, SavedRegistration } from './registration-context.js'
import { RegistrationTurns } from './registration-turns.js'
import type { SendWindow } from './send-window.js'
import type { TargetBreaker } from './target-breaker.js'

/** Keeps accounts registered: who they are, and what may be done with them. When they talk is in `RegistrationTurns`. */
export class RegistrationKeeper {
  readonly #options: KeeperOptions
  readonly #turns: RegistrationTurns
  readonly #watched = new WeakSet<UserAgent>()
  /** What all accounts have in common: one object for 100,000 of them. */
  #common: RegistrationContext | undefined

  constructor(options: KeeperOptions) {
    this.#options = options
    this.#turns = new RegistrationTurns(options)
  }

  get stats(): KeeperStats {
    return this.#turns.stats
  }

  get window(): SendWindow {
    return this.#turns.window
  }

  get breaker(): TargetBreaker {
    return this.#turns.breaker
  }

  get flows(): FlowKeeper {
    return this.#turns.flows
  }

  get accounts(): ReadonlyMap<string, KeptRegistration> {
    return this.#turns.kept
  }

  get isPaused(): boolean {
    return this.#turns.isPaused
  }

  /** Kamailio's reg_active: while it pauses nothing is registered or refreshed. */
  pause(pauses: boolean): void {
    this.#turns.isPaused = pauses
    if (pauses) return
    for (const kept of this.#turns.kept.values()) if (kept.phase === 'idle' && kept.timer === undefined) this.refresh(kept)
  }

  get registeredCount(): number {
    let count = 0
    for (const { registration } of this.#turns.kept.values()) if (registration.isRegistered) count++
    return count
  }

  /** Takes over a list of accounts: new ones are registered, missing ones taken back, changed ones registered anew, others left alone. @param broken see `diffAccounts` */
  apply(accounts: readonly RegistrationAccount[], broken: ReadonlySet<string> = new Set()): AccountDiff {
    const known = [...this.#turns.kept.values()].map(({ registration }) => registration.account)
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
    if (registration.state === 'disabled') return this.#turns.emit('disabled', kept)
    const boundMs = saved?.expiresAtMs === undefined ? 0 : saved.expiresAtMs - this.#options.wallNow()
    if (boundMs > 0 && saved?.contact !== undefined) {
      // Somebody who goes on where an earlier process was asks nobody anything; only what is about to end is refreshed soon.
      registration.resume(boundMs)
      this.#turns.emit('registered', kept)
      return this.#turns.schedule(kept, boundMs * (0.3 + 0.4 * this.#options.random()))
    }
    registration.wait()
    this.#turns.schedule(kept, account.delayS > 0 ? account.delayS * 1000 : this.#options.spreadMs * this.#options.random())
  }

  /** Takes its binding back, and forgets it. @returns whether there was one of that name */
  remove(uuid: string): boolean {
    const kept = this.#turns.kept.get(uuid)
    if (!kept) return false
    this.#turns.kept.delete(uuid)
    this.#turns.leave(kept, () => {
      kept.registration.removed()
      this.#turns.emit('removed', kept)
    })
    return true
  }

  /** Registers it now. */
  refresh(kept: KeptRegistration): void {
    if (kept.registration.state === 'disabled') return
    kept.purpose = 'register'
    if (kept.phase === 'running') kept.again = true
    else this.#turns.schedule(kept, 0)
  }

  enable(kept: KeptRegistration): void {
    if (kept.registration.account.expiresS === 0) return
    kept.registration.enable()
    this.refresh(kept)
  }

  disable(kept: KeptRegistration): void {
    this.#turns.leave(kept, () => {
      kept.registration.disable()
      this.#turns.emit('disabled', kept)
    })
  }

  /** Takes every binding back. @returns when all have answered, or the time is over: how many had no answer */
  async stop({ unregister, timeoutMs }: { unregister: boolean; timeoutMs: number }): Promise<number> {
    this.#turns.isStopping = true
    this.flows.stop()
    const all = [...this.#turns.kept.values()]
    for (const kept of all) this.#turns.cancel(kept)
    const { leaving } = this.#turns
    // Who is leaving already is waited for, and not asked a second time.
    const isBound = (kept: KeptRegistration) => kept.registration.isRegistered || kept.phase === 'running'
    const bound = unregister ? all.filter((kept) => isBound(kept) && !leaving.has(kept)) : []
    let left = bound.length + leaving.size
    if (left === 0) return 0
    await new Promise<void>((resolve) => {
      const timer = this.#options.wheel.after(timeoutMs, resolve)
      const done = () => {
        if (--left > 0) return
        timer.cancel()
        resolve()
      }
      for (const kept of leaving) kept.onLeft = done
      for (const kept of bound) this.#turns.leave(kept, done)
    })
    return left
  }

  #context(): RegistrationContext {
    if (!this.#common) {
      const { policy, random, now, agents } = this.#options
      const { ids, userAgent } = agents.agentFor(undefined)
      this.#common = { policy, random, now, ids, userAgent }
    }
    return this.#common
  }

  #keep(account: RegistrationAccount, saved: SavedRegistration | undefined): KeptRegistration {
    const agent = this.#options.agents.agentFor(account.socket)
    if (!this.#watched.has(agent)) {
      this.#watched.add(agent)
      agent.watchFlows((flow) => this.#turns.lost(flow, 'the connection was lost'))
    }
    const kept = keptRegistration(new Registration(account, this.#context(), saved), agent)
    this.#turns.kept.set(account.uuid, kept)
    return kept
  }

  /** Another registrar, or another AOR: the old binding goes first. Else the same registration goes on with other values. */
  #replace(account: RegistrationAccount): void {
    const old = this.#turns.kept.get(account.uuid)!
    const { registration } = old
    if (hasMoved(registration.account, account) || account.isDisabled || account.expiresS === 0) {
      this.remove(account.uuid)
      return this.add(account)
    }
    this.#turns.cancel(old)
    this.#turns.use.set(old, undefined)
    // What a registrar challenged us with was answered with the old secret.
    const { challenges: _, ...saved } = registration.save(this.#options.wallNow())
    const kept = this.#keep(account, saved)
    if (registration.isRegistered) kept.registration.resume(registration.boundMs)
    else kept.registration.wait()
    this.#turns.schedule(kept, 0)
  }
}
