import { metricsContentType } from '../monitoring/prometheus.js'
import type { ClientSession } from './client-session.js'
import type { FanOut } from './fan-out.js'
import type { StatusPage } from './http/http-front.js'
import type { Journal } from './journal.js'
import { ProxyMetrics } from './metrics.js'
import type { ProxyOptions } from './options.js'
import type { Servers } from './servers.js'
import { type ClientStatus, healthOf, type ProxyStatus, type ServerStatus } from './status.js'
import type { Upstream } from './upstream.js'
import { type ShownStatus, shownStatus } from './web/shown-status.js'

/** What there is to be seen, as it is now. */
export interface Observed {
  options: () => ProxyOptions
  servers: () => Servers
  clients: ReadonlySet<ClientSession>
  fanOut: FanOut<ClientSession>
  journal: Journal
  isDraining: () => boolean
}

/** A look waits so long for the servers' Pongs; one that takes longer is shown with the time that it has taken so far. */
const maxPongMs = 250

/** Shows what the proxy does: put together from those who do it when somebody asks, and not before. */
export class Observation {
  readonly metrics: ProxyMetrics
  readonly #observed: Observed
  readonly #startedAt = new Date()
  readonly #startMs = performance.now()

  /** @param actionNames see `loadActionNames` */
  constructor(observed: Observed, actionNames: ReadonlyMap<string, string>) {
    this.#observed = observed
    this.metrics = new ProxyMetrics(
      {
        status: () => this.#status(),
        isUser: (name) => observed.options().accounts?.get(name) !== undefined,
        live: () => this.#live(),
        countsEvents: observed.journal.status !== null
      },
      actionNames
    )
  }

  /** For `proxy status`. */
  async status(): Promise<ProxyStatus> {
    await this.#measureLag()
    return this.#status()
  }

  /** What one client may see. It waits for nobody: the lag is that of the look before, and is measured for the next. */
  statusFor({ id, login: { isAdmin } }: ClientSession): ShownStatus {
    if (isAdmin) void this.#measureLag()
    return shownStatus(this.#status(), { id, isAdmin })
  }

  /** Whoever may connect may ask whether the proxy is well. @param from the address of who asks for a page */
  async page(path: '/metrics' | '/health', from: string): Promise<StatusPage> {
    const isTrusted = this.#observed.options().metricsAllow.permits(from)
    if (path === '/health') return this.#health(isTrusted)
    if (!isTrusted)
      return { status: 403, contentType: 'text/plain', body: 'The metrics are not for your address; see --metrics-allow.\n' }
    await this.#measureLag()
    return { status: 200, contentType: metricsContentType, body: await this.metrics.render() }
  }

  /** @param inDetail with the names of the servers, which often are addresses, and how busy it is */
  #health(inDetail: boolean): StatusPage {
    const { servers, clients, isDraining } = this.#observed
    const { httpStatus, body } = healthOf({
      servers: servers().all,
      clients: { length: clients.size },
      draining: isDraining(),
      uptimeS: this.#uptimeS
    })
    const shown = inDetail ? body : { status: body.status, draining: body.draining }
    return { status: httpStatus, contentType: 'application/json', body: `${JSON.stringify(shown)}\n` }
  }

  get #uptimeS(): number {
    return Math.floor((performance.now() - this.#startMs) / 1000)
  }

  #status(): ProxyStatus {
    const { options, servers, clients, journal, isDraining } = this.#observed
    const { version, accounts } = options()
    return {
      version,
      startedAt: this.#startedAt.toISOString(),
      uptimeS: this.#uptimeS,
      draining: isDraining(),
      servers: servers().all.map((server) => serverStatus(server, this.metrics)),
      clients: [...clients].map(clientStatus),
      counters: this.metrics.counters(),
      users: accounts ? accounts.names.length : null,
      journal: journal.status
    }
  }

  #live() {
    const { clients, fanOut } = this.#observed
    const counts = { eventsOut: fanOut.eventsOut, bytesOut: 0, eventsDropped: 0 }
    for (const { outbox } of clients) {
      counts.bytesOut += outbox.drainedBytes
      counts.eventsDropped += outbox.droppedInAll
    }
    return counts
  }

  /** Servers that send events all the time are never pinged to keep them alive: they are when somebody wants to know. */
  async #measureLag(): Promise<void> {
    const up = this.#observed.servers().all.filter(({ isUp }) => isUp)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, maxPongMs, undefined)
    })
    await Promise.all(
      up.map(async (server) => {
        const ms = (await Promise.race([server.roundTrip(), late])) ?? server.pingAgeMs
        if (ms !== undefined) this.metrics.pingRoundTrip(server.name, ms)
      })
    )
    clearTimeout(timer)
  }
}

function serverStatus(server: Upstream, metrics: ProxyMetrics): ServerStatus {
  const { name, state, since, reconnects, lastError, banner, actionsInFlight, options } = server
  const { eventsPerS, bytesIn, lagMs } = metrics.serverRates(name)
  return {
    name,
    host: options.host,
    port: options.port,
    state,
    since: since.toISOString(),
    reconnects,
    // What made the first tries fail is no news once it is up.
    lastError: server.isUp && reconnects === 0 ? null : lastError,
    banner: banner ?? null,
    tls: options.tls !== undefined,
    actionsInFlight,
    eventsPerS,
    bytesIn,
    lagMs: server.isUp ? lagMs : null
  }
}

function clientStatus(client: ClientSession): ClientStatus {
  const { id, login, peer, view, outbox } = client
  return {
    id,
    user: login.username ?? null,
    address: client.address,
    input: peer.connection ? peer.input.name : 'http',
    output: view.output.name,
    encrypted: peer.isEncrypted,
    connectedAt: client.connectedAt.toISOString(),
    filtered: view.isFiltered,
    queueBytes: outbox.waitingBytes,
    queuedMs: outbox.queuedMs,
    dropped: outbox.droppedInAll,
    actions: client.actions,
    actionsInFlight: client.inFlight,
    bytesOut: outbox.drainedBytes
  }
}
