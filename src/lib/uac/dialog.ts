import type { Address } from '../sip/address.js'
import { buildRequest } from '../sip/build.js'
import { readOr } from '../sip/fault.js'
import type { SipMessage, SipRequest } from '../sip/message.js'
import { isSipUri, parseUri } from '../sip/uri.js'
import type { HeaderLine } from '../sip/write.js'
import type { TransportFlow } from '../sip-transport/flow.js'
import { type SipTarget, targetName } from '../sip-transport/target.js'
import type { RequestDraft } from './draft.js'
import type { Sent } from './exchange.js'
import type { UserAgent } from './user-agent.js'

/** What an INVITE and its 2xx, or a SUBSCRIBE and its NOTIFY, have opened (RFC 3261 12.1.2). */
export class Dialog {
  readonly callId: string
  readonly local: Address
  readonly remote: Address
  readonly #routes: readonly Address[]
  readonly #target: string
  readonly #sent: Sent
  #cseq: number

  /** @param message the reply, or the NOTIFY, that has the peer's Contact and Record-Route */
  constructor(sent: Sent, message: SipMessage) {
    const { parts } = sent.request
    const isRequest = message.start.kind === 'request'
    this.#sent = sent
    this.callId = parts.callId
    this.local = parts.from
    this.remote = isRequest ? message.from : message.to
    // What is broken must not keep us from ending the call. A reply has them in the order of the way back, a request in ours.
    const recorded = readOr(() => message.recordRoutes, [])
    this.#routes = isRequest ? recorded : recorded.toReversed()
    this.#target = readOr(() => message.contacts[0]?.uriText, undefined) ?? parts.uri
    this.#cseq = parts.cseq
  }

  /** Is a request of this dialog? */
  has(request: SipRequest): boolean {
    return request.callId === this.callId && request.to.tag === this.local.tag && request.from.tag === this.remote.tag
  }

  /** The next request in it (RFC 3261 12.2.1.1). */
  draft(method: string, more: Pick<RequestDraft, 'headers' | 'contactUser'> = {}): RequestDraft {
    const { uri, routes } = this.#way()
    const { callId, local: from, remote: to } = this
    return { method, uri, routes, from, to, callId, cseq: ++this.#cseq, ...more }
  }

  /** Where its requests go: the first hop, or where the first request went when that cannot be found. */
  async targets(agent: UserAgent): Promise<readonly SipTarget[]> {
    return [(await this.#flow(agent)).target]
  }

  /**
   * The ACK for a 2xx to the INVITE (RFC 3261 13.2.2.4): its CSeq number and what proved it, and a branch of its own. It is sent again, as it
   * is, for every copy of the 2xx.
   */
  async ack(agent: UserAgent): Promise<{ bytes: Buffer; flow: TransportFlow }> {
    const { parts } = this.#sent.request
    const flow = await this.#flow(agent)
    const { uri, routes } = this.#way()
    const isProof = ([name]: HeaderLine) => /^(proxy-)?authorization$/i.test(name)
    const headers = [...routes.map((route): HeaderLine => ['Route', route]), ...(parts.headers ?? []).filter(isProof)]
    const via = { transport: flow.protocol, sentBy: flow.sentBy, branch: agent.ids.branch() }
    const { callId, cseq, from } = parts
    const { bytes } = buildRequest({ method: 'ACK', uri, via, from, to: this.remote, callId, cseq, headers })
    return { bytes, flow }
  }

  #way(): { uri: string; routes: string[] } {
    const [first] = this.#routes
    const routes = this.#routes.map((route) => `<${route.uriText}>`)
    if (!first || (isSipUri(first.uri) && first.uri.parameters.has('lr'))) return { uri: this.#target, routes }
    // A strict router takes the Request-URI for its own, and finds ours last.
    return { uri: first.uriText, routes: [...routes.slice(1), `<${this.#target}>`] }
  }

  async #flow(agent: UserAgent): Promise<TransportFlow> {
    const { flow } = this.#sent
    try {
      const uri = this.#routes[0]?.uri ?? parseUri(this.#target)
      if (!isSipUri(uri)) return flow
      const targets = await agent.targetsOf(uri)
      // A connection is used as long as it is there, whatever port the peer says it listens on.
      if (flow.isOpen && (flow.reliable || targets.some((one) => targetName(one) === targetName(flow.target)))) return flow
      return await agent.flowTo(targets[0]!)
    } catch {
      return flow
    }
  }
}
