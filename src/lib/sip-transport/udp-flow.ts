import type { Address } from '../net/address.js'
import { formatAddress } from '../net/address.js'
import { DatagramSocket, localAddressTowards } from '../net/datagram-socket.js'
import { isIpv6 } from '../net/ip-address.js'
import { SipSyntaxError } from '../sip/fault.js'
import { isRequest } from '../sip/message.js'
import { parseDatagram } from '../sip/parse.js'
import { type FlowHandlers, keepAlive, type TransportFlow } from './flow.js'
import type { SipTarget } from './target.js'

/** UDP to one peer, over a socket that may be shared. */
export class UdpFlow implements TransportFlow {
  readonly protocol = 'UDP'
  readonly reliable = false
  readonly target: SipTarget
  readonly sentBy: string
  readonly #socket: DatagramSocket
  readonly #to: Address
  readonly #onSent: FlowHandlers['onSent']
  readonly #onClose: () => void
  #isOpen = true

  constructor(socket: DatagramSocket, target: SipTarget, sentBy: string, onSent: FlowHandlers['onSent'], onClose: () => void) {
    this.#socket = socket
    this.target = target
    this.sentBy = sentBy
    this.#to = { host: target.address, port: target.port }
    this.#onSent = onSent
    this.#onClose = onClose
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  send(bytes: Buffer): void {
    if (!this.#isOpen) return
    this.#onSent?.(bytes, this)
    this.#socket.send(bytes, this.#to)
  }

  ping(): void {
    if (this.#isOpen) this.#socket.send(keepAlive, this.#to)
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#onClose()
  }
}

export interface UdpBind {
  host?: string | undefined
  port?: number | undefined
}

/** A socket for one peer alone: what others send does not reach us, and "nothing listens there" does. */
export async function openConnectedUdp(target: SipTarget, bind: UdpBind | undefined, handlers: FlowHandlers): Promise<UdpFlow> {
  const peer = { host: target.address, port: target.port }
  const socket = await DatagramSocket.open(
    { bind, peer, family: isIpv6(target.address) ? 6 : 4 },
    {
      onDatagram: (bytes, source) => receive(bytes, source, flow, handlers),
      onError: (error) => {
        if (!flow.isOpen) return
        flow.close()
        handlers.onLost(flow, error)
      }
    }
  )
  const flow: UdpFlow = new UdpFlow(socket, target, formatAddress(socket.local), handlers.onSent, () => socket.close())
  return flow
}

/**
 * One socket for every peer of a family: 10,000 accounts need one port. Replies are heard from peers that we have a flow to, requests from
 * everybody.
 */
export class SharedUdp {
  readonly #socket: DatagramSocket
  readonly #bindHost: string | undefined
  readonly #handlers: FlowHandlers
  readonly #anySource: boolean
  readonly #flows = new Map<string, UdpFlow>()
  /** Whose datagram came last: the next one is mostly of the same peer. */
  #lastFrom: UdpFlow | undefined

  private constructor(socket: DatagramSocket, bindHost: string | undefined, anySource: boolean, handlers: FlowHandlers) {
    this.#socket = socket
    this.#bindHost = bindHost
    this.#anySource = anySource
    this.#handlers = handlers
  }

  /** @param anySource hear replies from everybody, too: there are servers that answer from another address than they are asked at */
  static async open(family: 4 | 6, bind: UdpBind | undefined, handlers: FlowHandlers, anySource = false): Promise<SharedUdp> {
    const socket = await DatagramSocket.open(
      { bind, family },
      {
        onDatagram: (bytes, source) => shared.#receive(bytes, source),
        onError: (error) => shared.#fail(error)
      }
    )
    const shared: SharedUdp = new SharedUdp(socket, bind?.host, anySource, handlers)
    return shared
  }

  get port(): number {
    return this.#socket.local.port
  }

  async flowTo(target: SipTarget): Promise<UdpFlow> {
    const peer = { host: target.address, port: target.port }
    const host = await localAddressTowards(peer, this.#bindHost)
    const flow = this.#flow(target, formatAddress({ host, port: this.port }), () => this.#flows.delete(formatAddress(peer)))
    this.#flows.set(formatAddress(peer), flow)
    return flow
  }

  close(): void {
    this.#flows.clear()
    this.#socket.close()
  }

  #receive(bytes: Buffer, source: Address): void {
    const last = this.#lastFrom
    const isSame = last?.isOpen && last.target.port === source.port && last.target.address === source.host
    const known = isSame ? last : this.#flows.get(formatAddress(source))
    this.#lastFrom = known
    if (known) return receive(bytes, source, known, this.#handlers)
    if (this.#anySource) return receive(bytes, source, this.#stranger(source), this.#handlers)
    const { onMessage } = this.#handlers
    // Who was not asked has no answer: one that comes from elsewhere is forged more often than not.
    const requestsOnly: typeof onMessage = (message, ...more) => isRequest(message) && onMessage(message, ...more)
    receive(bytes, source, this.#stranger(source), { ...this.#handlers, onMessage: requestsOnly })
  }

  /** For the answer to a request, and then forgotten. */
  #stranger({ host, port }: Address): UdpFlow {
    const target: SipTarget = { transport: 'udp', address: host, port, serverName: host }
    return this.#flow(target, formatAddress(this.#socket.local), () => {})
  }

  #flow(target: SipTarget, sentBy: string, onClose: () => void): UdpFlow {
    return new UdpFlow(this.#socket, target, sentBy, this.#handlers.onSent, onClose)
  }

  /** The network is down, or a message is too long for it: nobody knows whose it was. Requests time out. */
  #fail(_error: Error): void {}
}

function receive(bytes: Buffer, source: Address, flow: UdpFlow, { onMessage, onRefused }: FlowHandlers): void {
  // Keep-alives and their answers (RFC 5626 3.5.1).
  if (bytes.length <= keepAlive.length && keepAlive.subarray(0, bytes.length).equals(bytes)) return
  try {
    onMessage(parseDatagram(bytes), flow, source)
  } catch (error) {
    if (!(error instanceof SipSyntaxError)) throw error
    onRefused?.(error, bytes, flow)
  }
}
