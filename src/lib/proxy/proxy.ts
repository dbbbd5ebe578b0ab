import type { Duplex } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import { LoginThrottle } from '../access/login-throttle.js'
import { encodeBlock, type Field } from '../ami/encode.js'
import { amiVersion } from '../ami/login.js'
import { type Address, formatAddress } from '../net/address.js'
import { ListenerSet } from '../net/listener-set.js'
import { ServerTls } from '../net/tls-server.js'
import { AuditedAction } from './audit/audited-action.js'
import { ClientRequester } from './client-requester.js'
import { type ClientContext, ClientSession, type Peer } from './client-session.js'
import { Congestion } from './congestion.js'
import { dispatch } from './dispatch.js'
import { FanOut } from './fan-out.js'
import { ChannelCache } from './filter/channel-cache.js'
import { ColumnFilter } from './filter/column-filter.js'
import { FrontDoor } from './front-door.js'
import { Journal } from './journal.js'
import { loadActionNames } from './metrics.js'
import { Observation } from './observation.js'
import type { ProxyLog, ProxyOptions } from './options.js'
import { QueryPool } from './queries/query-pool.js'
import { Snapshots } from './queries/snapshots.js'
import { errorAnswer } from './rewrite.js'
import { Servers } from './servers.js'
import type { ProxyStatus } from './status.js'
import { Upstream } from './upstream.js'
import type { View } from './view.js'

/** The AMI version of Asterisk 22: in the banner until a server has told its own. Libraries refuse a banner that is not Asterisk's to the letter. */
const defaultVersion = '11.0.0'
const shutdownEvent = Buffer.from('Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: False\r\n\r\n')

export interface RunningProxy {
  /** As they are now: a reload may change them. */
  readonly addresses: readonly Address[]
  readonly servers: Servers
  /**
   * Takes over servers, users and listeners without dropping a client. Users count for new logins, limits for new clients and new sessions with servers.
   * Where it listens on the same, all is taken over before it returns.
   * @throws ListenError, ConfigError for a certificate; all is as it was then
   */
  reload(options: ProxyOptions): Promise<void>
  /** What servers and clients do now. */
  status(): Promise<ProxyStatus>
  /** Settles when all is closed. */
  readonly closed: Promise<void>
}

/**
 * Starts the proxy: one session to each server, any number of clients. Resolves once it listens; the servers are connected in the background and
 * for ever. Aborting `signal` stops accepting, tells the clients, waits for answers up to `graceMs`, and destroys what is left.
 * @throws ListenError
 */
export async function startProxy(options: ProxyOptions, log: ProxyLog, signal: AbortSignal): Promise<RunningProxy> {
  const proxy = new AmiProxy(options, log, await loadActionNames())
  await proxy.listen()
  return {
    get addresses() {
      return proxy.addresses
    },
    servers: proxy.servers,
    reload: (changed) => proxy.reload(changed),
    status: () => proxy.status(),
    closed: proxy.run(signal)
  }
}

class AmiProxy {
  readonly servers: Servers
  #options: ProxyOptions
  readonly #log: ProxyLog
  readonly #clients = new Set<ClientSession>()
  readonly #fanOut = new FanOut<ClientSession>()
  readonly #listeners: ListenerSet
  #draining = false
  readonly #congestion: Congestion
  readonly #journal: Journal
  readonly #channels = new ChannelCache()
  /** Only filters need to know the channels: without any, no event is looked at. */
  #keepsChannels: boolean
  /** Only with `snapshot`: without it no event is looked at. */
  readonly #snapshots: Snapshots | undefined
  readonly #door: FrontDoor
  readonly #observation: Observation
  readonly #context: ClientContext

  constructor(options: ProxyOptions, log: ProxyLog, actionNames: ReadonlyMap<string, string>) {
    this.#options = options
    this.#log = log
    this.#keepsChannels = options.accounts?.hasFilters ?? false
    this.#journal = new Journal(options.journalBytes)
    const observed = {
      options: () => this.#options,
      servers: () => this.servers,
      clients: this.#clients,
      fanOut: this.#fanOut,
      journal: this.#journal,
      isDraining: () => this.#draining
    }
    this.#observation = new Observation(observed, actionNames)
    this.#snapshots = options.snapshot ? new Snapshots(() => performance.now()) : undefined
    this.#door = new FrontDoor({
      options: () => this.#options,
      log,
      openSession: (stream, peer, head) => this.#openSession(stream, peer, head),
      banner: () => this.#banner,
      status: (path, from) => this.#observation.page(path, from)
    })
    this.#listeners = new ListenerSet({
      onConnection: (socket) => this.#door.admit(socket),
      onAcceptError: (error, wish) =>
        log.warn({ address: formatAddress(wish), reason: error.message }, 'a client could not be accepted')
    })
    this.servers = new Servers((server) => this.#createUpstream(server))
    this.#congestion = new Congestion(this.#fanOut, (paused) => {
      for (const upstream of this.servers.all) upstream.setPaused(paused)
    })
    const dispatchContext = {
      options: () => this.#options,
      servers: this.servers,
      // Whoever sees everybody's answers is to see as many as were asked for.
      queries: new QueryPool(() => this.#options.coalesceQueries && !this.#options.broadcastResponses, this.#snapshots),
      clients: () => this.#clients,
      metrics: this.#observation.metrics,
      statusFor: (client: ClientSession) => this.#observation.statusFor(client),
      log
    }
    this.#context = {
      options: () => this.#options,
      log,
      metrics: this.#observation.metrics,
      filterSource: (columns, client) => ({
        // It follows calls from when it was made: each client has its own.
        key: JSON.stringify([columns, client.id]),
        create: () => new ColumnFilter(columns, this.#channels)
      }),
      throttle: new LoginThrottle({
        clock: () => performance.now(),
        perAddress: options.maxLoginFailures,
        perUser: 2 * options.maxLoginFailures
      }),
      banner: () => this.#banner,
      dispatch: (client, block, id) => {
        if (this.#draining) client.receive(errorAnswer('The proxy is shutting down', id))
        else dispatch(client, block, id, dispatchContext)
      },
      subscribe: (client, view, since) => this.#subscribe(client, view, since)
    }
  }

  get addresses(): readonly Address[] {
    return this.#listeners.addresses
  }

  listen(): Promise<void> {
    return this.#listeners.update(this.#options.listen)
  }

  async run(signal: AbortSignal): Promise<void> {
    this.servers.update(this.#options.servers)
    await aborted(signal)
    this.#listeners.close()
    await this.#drain()
    this.#door.close()
    this.#congestion.stop()
    await this.servers.stop()
  }

  async reload(options: ProxyOptions): Promise<void> {
    if (!isDeepStrictEqual(options.listen, this.#options.listen)) await this.#moveTo(options)
    const before = this.#options
    this.#options = options
    try {
      this.#door.reload()
    } catch (error) {
      this.#options = before
      throw error
    }
    this.#keepsChannels = options.accounts?.hasFilters ?? false
    this.servers.update(options.servers)
    for (const client of this.#clients) client.reloaded()
    const listen = this.addresses.map(formatAddress)
    this.#log.info({ servers: options.servers.map(({ name }) => name), listen }, 'settings reloaded')
  }

  /** A port that is not to be had, or a certificate that cannot be used, changes nothing. */
  async #moveTo({ listen, tls }: ProxyOptions): Promise<void> {
    if (tls) new ServerTls(tls)
    await this.#listeners.update(listen)
    this.#options = { ...this.#options, listen }
  }

  get #banner(): string {
    return this.#options.banner ?? `Asterisk Call Manager/${amiVersion(this.servers.first?.banner ?? '') ?? defaultVersion}`
  }

  status(): Promise<ProxyStatus> {
    return this.#observation.status()
  }

  #createUpstream(server: ProxyOptions['servers'][number]): Upstream {
    return new Upstream(server, () => this.#options, {
      handlers: {
        onEvents: (run, own) => {
          const batch = this.#journal.append(run, server.name)
          this.#observation.metrics.eventsIn(server.name, batch.count ?? 0, run.length)
          if (this.#keepsChannels && ChannelCache.mayConcern(run)) for (const event of batch.events) this.#channels.note(event)
          if (this.#snapshots) for (const event of batch.events) this.#snapshots.note(event)
          this.#fanOut.deliver(batch, own)
          this.#congestion.check()
        },
        onAnswer: (block, to) => {
          const asker = to instanceof AuditedAction ? to.asker : to
          if (this.#options.broadcastResponses && asker instanceof ClientRequester)
            this.#fanOut.deliverAnswer(block, server.name, asker.client)
        },
        onUp: (upstream) => {
          if (upstream.reconnects > 0) this.#observation.metrics.reconnect(upstream.name)
          this.#tellServer(upstream, 'ProxyServerUp', [])
          this.#tellBooted(this.#fanOut.wanting('system'))
        },
        onDown: (upstream, reason) => {
          this.#channels.forgetServer(upstream.name)
          this.#snapshots?.forgetServer(upstream.name)
          this.#tellServer(upstream, 'ProxyServerDown', [['Reason', reason.replace(/[\r\n]/g, ' ')]])
        }
      },
      log: this.#log,
      isMarked: () => {
        const { serverHeader, servers } = this.#options
        return serverHeader === 'always' || (serverHeader === 'auto' && servers.length > 1)
      }
    })
  }

  #openSession(stream: Duplex, peer: Peer, head?: Buffer): void {
    // Those who were still being told apart when the stop began.
    if (this.#draining) return void stream.destroy()
    const client = new ClientSession(stream, peer, this.#context)
    this.#clients.add(client)
    stream.once('close', () => {
      this.#clients.delete(client)
      const { drainedBytes, droppedInAll } = client.outbox
      this.#observation.metrics.clientGone({ bytesOut: drainedBytes, eventsDropped: droppedInAll })
    })
    this.#log.debug({ client: client.address, clients: this.#clients.size }, 'client connected')
    if (head) client.read(head)
  }

  #subscribe(client: ClientSession, view: View | undefined, since: number | undefined): void {
    if (view === undefined) return this.#fanOut.unsubscribe(client)
    this.#door.loggedIn(client.peer)
    if (view.mask.wants(['system'])) this.#tellBooted([client])
    const past = since === undefined ? undefined : this.#journal.since(since)
    if (past?.gapUntil !== undefined) client.receive(gapEvent(since!, past.gapUntil))
    this.#fanOut.subscribe(client, view, past)
  }

  /** Tells all who see events of the class `system` what became of a server. */
  #tellServer({ name }: Upstream, event: string, fields: readonly Field[]): void {
    const block = encodeBlock([['Event', event], ['Privilege', 'system,all'], ['Server', name], ...fields])
    this.#fanOut.deliver(this.#journal.append(block, name))
  }

  /** Every client that sees events of the class `system` hears FullyBooted once, as from Asterisk: at once when a server is up, else when the first is. */
  #tellBooted(clients: Iterable<ClientSession>): void {
    const server = this.servers.first
    if (!server) return
    for (const client of clients) {
      if (client.toldBooted) continue
      client.toldBooted = true
      client.receive(server.fullyBooted())
    }
  }

  async #drain(): Promise<void> {
    this.#draining = true
    const { graceMs } = this.#options
    const deadline = performance.now() + graceMs
    // What was answered has to be written, too.
    const answersBy = deadline - graceMs / 5
    for (const client of this.#clients) if (client.login.isLoggedIn) client.receive(shutdownEvent)
    while (performance.now() < answersBy && [...this.#clients].some((client) => client.inFlight > 0)) await nextTurn()
    for (const client of this.#clients) client.end('the proxy stops')
    while (performance.now() < deadline && this.#clients.size > 0) await nextTurn()
    for (const client of this.#clients) client.destroy('the proxy stops')
  }
}

/** Tells a client that came back too late what is lost to it. */
function gapEvent(since: number, first: number): Buffer {
  return encodeBlock([
    ['Event', 'ProxyJournalGap'],
    ['Privilege', 'system,all'],
    ['Since', String(since)],
    ['First', String(first)]
  ])
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** A short wait in a drain: there is nothing to be woken by when several ends are awaited. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10))
}
