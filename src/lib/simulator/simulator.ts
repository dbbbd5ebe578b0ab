import { randomInt } from 'node:crypto'
import type { Address } from '../net/address.js'
import { type Listeners, listenOnAll } from '../net/listen.js'
import { type Clock, systemClock } from './clock.js'
import { type EventRate, EventStream } from './event-stream.js'
import { Pbx } from './pbx.js'
import { Session, type SessionContext } from './session.js'

/** Who may log in where nothing else is said. */
export const defaultUsers: ReadonlyMap<string, string> = new Map([['admin', 'secret']])

export interface SimulatorOptions {
  /** Port 0 picks a free one. */
  listen: readonly Address[]
  /** Name -> secret; `admin` / `secret` by default. */
  users?: ReadonlyMap<string, string>
  /** Events per second in the background, or as many as the clients take. Default: only what calls cause. */
  rate?: EventRate | undefined
  /** Each Nth event of the background stream carries `BenchTs`: 16 digits, microseconds of CLOCK_MONOTONIC. */
  timestamps?: number
  /** How long a call to an ordinary extension lasts. Default 5. */
  callSeconds?: number
  /** How long a stop waits for clients to take what was sent. Default 1000. */
  graceMs?: number
  clock?: Clock
  /** A random integer below `max`; cryptographic by default. */
  random?: (max: number) => number
  log?: (message: string, details?: Record<string, unknown>) => void
}

export interface RunningSimulator {
  /** What it really listens on, in the order of `listen`. */
  readonly addresses: Address[]
  /** Settles when the last connection is closed. */
  readonly closed: Promise<void>
  /** Connections, logged in or not. */
  readonly sessions: number
  /** What the background stream has written so far, summed over all sessions. */
  readonly sent: { events: number; bytes: number }
  /** Starts the background stream, or changes its rate. */
  startEvents(rate: EventRate): void
  stopEvents(): void
}

/**
 * Starts a small PBX that speaks AMI as Asterisk 22 does. Resolves once it listens everywhere. Aborting `signal` stops it: no more
 * connections, sessions are ended, and what is left after `graceMs` is destroyed.
 * @throws ListenError, or the signal's reason
 */
export async function startSimulator(options: SimulatorOptions, signal: AbortSignal): Promise<RunningSimulator> {
  signal.throwIfAborted()
  const { clock = systemClock, random = randomInt, log = () => {}, users = defaultUsers, graceMs = 1000 } = options
  const pbx = new Pbx({ clock, callSeconds: options.callSeconds ?? 5 })
  const sessions = new Set<Session>()
  const stream = new EventStream({ clock, sessions, timestamps: options.timestamps ?? 0 })
  const listeners = await listenForSessions(options.listen, sessions, { pbx, clock, users, random, log })
  if (signal.aborted) listeners.close()
  signal.throwIfAborted()
  const stop = () => {
    stream.stop()
    listeners.close()
    for (const session of sessions) session.end()
    const cancel = clock.after(graceMs, () => {
      for (const session of sessions) session.socket.destroy()
    })
    void closed.then(cancel)
  }
  const closed = endOf(listeners, sessions).then(() => signal.removeEventListener('abort', stop))
  signal.addEventListener('abort', stop, { once: true })
  if (options.rate !== undefined) stream.start(options.rate)
  return {
    addresses: [...listeners.addresses],
    closed,
    get sessions() {
      return sessions.size
    },
    get sent() {
      return stream.sent
    },
    startEvents: (rate) => stream.start(rate),
    stopEvents: () => stream.stop()
  }
}

/** A listener may say that it has closed before the last of its connections says so. */
async function endOf(listeners: Listeners, sessions: ReadonlySet<Session>): Promise<void> {
  await listeners.closed
  await Promise.all([...sessions].map((session) => session.closed))
}

function listenForSessions(wanted: readonly Address[], sessions: Set<Session>, context: SessionContext): Promise<Listeners> {
  return listenOnAll(wanted, {
    onConnection: (socket) => {
      const session = new Session(socket, context)
      sessions.add(session)
      void session.closed.then(() => sessions.delete(session))
    },
    onAcceptError: (error) => context.log('a connection could not be accepted', { reason: error.message })
  })
}
