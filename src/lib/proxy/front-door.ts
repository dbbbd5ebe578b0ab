import type net from 'node:net'
import type { Duplex } from 'node:stream'
import type { Block } from '../ami/block.js'
import { DataError } from '../errors.js'
import { ConnectionLimits } from '../net/connection-limits.js'
import { type Detected, detectProtocol } from '../net/first-bytes.js'
import { ServerTls } from '../net/tls-server.js'
import type { Peer } from './client-session.js'
import { inputFormat, outputFormat, sseOutput } from './formats/formats.js'
import { jsonInput } from './formats/json-input.js'
import { standardInput, standardOutput } from './formats/standard.js'
import { xmlInput } from './formats/xml-input.js'
import { type HttpContext, HttpFront, type SessionPeer, type StatusPage } from './http/http-front.js'
import type { ProxyLog, ProxyOptions } from './options.js'

/** A body holds one action: a hundred headers of Asterisk's 1 kB, and then some. */
const maxBodyBytes = 1024 * 1024
/** As astmanproxy has it. */
const httpTimeoutMs = 30_000

/** HTTP speaks as soon as it is connected: its bytes are on the way when it is accepted. */
const httpWaitMs = 10
/** A TLS library may have to read its authorities before it speaks; who waits for the banner is to have it within 30 ms. */
const tlsWaitMs = 20
/**
 * A browser connects first and composes its request then: on a busy machine or a phone that takes some 100 ms. Who comes from where the page may be
 * opened, and waits for the banner, waits so long.
 */
const browserWaitMs = 250
/** Where TLS is a must, only a dead client is silent for so long. */
const tlsOnlyWaitMs = 5_000

/** How a client came in. */
type Way = Pick<Peer, 'address' | 'isEncrypted' | 'connection'>

export interface FrontDoorContext {
  options: () => ProxyOptions
  log: ProxyLog
  /** @param head what has come already */
  openSession: (stream: Duplex, peer: Peer, head?: Buffer) => void
  /** The first line for clients of plain AMI. */
  banner: () => string
  status: (path: '/metrics' | '/health', from: string) => Promise<StatusPage>
}

/** Where clients come in: tells by the first bytes what each speaks, in clear or inside TLS, and keeps nobody waiting for another. */
export class FrontDoor {
  readonly #context: FrontDoorContext
  readonly #limits: ConnectionLimits<object>
  readonly #http: HttpFront
  #tls: ServerTls | undefined
  /** What counts as one connection, by the stream (the socket, or the TLS inside of it) that HTTP was given. */
  readonly #connections = new WeakMap<object, object>()
  /** Not told apart yet: they are nobody's but ours. */
  readonly #arriving = new Set<net.Socket>()

  /** @throws ConfigError for a certificate that cannot be used */
  constructor(context: FrontDoorContext) {
    this.#context = context
    this.#limits = new ConnectionLimits<object>((connection) => {
      const { remoteAddress, remotePort } = connection as net.Socket
      const reason = 'it had not logged in, and made room for another'
      context.log.warn({ client: `${remoteAddress}:${remotePort}`, reason }, 'client closed')
      ;(connection as net.Socket).destroy()
    }, context.options().connectionLimits)
    const http: HttpContext = {
      log: context.log,
      openSession: (stream, peer) => context.openSession(stream, this.#sessionPeer(peer)),
      status: context.status,
      format: (name) => outputFormat(name, { xmlCompat: context.options().xmlCompat }),
      parseXmlAction: (body) => this.#parseXmlAction(body),
      options: () => {
        const {
          outputFormat: format,
          autoFilter,
          xmlCompat,
          authRequired,
          proxyKey,
          allowedOrigins,
          webAllow
        } = context.options()
        return {
          webAllow,
          ...{ maxBodyBytes, defaultTimeoutMs: httpTimeoutMs, outputFormat: format, autoFilter: autoFilter === 'on' },
          ...{ xmlCompat: xmlCompat !== undefined, authRequired, proxyKeyRequired: proxyKey !== undefined, allowedOrigins }
        }
      }
    }
    this.#http = new HttpFront(http, context.options().httpTimes)
    this.reload()
  }

  /** Reads the certificate again. @throws ConfigError, and the old one stays */
  reload(): void {
    const { tls } = this.#context.options()
    if (!tls) this.#tls = undefined
    else if (this.#tls) this.#tls.reload(tls)
    else this.#tls = new ServerTls(tls)
  }

  admit(socket: net.Socket): void {
    const host = socket.remoteAddress ?? ''
    const refusal = this.#limits.admit(socket, host)
    if (refusal) {
      this.#context.log.warn({ client: host, reason: refusal }, 'client refused')
      return void socket.destroy()
    }
    this.#arriving.add(socket)
    socket.once('close', () => {
      this.#arriving.delete(socket)
      this.#limits.gone(socket)
    })
    const way = { address: `${host}:${socket.remotePort}`, isEncrypted: false, connection: socket }
    detectProtocol(socket, (kind, head) => this.#enter(socket, kind, way, head), { graceMs: this.#graceMs(host), handOver: true })
  }

  /** How long a client may be silent before it is taken for one that waits for the banner. */
  #graceMs(host: string): number | undefined {
    const { helloWaitMs, acceptUnencrypted, webAllow } = this.#context.options()
    // Nobody there waits for a banner in clear.
    if (this.#tls && !acceptUnencrypted) return Math.max(helloWaitMs ?? 0, tlsOnlyWaitMs)
    return helloWaitMs ?? (webAllow.permits(host) ? browserWaitMs : this.#tls ? tlsWaitMs : httpWaitMs)
  }

  /** A client has logged in: it is not closed any more to make room. */
  loggedIn({ connection }: Peer): void {
    if (connection) this.#limits.loggedIn(connection)
  }

  /** Closes who has not been told apart, and every connection of HTTP. */
  close(): void {
    for (const socket of this.#arriving) socket.destroy()
    this.#http.close(true)
  }

  #enter(stream: Duplex, kind: Detected, way: Way, head?: Buffer): void {
    const { isEncrypted, address } = way
    // The others read from the stream.
    if (head && (kind === 'tls' || kind === 'http')) stream.unshift(head)
    if (kind === 'tls' && !isEncrypted && this.#tls) return void this.#shakeHands(stream as net.Socket, this.#tls, way)
    if (kind === 'tls' || kind === 'sslv2') return this.#close(stream, address, 'it speaks TLS, and no certificate is configured')
    if (!isEncrypted && !this.#context.options().acceptUnencrypted) return this.#close(stream, address, 'it does not speak TLS')
    this.#arriving.delete(way.connection as net.Socket)
    if (kind === 'http') return this.#acceptHttp(stream, way)
    if (kind === 'silent') return this.#greet(stream, way)
    const input = kind === 'xml' ? xmlInput : kind === 'json' ? jsonInput : standardInput
    const { outputFormat: configured, xmlCompat } = this.#context.options()
    // Who speaks XML or JSON is answered in it, unless the configuration names another format.
    const name = configured === 'standard' ? input.name : configured
    const output = outputFormat(name, { xmlCompat }) ?? standardOutput
    const { connection } = way
    this.#context.openSession(stream, { address, isEncrypted, connection, input, output, greet: input.hasBanner }, head)
  }

  /** The banner first, the session in the next turn: of hundreds that come at once none waits for the sessions of the others. */
  #greet(stream: Duplex, way: Way): void {
    stream.on('error', ignore)
    stream.write(`${this.#context.banner()}\r\n`)
    setImmediate(() => {
      stream.off('error', ignore)
      if (stream.destroyed) return
      const { outputFormat: name, xmlCompat } = this.#context.options()
      const output = outputFormat(name, { xmlCompat }) ?? standardOutput
      this.#context.openSession(stream, { ...way, input: standardInput, output, greet: false })
    })
  }

  #acceptHttp(stream: Duplex, { connection }: Pick<Peer, 'connection'>): void {
    if (connection) this.#connections.set(stream, connection)
    this.#http.accept(stream)
  }

  async #shakeHands(socket: net.Socket, tls: ServerTls, way: Way): Promise<void> {
    try {
      const secure = await tls.wrap(socket)
      if (secure.destroyed) return
      const inside = { ...way, isEncrypted: true }
      detectProtocol(secure, (kind, head) => this.#enter(secure, kind, inside, head), { handOver: true })
    } catch (error) {
      this.#context.log.debug({ client: way.address, reason: (error as Error).message }, 'TLS with a client failed')
    }
  }

  #close(stream: Duplex, address: string, reason: string): void {
    this.#context.log.warn({ client: address, reason }, 'client closed')
    stream.destroy()
  }

  #sessionPeer({ address, isEncrypted, isWeb, input, output, stream }: SessionPeer): Peer {
    const { xmlCompat } = this.#context.options()
    return {
      address,
      isEncrypted,
      isWeb,
      input: inputFormat(input) ?? standardInput,
      output: output === 'sse' ? sseOutput : (outputFormat(output, { xmlCompat }) ?? standardOutput),
      greet: false,
      connection: stream && this.#connections.get(stream)
    }
  }

  /** @throws ProtocolError, DataError */
  #parseXmlAction(body: Buffer): Block {
    const [action, more] = xmlInput.createParser(this.#context.options().limits).push(body)
    if (!action || more) throw new DataError('The body has to be one <AsteriskManagerInput>')
    return action
  }
}

/** A failure is followed by `close`. */
function ignore(): void {}
