import { CallTemplate } from './call-template.js'
import type { Clock } from './clock.js'
import type { Session } from './session.js'
import type { SimulatedEvent } from './wire.js'

/** A steady stream is paid out this often. */
const tickMs = 10
/** After a stall (a stopped process) no more than this is made up for: the rest would only overrun the clients. */
const maxCatchUpS = 0.05
/** Flat out: what is written in one turn of the event loop, so that a session's actions are still answered. */
const callsPerTurn = 4

/** Events per second, or as many as the clients take. */
export type EventRate = number | 'max'

export interface EventStreamOptions {
  clock: Clock
  sessions: ReadonlySet<Session>
  /** Each Nth event of a call carries `BenchTs`; 0 for none. */
  timestamps: number
}

/** Events of endless calls, in the background of whatever else happens. */
export class EventStream {
  readonly #clock: Clock
  readonly #sessions: ReadonlySet<Session>
  readonly #template: CallTemplate
  #stop: (() => void) | undefined
  /** The sessions that are being written to flat out. */
  #pumped = new Set<Session>()
  #eventsSent = 0
  #bytesSent = 0

  constructor({ clock, sessions, timestamps }: EventStreamOptions) {
    this.#clock = clock
    this.#sessions = sessions
    this.#template = new CallTemplate(clock.now(), timestamps)
  }

  /** Written so far, summed over all sessions. */
  get sent(): { events: number; bytes: number } {
    return { events: this.#eventsSent, bytes: this.#bytesSent }
  }

  /** Starts, or goes on at another rate. */
  start(rate: EventRate): void {
    this.stop()
    if (rate === 'max') this.#runFlatOut()
    else this.#runSteadily(rate)
  }

  stop(): void {
    this.#stop?.()
    this.#stop = undefined
    this.#pumped = new Set()
  }

  /** Every session gets the same events at the same time; who does not read is dropped by its session. */
  #runSteadily(rate: number): void {
    const source = this.#endlessEvents()
    const startedAt = this.#clock.now()
    let paid = 0
    const tick = () => {
      const due = Math.floor(((this.#clock.now() - startedAt) / 1000) * rate) - paid
      paid += due
      this.#broadcast(source, Math.min(due, Math.ceil(rate * maxCatchUpS)))
      this.#stop = this.#clock.after(tickMs, tick)
    }
    tick()
  }

  #broadcast(source: Generator<SimulatedEvent>, count: number): void {
    const events = Array.from({ length: count }, () => source.next().value as SimulatedEvent)
    for (const session of this.#sessions) this.#send(session, events)
  }

  *#endlessEvents(): Generator<SimulatedEvent> {
    for (let call = 0; ; call++) yield* this.#template.events(this.#template.render(call))
  }

  /** Each session gets its own run of calls as fast as it reads. Sessions that log in later join at the next look. */
  #runFlatOut(): void {
    const look = () => {
      for (const session of this.#sessions) this.#pump(session)
      this.#stop = this.#clock.after(tickMs, look)
    }
    look()
  }

  #pump(session: Session): void {
    const pumped = this.#pumped
    if (!session.loggedIn || pumped.has(session)) return
    pumped.add(session)
    const { socket } = session
    let call = 0
    const turn = () => {
      // Another start() has another set: this pump is over.
      if (pumped !== this.#pumped || !socket.writable) return
      let sent = 0
      for (let count = 0; count < callsPerTurn; count++) sent += this.#sendCall(session, call++)
      // On with the next turn when the socket has taken all; a session whose mask lets nothing through is left alone for a tick.
      // Only above its high-water mark does a socket say when it is empty again; that is 16 kB or, in newer versions of Node, 64 kB.
      if (socket.writableNeedDrain) socket.once('drain', () => setImmediate(turn))
      else if (sent > 0) setImmediate(turn)
      else pumped.delete(session)
    }
    turn()
  }

  #sendCall(session: Session, call: number): number {
    const bytes = this.#template.render(call)
    if (!session.mask.wantsAll) return this.#send(session, [...this.#template.events(bytes)])
    session.write(bytes)
    this.#count(this.#template.eventCount, bytes.length)
    return this.#template.eventCount
  }

  #send(session: Session, events: readonly SimulatedEvent[]): number {
    const wanted = session.loggedIn ? events.filter(({ classes }) => session.mask.wants(classes)) : []
    if (wanted.length === 0) return 0
    const bytes = Buffer.concat(wanted.map((event) => event.bytes))
    session.write(bytes)
    this.#count(wanted.length, bytes.length)
    return wanted.length
  }

  #count(events: number, bytes: number): void {
    this.#eventsSent += events
    this.#bytesSent += bytes
  }
}
