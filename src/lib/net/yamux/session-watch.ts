/** A session as its watch sees it. */
export interface WatchedSession {
  /** Looks after the peer. @param nowMs of a clock that does not jump */
  look(nowMs: number, timing: Readonly<WatchTiming>): void
}

export interface WatchTiming {
  /** After so much silence the peer is asked for a sign of life. NAT forgets a connection after some minutes, some after 30 s. */
  intervalMs: number
  /** The same while streams are open: somebody's call depends on it. */
  activeIntervalMs: number
  /** After as much silence again the peer is gone. */
  timeoutMs: number
}

export interface SessionWatchOptions extends Partial<WatchTiming> {
  /** How often all sessions are looked at: silence is noticed by so much later. */
  tickMs?: number
  clock?: () => number
}

const defaultTiming: WatchTiming = { intervalMs: 15_000, activeIntervalMs: 3_000, timeoutMs: 5_000 }

/** Looks after the peers of any number of sessions with one timer: a timer for each would cost more than the rest of an idle session. */
export class SessionWatch {
  readonly #timing: WatchTiming
  readonly #tickMs: number
  readonly #clock: () => number
  readonly #sessions = new Set<WatchedSession>()
  #timer: NodeJS.Timeout | undefined

  constructor({ tickMs = 1_000, clock = () => performance.now(), ...timing }: SessionWatchOptions = {}) {
    this.#timing = { ...defaultTiming, ...timing }
    this.#tickMs = tickMs
    this.#clock = clock
  }

  add(session: WatchedSession): void {
    this.#sessions.add(session)
    this.#timer ??= setInterval(() => this.#look(), this.#tickMs).unref()
  }

  delete(session: WatchedSession): void {
    this.#sessions.delete(session)
    if (this.#sessions.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    const nowMs = this.#clock()
    for (const session of this.#sessions) session.look(nowMs, this.#timing)
  }
}
