import type net from 'node:net'
import type { Duplex } from 'node:stream'
import type tls from 'node:tls'
import { AddressList } from '../access/address-list.js'
import { LoginThrottle } from '../access/login-throttle.js'
import { LoginError, type PbxkitError } from '../errors.js'
import { channelBindingOf } from '../net/channel-binding.js'
import { ConnectionLimits } from '../net/connection-limits.js'
import { type Detected, detectProtocol } from '../net/first-bytes.js'
import { ServerTls } from '../net/tls-server.js'
import type { YamuxSession } from '../net/yamux/session.js'
import { SessionWatch } from '../net/yamux/session-watch.js'
import { InventedRecords } from '../scram/record.js'
import { closeWith } from '../tunnel/last-words.js'
import { failedLine, waitLine } from '../tunnel/protocol-1-messages.js'
import { type AcceptTunnelOptions, acceptTunnel } from '../tunnel/protocol-2-server.js'
import { acceptProtocol1 } from './accept-protocol-1.js'
import type { TunnelAccounts } from './accounts.js'
import type { LocalTunnels } from './local-tunnels.js'
import type { TunnelServerOptions } from './options.js'
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
}

interface Arrival {
  socket: net.Socket
  host: string
  address: string
  secure: tls.TLSSocket | undefined
}

/** Where tunnels come in: tells TLS, protocol 2 and the original by the first bytes, and lets in who can log in. */
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

  /** @param inventedSecret see `InventedRecords` @throws ConfigError for a certificate that cannot be used */
  constructor(context: FrontDoorContext, inventedSecret: Buffer) {
    this.#context = context
    this.#limits = new ConnectionLimits<net.Socket>((socket) => {
      context.log.warn(
        { client: socket.remoteAddress, reason: 'it had not logged in, and made room for another' },
        'client closed'
      )
      socket.destroy()
    })
    this.#plain = {
      findRecord: (username) => context.accounts.findRecord(username),
      invented: new InventedRecords(inventedSecret),
      admit: ({ username }) => this.#admitUser(username),
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

  /** Reads the certificate again. @throws ConfigError, and the old one stays */
  reload(): void {
    const { tls } = this.#context.options()
    if (this.#tls && tls) this.#tls.reload(tls)
    else this.#tls = tls && new ServerTls(tls)
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
    detectProtocol(socket, (kind) => this.#enter(arrival, kind), { graceMs: firstBytesMs })
  }

  /** Closes every connection, tunnels too. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #enter(arrival: Arrival, kind: Detected): void {
    const stream = arrival.secure ?? arrival.socket
    const { acceptUnencrypted, protocol1 } = this.#context.options()
    if (kind === 'tls' && !arrival.secure && this.#tls) return void this.#shakeHands(arrival, this.#tls)
    stream.on('error', ignore)
    if (kind === 'silent') return this.#refuse(arrival, 'it has said nothing')
    if (kind !== 'other')
      return this.#refuse(arrival, `it speaks ${kind === 'tls' ? 'TLS, and no certificate is configured' : kind}`)
    if (!arrival.secure && !acceptUnencrypted && !this.#loopback.permits(arrival.host))
      return this.#refuse(arrival, 'it does not speak TLS')
    const throttled = this.#throttle.check(arrival.host)
    if (throttled !== 'ok') return closeWith(stream, waitLine(throttled.retryInMs / 1000))
    const first = firstCharacter(stream)
    const isProtocol1 = /[0-9a-f]/.test(first)
    if (!isProtocol1 && first !== 'A') return this.#refuse(arrival, 'it speaks no protocol of the tunnel')
    if (isProtocol1 && !protocol1) return this.#refuse(arrival, 'it speaks the protocol of the original, which is off')
    this.#login(arrival, isProtocol1).catch((error: unknown) => this.#loginFailed(arrival, error))
  }

  async #shakeHands(arrival: Arrival, tls: ServerTls): Promise<void> {
    try {
      const secure = await tls.wrap(arrival.socket)
      if (!secure.destroyed)
        detectProtocol(secure, (kind) => this.#enter({ ...arrival, secure }, kind), { graceMs: firstBytesMs })
    } catch (error) {
      this.#context.log.debug({ client: arrival.address, reason: (error as Error).message }, 'TLS with a client failed')
    }
  }

  async #login(arrival: Arrival, isProtocol1: boolean): Promise<void> {
    const { socket, secure, address } = arrival
    const { accounts, tunnels, log } = this.#context
    const stream = secure ?? socket
    let username: string
    if (isProtocol1) {
      socket.setKeepAlive(true, keepAliveMs)
      const mayEnter = (user: string) => this.#admitUser(user)?.waitS
      const tunnel = await acceptProtocol1(stream, { accounts, mayEnter, address, onLeft: (one) => tunnels.delete(one) })
      username = tunnel.username
      tunnels.add(tunnel)
    } else {
      const binding = secure && channelBindingOf(secure)
      const { session, parameters, ...login } = await acceptTunnel(stream, secure ? this.#secured : this.#plain, binding)
      username = login.username
      if (session.isClosed) return
      const tunnel = new Tunnel2(session, { username, instance: parameters.instance ?? '', address }, () =>
        tunnels.changed(username)
      )
      this.#bySession.set(session, tunnel)
      tunnels.add(tunnel)
    }
    this.#limits.loggedIn(socket)
    this.#throttle.succeeded(arrival.host, username)
    log.info({ user: username, client: address, protocol: isProtocol1 ? 1 : 2, tls: secure !== undefined }, 'tunnel connected')
  }

  #loginFailed({ host, address }: Arrival, error: unknown): void {
    if (error instanceof LoginError) this.#throttle.failed(host)
    this.#context.log.warn({ client: address, reason: (error as Error).message }, 'login failed')
  }

  #admitUser(username: string): { waitS: number } | undefined {
    const { maxTunnelsPerUser } = this.#context.options()
    return this.#context.tunnels.countOf(username) >= maxTunnelsPerUser ? { waitS: tooManyWaitS } : undefined
  }

  #left(session: YamuxSession, error?: PbxkitError): void {
    const tunnel = this.#bySession.get(session)
    if (!tunnel) return
    this.#context.tunnels.delete(tunnel)
    if (!session.isClosed) return
    const { username: user, address: client } = tunnel
    this.#context.log.info({ user, client, ...(error && { reason: error.message }) }, 'tunnel closed')
  }

  #refuse({ socket, secure, address }: Arrival, reason: string): void {
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

/** A failure is followed by `close`. */
function ignore(): void {}
