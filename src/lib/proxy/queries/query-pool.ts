import type { Requester } from '../pending-actions.js'
import { SharedQuery } from './shared-query.js'
import type { OutgoingAction, Snapshots } from './snapshots.js'

/** Who sends actions to one server. */
export interface Sender {
  readonly name: string
  /** How many writes have gone out: what is sent now goes with the next. */
  readonly writes: number
  send(action: string, lines: Buffer, originalId: Buffer | undefined, requester: Requester): void
}

/** Who asks. */
export interface Asker extends Requester {
  /** Its actions that wait for an answer, the one that is sent now among them. */
  readonly inFlight: number
}

interface Flight {
  query: SharedQuery
  /** Its place in the order of sending. */
  place: number
  /** Of a Ping: the write that it goes with. */
  write: number | undefined
}

/**
 * Sends queries once that several clients ask at the same time. A client joins a query that is on its way when
 * - it asks the same of the same server, header by header (what rights and filters say has been decided before);
 * - nothing of the answer has come yet. Asterisk writes answers and events in the order in which it makes them, so an answer that is still to come
 *   knows of every event that anybody here has seen;
 * - nothing that may change a state was sent since: after DBPut, DBGet asks again. That goes for all servers at once, since they may share a database;
 * - nothing that the client itself sent later waits for its answer: a client's answers come in the order of its actions, and each in one piece, so nobody
 *   joins a query twice.
 * So the answer is never older than its way from Asterisk to here, as if the client had asked that little bit earlier.
 *
 * Who sends a Ping measures the time: it joins another only while that one has not gone out, so that its own would have gone in the same write.
 */
export class QueryPool {
  /** Those that can be joined, by server and by what is asked. */
  readonly #flights = new Map<Sender, Map<string, Flight>>()
  readonly #lastPlace = new WeakMap<Requester, number>()
  readonly #isOn: () => boolean
  readonly #snapshots: Snapshots | undefined
  #places = 0
  /** Queries that Asterisk was spared. */
  spared = 0

  /**
   * @param isOn asked at every action: settings may be reloaded
   * @param snapshots answers that are known, where they are kept
   */
  constructor(isOn: () => boolean, snapshots?: Snapshots) {
    this.#isOn = isOn
    this.#snapshots = snapshots
  }

  send(server: Sender, action: OutgoingAction, requester: Asker): void {
    const { name, lines, id } = action
    const kind = this.#isOn() ? action.kind : 'change'
    if (kind === 'query') return this.#ask(server, action, requester)
    if (kind === 'ping') return this.#share(server, action, requester, server.writes)
    this.#flights.clear()
    this.#snapshots?.changed()
    server.send(name, lines, id, requester)
  }

  #ask(server: Sender, action: OutgoingAction, requester: Asker): void {
    // A client's answers come in the order of its actions.
    if (requester.inFlight === 1 && this.#snapshots?.answer(server.name, action, requester)) return
    this.#share(server, action, requester)
  }

  #share(server: Sender, action: OutgoingAction, requester: Asker, write?: number): void {
    const { name, lines, id } = action
    const key = lines.toString('latin1')
    const flight = this.#flights.get(server)?.get(key)
    if (flight && flight.write === write && (this.#lastPlace.get(requester) ?? 0) < flight.place) {
      this.#lastPlace.set(requester, flight.place)
      this.spared++
      return flight.query.join(requester, id)
    }
    const place = ++this.#places
    this.#lastPlace.set(requester, place)
    const query: SharedQuery = new SharedQuery(requester, id, {
      onBegun: () => this.#land(server, key, query),
      recording: this.#snapshots?.record(server.name, action)
    })
    this.#flightsOf(server).set(key, { query, place, write })
    server.send(name, lines, query.wireId, query)
  }

  #flightsOf(server: Sender): Map<string, Flight> {
    const flights = this.#flights.get(server) ?? new Map<string, Flight>()
    this.#flights.set(server, flights)
    return flights
  }

  /** A later one with the same words may have taken its place. */
  #land(server: Sender, key: string, query: SharedQuery): void {
    const flights = this.#flights.get(server)
    if (flights?.get(key)?.query !== query) return
    flights.delete(key)
    if (flights.size === 0) this.#flights.delete(server)
  }
}
