import { InterruptedError } from '../errors.js'
import type { TlsOptions } from '../net/connect.js'
import { isIpAddress, isIpv6 } from '../net/ip-address.js'
import type { FlowHandlers, TransportFlow } from './flow.js'
import { StreamFlow } from './stream-flow.js'
import { isSecure, type SipTarget, targetName } from './target.js'
import { openConnectedUdp, SharedUdp, type UdpBind } from './udp-flow.js'
import { WebSocketFlow } from './web-socket-flow.js'

export interface FlowPoolOptions {
  /** The local address: UDP binds there, TCP connects from its host. */
  bind?: UdpBind | undefined
  /**
   * `connected`: a UDP socket for each peer, which hears nobody else and learns at once that nothing listens there. `shared`: one for all,
   * which hears requests from everybody.
   */
  udp: 'connected' | 'shared'
  /** With `shared`: replies may come from other addresses than were asked. */
  anySource?: boolean | undefined
  tls?: TlsOptions | undefined
  /** The path of WebSocket URLs. */
  webSocketPath?: string | undefined
  connectTimeoutMs: number
}

/** All flows of one user agent. There is one to each target, and who needs it shares it. */
export class FlowPool {
  readonly #options: FlowPoolOptions
  readonly #handlers: FlowHandlers
  readonly #flows = new Map<string, Promise<TransportFlow>>()
  /** Flows that are open, by the targets that they were asked for with: who asks again with the same need not wait. */
  readonly #open = new WeakMap<SipTarget, TransportFlow>()
  readonly #shared = new Map<4 | 6, Promise<SharedUdp>>()
  readonly #stop = new AbortController()

  constructor(options: FlowPoolOptions, handlers: FlowHandlers) {
    this.#options = options
    this.#handlers = {
      ...handlers,
      onLost: (flow, cause) => {
        this.#flows.delete(keyOf(flow.target))
        handlers.onLost(flow, cause)
      }
    }
  }

  /** A flow to a target, if there is one that `flowTo` has given for the same object. */
  openFlowTo(target: SipTarget): TransportFlow | undefined {
    const flow = this.#open.get(target)
    return flow?.isOpen ? flow : undefined
  }

  /** The flow to a target; it is opened when there is none. @throws ConnectError, TlsError, TimeoutError, ListenError, ProtocolError */
  async flowTo(target: SipTarget): Promise<TransportFlow> {
    this.#stop.signal.throwIfAborted()
    const key = keyOf(target)
    const known = this.#flows.get(key)
    if (known) {
      const flow = await known
      this.#open.set(target, flow)
      return flow
    }
    const opening = this.#openFlow(target)
    this.#flows.set(key, opening)
    try {
      const flow = await opening
      this.#open.set(target, flow)
      if (!this.#stop.signal.aborted) return flow
      flow.close()
      throw this.#stop.signal.reason
    } catch (error) {
      if (this.#flows.get(key) === opening) this.#flows.delete(key)
      throw error
    }
  }

  /** Closes all, without a word to `onLost`. */
  close(): void {
    this.#stop.abort(new InterruptedError('The user agent was closed'))
    const ignore = () => {}
    for (const flow of this.#flows.values()) flow.then((one) => one.close(), ignore)
    for (const socket of this.#shared.values()) socket.then((one) => one.close(), ignore)
    this.#flows.clear()
    this.#shared.clear()
  }

  #openFlow(target: SipTarget): Promise<TransportFlow> {
    const { bind, udp, tls, webSocketPath, connectTimeoutMs } = this.#options
    if (target.transport === 'udp') {
      return udp === 'connected' ? openConnectedUdp(target, bind, this.#handlers) : this.#openShared(target)
    }
    const options = {
      timeoutMs: connectTimeoutMs,
      signal: this.#stop.signal,
      localAddress: bind?.host,
      tls: isSecure(target.transport) ? { ...nameToVerify(target), ...tls } : undefined
    }
    if (target.transport === 'tcp' || target.transport === 'tls') return StreamFlow.open(target, options, this.#handlers)
    return WebSocketFlow.open(target, { ...options, urlPath: webSocketPath ?? '/' }, this.#handlers)
  }

  async #openShared(target: SipTarget): Promise<TransportFlow> {
    const family = isIpv6(target.address) ? 6 : 4
    let socket = this.#shared.get(family)
    if (!socket) {
      socket = SharedUdp.open(family, this.#options.bind, this.#handlers, this.#options.anySource)
      this.#shared.set(family, socket)
      socket.catch(() => this.#shared.delete(family))
    }
    return (await socket).flowTo(target)
  }
}

/** RFC 5922 4: the certificate is of the domain that was asked for, not of the host that DNS led to. */
function nameToVerify({ serverName }: SipTarget): TlsOptions {
  return isIpAddress(serverName) ? {} : { serverName }
}

/** Two domains on one server have a connection each: each verified its own name. */
function keyOf(target: SipTarget): string {
  return isSecure(target.transport) ? `${targetName(target)} ${target.serverName}` : targetName(target)
}
