import type net from 'node:net'
import type { Duplex } from 'node:stream'
import type tls from 'node:tls'
import { AddressList } from '../access/address-list.js'
import { LoginThrottle } from '../access/login-throttle.js'
import { LoginError, type PbxkitError } from '../errors.js'
import { channelBindingOf } from '../net/channel-binding.js'
import { type ConnectionLimitOptions, ConnectionLimits, defaultConnectionLimits } from '../net/connection-limits.js'
import { type Detected, detectProtocol } from '../net/first-bytes.js'
import { ServerTls } from '../net/tls-server.js'
import type { YamuxSession } from '../net/yamux/session.js'
import { SessionWatch } from '../net/yamux/session-watch.js'
import { InventedRecords } from '../scram/record.js'
import { closeWith } from '../tunnel/last-words.js'
import { failedLine, waitLine } from '../tunnel/protocol-1-messages.js'
import { type Protocol1Options, protocol1Defaults, protocol1Original } from '../tunnel/protocol-1-server.js'
import { formatUpgrade } from '../tunnel/protocol-2-messages.js'
import { type AcceptTunnelOptions, acceptTunnel } from '../tunnel/protocol-2-server.js'
import { acceptProtocol1 } from './accept-protocol-1.js'
import type { TunnelAccounts } from './accounts.js'
import type { TunnelCounters } from './counters.js'
import { HttpDesk, type HttpPage, type HttpQuestion } from './http-desk.js'
import type { LocalTunnels } from './local-tunnels.js'
import { loginResultOf } from './login-result.js'
import { metadataPage } from './metadata.js'
import type { Protocol1Form, TunnelServerOptions } from './options.js'
import { parametersOfServer, peerOf } from './told-parameters.js'
import type { Tunnel1 } from './tunnel-1.js'
import { Tunnel2 } from './tunnel-2.js'
import type { TunnelLog } from './tunnel-log.js'

/** From the connection to the first byte of the login. */
const firstBytesMs = 5_000
/** Who has too many tunnels may come back then: one of them may have been dead. */
const tooManyWaitS = 10
/** The system asks clients of protocol 1 for a sign of life so often. */
const keepAliveMs = 30_000

export interface FrontDoorContext {
  options: () => TunnelServerOptions
  accounts: TunnelAccounts
  tunnels: LocalTunnels
  log: TunnelLog
  counters: TunnelCounters
  /** `/health` and `/metrics`. */
  page: (path: '/metrics' | '/health', from: string) => Promise<HttpPage>
}

interface Arrival {
  socket: net.Socket
  host: string
  address: string
  secure: tls.TLSSocket | undefined
}

const protocol1Forms: Readonly<Record<Protocol1Form, Protocol1Options>> = {
  improved: protocol1Defaults,
  'late-accept': { ...protocol1Defaults, accept: 'at call' },
  original: protocol1Original
}

/** Where tunnels come in: tells TLS, HTTP, protocol 2 and the original by the first bytes, and lets in who can log in. */
export class FrontDoor {
  readonly #context: FrontDoorContext
  readonly #limits: ConnectionLimits<net.Socket>
  readonly #throttle = new LoginThrottle({ clock: () => performance.now() })
  readonly #loopback = new AddressList(['127.0.0.0/8', '::1'], 'loopback')
  /** In clear, and inside TLS: each is shared by all its tunnels. */
  readonly #plain: AcceptTunnelOptions
  readonly #secured: AcceptTunnelOptions
  readonly #bySession = new WeakMap<YamuxSession, Tunnel2>()
  readonly #sockets = new Set<net.Socket>()
  #tls: ServerTls | undefined
  #pin: string | undefined
  readonly #http = new HttpDesk((question) => this.#page(question))

  /** @param inventedSecret see `InventedRecords` @throws ConfigError for a certificate that cannot be used */
  constructor(context: FrontDoorContext, inventedSecret: Buffer) {
    this.#context = context
    this.#limits = new ConnectionLimits<net.Socket>((socket) => {
      context.log.warn(
        { client: socket.remoteAddress, reason: 'it had not logged in, and made room for another' },
        'client closed'
      )
      socket.destroy()
    }, limitsOf(context.options()))
    const { patienceMs } = context.options()
    this.#plain = {
      ...(patienceMs !== undefined && { timeouts: { helloMs: patienceMs, proofMs: patienceMs } }),
      findRecord: (username) => context.accounts.findRecord(username),
      invented: new InventedRecords(inventedSecret),
      admit: ({ username }) => this.#admitUser(username) ?? { parameters: parametersOfServer(context.options()) },
      watch: context.options().watch ?? new SessionWatch(),
      handler: {
        // Calls come from here, not from clients.
        onStream: (stream) => void stream.destroy(),
        onGoAway: (session) => this.#left(session),
        onClosed: (session, error) => this.#left(session, error)
      }
    }
    this.#secured = { ...this.#plain, requireBinding: true }
    this.reload()
  }

  get sockets(): { all: number; halfOpen: number } {
    return { all: this.#sockets.size, halfOpen: this.#limits.halfOpen }
  }

  /** Reads the certificate again, or another one, and takes over what else may change. @throws ConfigError, and all stays as it was */
  reload(options: TunnelServerOptions = this.#context.options()): void {
    const { tls } = options
    if (this.#tls && tls) this.#tls.reload(tls)
    else this.#tls = tls && new ServerTls(tls)
    this.#pin = this.#tls?.pin
    this.#limits.limits = { ...defaultConnectionLimits, ...limitsOf(options) }
    for (const accepting of [this.#plain, this.#secured]) accepting.upgradeText = options.upgradeText
  }

  admit(socket: net.Socket): void {
    const { log } = this.#context
    const host = socket.remoteAddress ?? ''
    const refusal = this.#limits.admit(socket, host)
    if (refusal) {
      log.warn({ client: host, reason: refusal }, 'client refused')
      return void socket.destroy()
    }
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#limits.gone(socket)
    })
    const arrival: Arrival = { socket, host, address: `${host}:${socket.remotePort}`, secure: undefined }
    detectProtocol(socket, (kind) => this.#enter(arrival, kind), { graceMs: this.#patienceMs, maxWaitMs: this.#patienceMs })
  }

  /** Closes every connection, tunnels too. */
  close(): void {
    this.#http.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #enter(arrival: Arrival, kind: Detected): void {
    const stream = arrival.secure ?? arrival.socket
    const { counters } = this.#context
    const { acceptUnencrypted } = this.#context.options()
    if (kind === 'tls' && !arrival.secure && this.#tls) return void this.#shakeHands(arrival, this.#tls)
    stream.on('error', ignore)
    if (kind === 'silent') return this.#refuse(arrival, 'it has said nothing')
    if (kind === 'http') {
      counters.httpRequests++
      return this.#http.accept(stream)
    }
    if (kind !== 'other')
      return this.#refuse(arrival, `it speaks ${kind === 'tls' ? 'TLS, and no certificate is configured' : kind}`)
    if (!arrival.secure && !acceptUnencrypted && !this.#loopback.permits(arrival.host))
      return this.#refuse(arrival, 'it does not speak TLS')
    const throttled = this.#throttle.check(arrival.host)
    if (throttled !== 'ok') {
      counters.logins.throttled++
      return closeWith(stream, waitLine(throttled.retryInMs / 1000))
    }
    const first = firstCharacter(stream)
    const isProtocol1 = /[0-9a-f]/.test(first)
    if (!isProtocol1 && first !== 'A') return this.#refuse(arrival, 'it speaks no protocol of the tunnel')
    if (isProtocol1 && !this.#takesProtocol1(arrival)) return this.#retire(arrival)
    this.#login(arrival, isProtocol1).catch((error: unknown) => this.#loginFailed(arrival, error))
  }

  async #shakeHands(arrival: Arrival, tls: ServerTls): Promise<void> {
    try {
      const secure = await tls.wrap(arrival.socket)
      if (!secure.destroyed)
        detectProtocol(secure, (kind) => this.#enter({ ...arrival, secure }, kind), {
          graceMs: this.#patienceMs,
          maxWaitMs: this.#patienceMs
        })
    } catch (error) {
      this.#context.log.debug({ client: arrival.address, reason: (error as Error).message }, 'TLS with a client failed')
    }
  }

  async #login(arrival: Arrival, isProtocol1: boolean): Promise<void> {
    const { socket, secure, address } = arrival
    const { accounts, tunnels, log, counters } = this.#context
    const stream = secure ?? socket
    const encrypted = secure !== undefined
    let username: string
    if (isProtocol1) {
      socket.setKeepAlive(true, keepAliveMs)
      const mayEnter = (user: string) => this.#admitUser(user)?.waitS
      const { protocol1Form = 'improved', patienceMs: timeoutMs } = this.#context.options()
      const eventsOf = (user: string) => ({
        onLeft: (one: Tunnel1) => {
          counters.tunnels.closed++
          tunnels.delete(one)
        },
        onCallOver: () => tunnels.changed(user)
      })
      const login = { accounts, mayEnter, address, encrypted, timeoutMs, eventsOf }
      const tunnel = await acceptProtocol1(stream, { ...login, form: protocol1Forms[protocol1Form] })
      username = tunnel.username
      tunnels.add(tunnel)
    } else {
      const binding = secure && channelBindingOf(secure)
      const { session, parameters, ...login } = await acceptTunnel(stream, secure ? this.#secured : this.#plain, binding)
      username = login.username
      if (session.isClosed) return
      const peer = { username, address, encrypted, ...peerOf(parameters) }
      const tunnel = new Tunnel2(session, peer, () => tunnels.changed(username))
      this.#bySession.set(session, tunnel)
      tunnels.add(tunnel)
    }
    counters.logins.success++
    counters.tunnels.opened++
    this.#limits.loggedIn(socket)
    this.#throttle.succeeded(arrival.host, username)
    log.info({ user: username, client: address, protocol: isProtocol1 ? 1 : 2, tls: secure !== undefined }, 'tunnel connected')
  }

  #loginFailed({ host, address }: Arrival, error: unknown): void {
    if (error instanceof LoginError) this.#throttle.failed(host)
    this.#context.counters.logins[loginResultOf(error)]++
    this.#context.log.warn({ client: address, reason: (error as Error).message }, 'login failed')
  }

  #admitUser(username: string): { waitS: number } | undefined {
    const { maxTunnelsPerUser, secondLogin } = this.#context.options()
    // Who takes over needs no room.
    if (secondLogin === 'take-over') return undefined
    return this.#context.tunnels.countOf(username) >= maxTunnelsPerUser ? { waitS: tooManyWaitS } : undefined
  }

  #left(session: YamuxSession, error?: PbxkitError): void {
    const tunnel = this.#bySession.get(session)
    if (!tunnel) return
    this.#context.tunnels.delete(tunnel)
    if (!session.isClosed) return
    this.#bySession.delete(session)
    this.#context.counters.tunnels.closed++
    const { username: user, address: client } = tunnel
    this.#context.log.info({ user, client, ...(error && { reason: error.message }) }, 'tunnel closed')
  }

  #takesProtocol1({ secure, host }: Arrival): boolean {
    return this.#context.options().protocol1 ?? (secure !== undefined || this.#loopback.permits(host))
  }

  /** sandbox.rb gives up for ever at a line that it does not know, as it should: what its authors wished for has no line of its own. */
  #retire({ socket, secure, address }: Arrival): void {
    this.#context.log.warn({ client: address, reason: 'it speaks the protocol of the original, which is off' }, 'client refused')
    this.#context.counters.logins.retired++
    closeWith(secure ?? socket, formatUpgrade(this.#context.options().upgradeText))
  }

  async #page({ path, from, hostHeader, local, encrypted }: HttpQuestion): Promise<HttpPage | undefined> {
    if (path === '/health' || path === '/metrics') return this.#context.page(path, from)
    const { metadata = {}, protocol1 } = this.#context.options()
    const takesProtocol1 = protocol1 ?? (encrypted || this.#loopback.permits(from))
    const protocols = takesProtocol1 ? ([2, 1] as const) : ([2] as const)
    const tls = this.#pin === undefined ? undefined : { pin: this.#pin }
    return metadataPage(path, { hostHeader, local, protocols, tls }, metadata)
  }

  get #patienceMs(): number {
    return this.#context.options().patienceMs ?? firstBytesMs
  }

  #refuse({ socket, secure, address }: Arrival, reason: string): void {
    this.#context.counters.logins.refused++
    this.#context.log.warn({ client: address, reason }, 'client refused')
    closeWith(secure ?? socket, failedLine)
  }
}

/** Of what has come, which stays there. */
function firstCharacter(stream: Duplex): string {
  const bytes: Buffer | null = stream.read()
  if (!bytes) return ''
  stream.unshift(bytes)
  return bytes.toString('latin1', 0, 1)
}

/** One address never has everything: not more than half. */
function limitsOf({ maxTunnels, maxHalfOpen }: TunnelServerOptions): Partial<ConnectionLimitOptions> {
  return {
    ...(maxTunnels !== undefined && { maxConnections: maxTunnels, maxPerAddress: Math.ceil(maxTunnels / 2) }),
    ...(maxHalfOpen !== undefined && { maxHalfOpen })
  }
}

/** A failure is followed by `close`. */
function ignore(): void {}
