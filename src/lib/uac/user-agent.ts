import type { TlsOptions } from '../net/connect.js'
import { type Dns, systemDns } from '../net/dns.js'
import { noteSource, type ReplyParts } from '../sip/build.js'
import { SipSyntaxError } from '../sip/fault.js'
import { Identifiers } from '../sip/identifiers.js'
import { isReply, type SipMessage, type SipReply, type SipRequest } from '../sip/message.js'
import { parseDatagram } from '../sip/parse.js'
import { refusalOf } from '../sip/refusal.js'
import type { ServerTransaction } from '../sip/server-transaction.js'
import { TransactionTable } from '../sip/transaction-table.js'
import { defaultTimers, type SipTimers } from '../sip/transport.js'
import type { SipUri } from '../sip/uri.js'
import { Blacklist } from '../sip-transport/blacklist.js'
import { cachedDns } from '../sip-transport/dns-cache.js'
import type { TransportFlow } from '../sip-transport/flow.js'
import { FlowPool } from '../sip-transport/flow-pool.js'
import type { Overrides } from '../sip-transport/overrides.js'
import { resolveTargets } from '../sip-transport/resolve.js'
import { SystemWheel } from '../sip-transport/system-wheel.js'
import type { SipTarget } from '../sip-transport/target.js'
import type { UdpBind } from '../sip-transport/udp-flow.js'
import { standardAnswer } from './incoming.js'

/** One message on the wire, for traces. */
export interface WireEvent {
  direction: 'sent' | 'received'
  bytes: Buffer
  /** Undefined when it could not be read. */
  message?: SipMessage | undefined
  target: SipTarget
}

export interface UserAgentOptions {
  bind?: UdpBind | undefined
  /** `shared` where requests come from elsewhere than replies: calls, subscriptions, registrations. */
  udp?: 'connected' | 'shared' | undefined
  /** With `shared`: replies may come from other addresses than were asked. */
  anySource?: boolean | undefined
  tls?: TlsOptions | undefined
  webSocketPath?: string | undefined
  /** Of TCP, TLS and WebSocket. */
  connectTimeoutMs: number
  dns?: Dns | undefined
  overrides?: Overrides | undefined
  family?: 4 | 6 | undefined
  timers?: SipTimers | undefined
  /** Of our requests; '' for none. */
  userAgent?: string | undefined
  onWire?: ((event: WireEvent) => void) | undefined
}

/** Takes a request of a dialog or subscription of ours; undefined leaves it to others. */
export type RequestHandler = (request: SipRequest, transaction: ServerTransaction | undefined) => ReplyParts | undefined

export interface UserAgentCounters {
  /** Messages that could not be read. */
  refused: number
  /** Replies with the branch of a request of ours, and another CSeq, Call-ID or From tag. */
  forged: number
  /** Replies to nothing of ours. */
  unknown: number
}

/** Sockets, transactions, names and time of one SIP user agent; what is said with them is in `exchange`, `call` and others. */
export class UserAgent {
  readonly ids = new Identifiers()
  readonly table: TransactionTable
  readonly wheel: SystemWheel
  readonly blacklist: Blacklist
  readonly userAgent: string
  readonly counters: UserAgentCounters = { refused: 0, forged: 0, unknown: 0 }
  readonly #options: UserAgentOptions
  readonly #dns: Dns
  readonly #pool: FlowPool
  readonly #handlers = new Set<RequestHandler>()
  readonly #listeners = new Set<(message: SipMessage | undefined, bytes: Buffer, flow: TransportFlow | undefined) => void>()
  readonly #watchers = new Set<(flow: TransportFlow, cause: unknown) => void>()
  readonly #tag: string

  constructor(options: UserAgentOptions) {
    const now = () => performance.now()
    this.#options = options
    this.userAgent = options.userAgent ?? 'pbxkit'
    this.#tag = this.ids.tag()
    this.#dns = cachedDns(options.dns ?? systemDns(), now)
    this.blacklist = new Blacklist(now)
    this.wheel = new SystemWheel(now)
    this.table = new TransactionTable({ wheel: this.wheel, timers: options.timers ?? defaultTimers })
    const { bind, udp = 'connected', anySource, tls, webSocketPath, connectTimeoutMs, onWire } = options
    this.#pool = new FlowPool(
      { bind, udp, anySource, tls, webSocketPath, connectTimeoutMs },
      {
        onMessage: (message, flow, source) => this.#receive(message, flow, source),
        onRefused: (error, bytes, flow) => this.#refuse(error, bytes, flow),
        onLost: (flow, cause) => {
          this.table.failFlow(flow, cause)
          for (const watcher of this.#watchers) watcher(flow, cause)
        },
        onSent: onWire && ((bytes, flow) => onWire({ direction: 'sent', bytes, message: readBack(bytes), target: flow.target }))
      }
    )
  }

  /** Where a URI leads to, what works first. @throws ConnectError, DataError */
  async targetsOf(uri: SipUri): Promise<SipTarget[]> {
    const { overrides, family } = this.#options
    return this.blacklist.order(await resolveTargets(uri, { dns: this.#dns, overrides, family }))
  }

  /** A flow that is open already. @param target an object that `flowTo` was asked with */
  openFlowTo(target: SipTarget): TransportFlow | undefined {
    return this.#pool.openFlowTo(target)
  }

  /** @throws ConnectError, TlsError, TimeoutError and others of the flow's transport */
  flowTo(target: SipTarget): Promise<TransportFlow> {
    return this.#pool.flowTo(target)
  }

  /** Asks to be shown requests before they are answered as strangers. @returns what ends it */
  handleRequests(handler: RequestHandler): () => void {
    this.#handlers.add(handler)
    return () => this.#handlers.delete(handler)
  }

  /** Sees everything that comes, whole messages or not. @returns what ends it */
  listen(listener: (message: SipMessage | undefined, bytes: Buffer, flow: TransportFlow | undefined) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Is told of flows that are lost, after the requests on them have failed. @returns what ends it */
  watchFlows(watcher: (flow: TransportFlow, cause: unknown) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** Ends everything, without a word to anybody. */
  close(): void {
    this.table.stop()
    this.wheel.stop()
    this.#pool.close()
  }

  #receive(message: SipMessage, flow: TransportFlow, source: { host: string; port: number }): void {
    this.#options.onWire?.({ direction: 'received', bytes: message.bytes, message, target: flow.target })
    for (const listener of this.#listeners) listener(message, message.bytes, flow)
    try {
      refuseNul(message)
      if (isReply(message)) this.#receiveReply(message)
      else this.#receiveRequest(message as SipRequest, flow, source)
    } catch (error) {
      // Headers are read when they are needed: one that is broken costs this message, not the flow.
      if (!(error instanceof SipSyntaxError)) throw error
      this.counters.refused++
    }
  }

  #receiveReply(reply: SipReply): void {
    const verdict = this.table.receiveReply(reply)
    if (verdict !== 'matched') this.counters[verdict]++
  }

  #receiveRequest(received: SipRequest, flow: TransportFlow, source: { host: string; port: number }): void {
    const request = parseDatagram(noteSource(received, { address: source.host, port: source.port })) as SipRequest
    const verdict = this.table.receiveRequest(request, flow)
    if (verdict.kind === 'new') verdict.transaction.reply({ toTag: this.#tag, ...this.#answer(request, verdict.transaction) })
    else if (verdict.kind === 'ack') this.#ask(request, undefined)
  }

  /** Whatever is wrong with a request, it gets an answer: a transaction without one has no timer, and would stay for ever. */
  #answer(request: SipRequest, transaction: ServerTransaction): ReplyParts {
    try {
      return this.#ask(request, transaction) ?? standardAnswer(request)
    } catch (error) {
      if (!(error instanceof SipSyntaxError)) throw error
      this.counters.refused++
      return { status: error.status }
    }
  }

  #ask(request: SipRequest, transaction: ServerTransaction | undefined): ReplyParts | undefined {
    for (const handler of this.#handlers) {
      const answer = handler(request, transaction)
      if (answer) return answer
    }
    return undefined
  }

  #refuse({ status }: SipSyntaxError, bytes: Buffer, flow: TransportFlow | undefined): void {
    this.counters.refused++
    if (flow) this.#options.onWire?.({ direction: 'received', bytes, target: flow.target })
    for (const listener of this.#listeners) listener(undefined, bytes, flow)
    const answer = flow && refusalOf(bytes, status, this.#tag)
    if (answer) flow.send(answer)
  }
}

/** What we send is read back for the trace only. */
function readBack(bytes: Buffer): SipMessage | undefined {
  try {
    return parseDatagram(bytes)
  } catch {
    return undefined
  }
}

/**
 * RFC 3261 25.1 lets a NUL stand in a quoted pair, and the parser takes it (RFC 4475 3.1.1.2). No header that we write, nor the environment of a program, can hold
 * it, and what comes in goes back out in both.
 * @throws SipSyntaxError
 */
function refuseNul({ bytes, body }: SipMessage): void {
  const at = bytes.indexOf(0)
  if (at >= 0 && at < bytes.length - body.length) throw new SipSyntaxError('control character', 'a NUL in the headers')
}
