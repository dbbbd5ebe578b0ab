import { loadCatalog } from '../ami/catalog/catalog.js'
import { HistogramCounts } from '../monitoring/histogram-counts.js'
import { createMetricsRenderer } from '../monitoring/prometheus.js'
import { RateMeter } from '../monitoring/rate-meter.js'
import type { Scraped } from './metrics-text.js'
import type { ProxyCounters, ProxyStatus } from './status.js'

/** By lower-case name, those of the catalogue and ours. It is read once, before the first action comes: only known names may be labels. */
export async function loadActionNames(): Promise<ReadonlyMap<string, string>> {
  const { actions, olderActions } = await loadCatalog()
  const names = [...[...actions.values()].map(({ name }) => name), ...olderActions, ...proxyActions]
  return new Map(names.map((name) => [name.toLowerCase(), name]))
}

/** denied: refused by the proxy's rules; lost: the server went away before it answered. */
export type ActionResult = keyof ProxyCounters['actions']
/** refused: wrong name, secret or address; blocked: not even looked at (too many failures, or too many who wait); timeout: never tried. */
export type LoginResult = keyof ProxyCounters['logins']

export interface ProxyMetricsOptions {
  /** As it is when the metrics are asked for: the gauges are read from it. */
  status: () => ProxyStatus
  /** Is that an account of the configuration? Asked for each action, and again at each scrape: accounts may be reloaded. */
  isUser: (name: string) => boolean
  /** What is counted elsewhere, by those who do it: the events given to clients, and what the clients of now were given and missed. */
  live: () => { eventsOut: number; bytesOut: number; eventsDropped: number }
  /** Are events counted? */
  countsEvents: boolean
  nowMs?: () => number
}

/** What stands in a label for whatever the proxy does not know: peers choose those words, and each would be a series for ever. */
export const otherLabel = 'other'
/** Users times actions times results, each a line at every scrape: past this (2 MB of text) new ones are counted as `other`. */
const maxActionSeries = 5_000
/** More servers than anybody has behind one proxy; AddServer could otherwise make series without end. */
const maxServers = 1_000
/** The proxy's own actions, which are in no Asterisk's catalogue. */
const proxyActions = [
  'ListSessions',
  'ListServers',
  'ProxyStatus',
  'ListIOHandlers',
  'SetOutputFormat',
  'SetAutoFilter',
  'AddServer',
  'DropServer'
]

/** Upper ends in seconds: from a local answer (1 ms) to an Originate that rings (30 s). */
const durationBucketsS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const

export class ServerCounts {
  events = 0
  bytes = 0
  reconnects = 0
  lagS: number | undefined
  readonly rate = new RateMeter()
}

export type ActionCounts = ProxyCounters['actions']
/** Of those that a server answered. */
export type TimedResult = 'success' | 'error'

/** Counted so far, by label values that are already bounded. */
export interface Counted {
  servers: ReadonlyMap<string, ServerCounts>
  /** By user ('' for a client that did not have to log in), then by action. */
  actions: ReadonlyMap<string, ReadonlyMap<string, ActionCounts>>
  /** By action, then by how it ended. */
  durations: ReadonlyMap<string, Readonly<Record<TimedResult, HistogramCounts>>>
  totals: ProxyCounters
}

/**
 * Counts what the proxy does. Counting is an addition to a plain field, once for a run of events or an action; nothing is counted for an event or a
 * delivery. All else is read where it is when somebody scrapes, and prom-client is loaded by the first who does.
 */
export class ProxyMetrics {
  readonly #options: ProxyMetricsOptions
  readonly #actionNames: ReadonlyMap<string, string>
  readonly #nowMs: () => number
  readonly #servers = new Map<string, ServerCounts>()
  readonly #actions = new Map<string, Map<string, ActionCounts>>()
  readonly #durations = new Map<string, Record<TimedResult, HistogramCounts>>()
  #actionSeries = 0
  readonly #totals = {
    eventsIn: 0,
    bytesIn: 0,
    bytesOut: 0,
    eventsDropped: 0,
    actions: { success: 0, error: 0, denied: 0, lost: 0 },
    logins: { success: 0, refused: 0, blocked: 0, timeout: 0 },
    reconnects: 0
  }
  #render: Promise<(scraped: Scraped) => Promise<string>> | undefined

  /** @param actionNames see `loadActionNames` */
  constructor(options: ProxyMetricsOptions, actionNames: ReadonlyMap<string, string>) {
    this.#options = options
    this.#actionNames = actionNames
    this.#nowMs = options.nowMs ?? Date.now
  }

  /** A run of events came from a server. */
  eventsIn(server: string, count: number, bytes: number): void {
    const counts = this.#server(server)
    counts.events += count
    counts.bytes += bytes
    if (count > 0) counts.rate.add(count, this.#nowMs())
    this.#totals.eventsIn += count
    this.#totals.bytesIn += bytes
  }

  /** A client has gone: what it was given and what it missed counts on. */
  clientGone({ bytesOut, eventsDropped }: { bytesOut: number; eventsDropped: number }): void {
    this.#totals.bytesOut += bytesOut
    this.#totals.eventsDropped += eventsDropped
  }

  /**
   * An action has come to its end.
   * @param user undefined when the client has not logged in
   * @param ms from the action's arrival to the last block of its answer; undefined when no server was asked: that is counted and not timed
   */
  action(user: string | undefined, action: string, result: ActionResult, ms?: number): void {
    const name = this.#actionNames.get(action.toLowerCase()) ?? otherLabel
    this.#actionCounts(user === undefined ? '' : this.#options.isUser(user) ? user : otherLabel, name)[result]++
    this.#totals.actions[result]++
    if (ms === undefined || result === 'denied' || result === 'lost') return
    const durations = this.#durations.get(name) ?? {
      success: new HistogramCounts(durationBucketsS),
      error: new HistogramCounts(durationBucketsS)
    }
    this.#durations.set(name, durations)
    durations[result].observe(ms / 1000)
  }

  login(result: LoginResult): void {
    this.#totals.logins[result]++
  }

  /** The session with a server was lost and has been opened again. */
  reconnect(server: string): void {
    this.#server(server).reconnects++
    this.#totals.reconnects++
  }

  /** How long a Ping of a server took, or has taken so far: how far behind what we see of it is. */
  pingRoundTrip(server: string, ms: number): void {
    this.#server(server).lagS = ms / 1000
  }

  /** For `ServerStatus`. */
  serverRates(server: string): { eventsPerS: number | null; bytesIn: number; lagMs: number | null } {
    const { rate, bytes, lagS } = this.#servers.get(server) ?? new ServerCounts()
    return {
      eventsPerS: this.#options.countsEvents ? rate.perSecond(this.#nowMs()) : null,
      bytesIn: bytes,
      lagMs: lagS === undefined ? null : lagS * 1000
    }
  }

  /** For `ProxyStatus`: a copy. */
  counters(): ProxyCounters {
    const { countsEvents, live } = this.#options
    const { eventsOut, bytesOut, eventsDropped } = live()
    const counters = structuredClone(this.#totals)
    counters.bytesOut += bytesOut
    counters.eventsDropped += eventsDropped
    return { ...counters, eventsIn: countsEvents ? counters.eventsIn : null, eventsOut: countsEvents ? eventsOut : null }
  }

  /** The metrics as Prometheus reads them (text format 0.0.4, see `metricsContentType`). */
  async render(): Promise<string> {
    this.#render ??= import('./metrics-text.js').then(({ proxyMetrics, proxyHistograms }) =>
      createMetricsRenderer('pbxkit_proxy_', proxyMetrics, proxyHistograms)
    )
    const render = await this.#render
    const status = this.#options.status()
    this.#forgetWhoHasGone(status)
    const counted = { servers: this.#servers, actions: this.#actions, durations: this.#durations, totals: this.counters() }
    return render({ status, counted })
  }

  /** Servers and accounts that are no longer configured make room; the totals keep what they counted. */
  #forgetWhoHasGone({ servers }: ProxyStatus): void {
    const present = new Set(servers.map(({ name }) => name))
    for (const name of this.#servers.keys()) if (name !== otherLabel && !present.has(name)) this.#servers.delete(name)
    for (const [user, actions] of this.#actions) {
      if (user === '' || user === otherLabel || this.#options.isUser(user)) continue
      this.#actionSeries -= actions.size
      this.#actions.delete(user)
    }
  }

  #server(name: string): ServerCounts {
    const known = this.#servers.get(name)
    if (known) return known
    const label = this.#servers.size < maxServers ? name : otherLabel
    const counts = this.#servers.get(label) ?? new ServerCounts()
    this.#servers.set(label, counts)
    return counts
  }

  #actionCounts(user: string, action: string): ActionCounts {
    const known = this.#actions.get(user)?.get(action)
    if (known) return known
    const isFull = this.#actionSeries >= maxActionSeries
    // The place of `other` and `other` is always there: it is one.
    if (isFull && (user !== otherLabel || action !== otherLabel)) return this.#actionCounts(otherLabel, otherLabel)
    const byAction = this.#actions.get(user) ?? new Map<string, ActionCounts>()
    this.#actions.set(user, byAction)
    const counts = { success: 0, error: 0, denied: 0, lost: 0 }
    byAction.set(action, counts)
    this.#actionSeries++
    return counts
  }
}
