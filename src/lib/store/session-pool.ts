import { ConnectionLostError, TimeoutError } from '../errors.js'
import { withLimits } from './limits.js'
import type { Engine, Session } from './session.js'

/** What a nearer time-out, with better words, is allowed to be late. */
const graceMs = 250

/** The sessions of one store: made when they are wanted, kept, and never more than the engine allows. */
export class SessionPool {
  readonly #engine: Engine
  readonly #timeoutMs: number
  readonly #signal: AbortSignal | undefined
  readonly #idle: Session[] = []
  readonly #all = new Set<Session>()
  readonly #waiting: (() => void)[] = []
  #opening = 0
  #closed = false

  constructor(engine: Engine, timeoutMs: number, signal: AbortSignal | undefined) {
    this.#engine = engine
    this.#timeoutMs = timeoutMs
    this.#signal = signal
  }

  /** An idle session, a new one, or the next that comes free. @throws TimeoutError, what opening throws, or the signal's reason */
  async take(): Promise<Session> {
    const deadline = performance.now() + this.#timeoutMs
    for (;;) {
      this.#signal?.throwIfAborted()
      if (this.#closed) throw new ConnectionLostError(`${this.#engine.describe} was closed`)
      const idle = this.#idle.pop()
      if (idle && !idle.dead) return idle
      if (idle) this.#drop(idle)
      else if (this.#all.size + this.#opening < this.#engine.maxSessions) return await this.#open()
      else await this.#turn(deadline - performance.now())
    }
  }

  /** Gives a session back. */
  put(session: Session): void {
    if (session.dead || this.#closed) this.#drop(session)
    else this.#idle.push(session)
    this.#waiting.shift()?.()
  }

  /** Idle sessions say goodbye, the others are cut. */
  async close(): Promise<void> {
    this.#closed = true
    for (const wake of this.#waiting.splice(0)) wake()
    const idle = new Set(this.#idle.splice(0))
    for (const session of this.#all) if (!idle.has(session)) session.destroy()
    this.#all.clear()
    await Promise.all([...idle].map((session) => session.close().catch(() => session.destroy())))
  }

  /** Cuts them all, busy ones too. */
  destroy(): void {
    this.#closed = true
    for (const wake of this.#waiting.splice(0)) wake()
    for (const session of this.#all) session.destroy()
    this.#all.clear()
    this.#idle.length = 0
  }

  #drop(session: Session): void {
    session.destroy()
    this.#all.delete(session)
  }

  async #open(): Promise<Session> {
    this.#opening++
    const giveUp = new AbortController()
    const limits = {
      timeoutMs: this.#timeoutMs + graceMs,
      signal: this.#signal,
      late: () =>
        new TimeoutError(`${this.#engine.describe} did not let us in within ${this.#timeoutMs / 1000} s`, {
          hint: 'Something listens there, and it is slow or no database.'
        }),
      giveUp: () => giveUp.abort()
    }
    // The socket's own time-out, in lib/net, has the better words: it comes first.
    const opening = this.#engine.open({ timeoutMs: this.#timeoutMs, signal: giveUp.signal })
    try {
      const session = await withLimits(opening, limits)
      if (this.#closed) {
        session.destroy()
        throw new ConnectionLostError(`${this.#engine.describe} was closed`)
      }
      this.#all.add(session)
      return session
    } catch (error) {
      opening.then((session) => session.destroy()).catch(() => {})
      throw error
    } finally {
      this.#opening--
      this.#waiting.shift()?.()
    }
  }

  async #turn(waitMs: number): Promise<void> {
    let wake = () => {}
    const turn = new Promise<void>((resolve) => {
      wake = resolve
    })
    this.#waiting.push(wake)
    await withLimits(turn, {
      timeoutMs: Math.max(0, waitMs),
      signal: this.#signal,
      late: () =>
        new TimeoutError(`No connection to ${this.#engine.describe} came free within ${this.#timeoutMs / 1000} s`, {
          hint: 'Is another statement, stream or transaction of this program still running?'
        }),
      giveUp: () => {
        const index = this.#waiting.indexOf(wake)
        if (index >= 0) this.#waiting.splice(index, 1)
      }
    })
  }
}
