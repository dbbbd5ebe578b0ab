import type { Address } from '../sip/address.js'
import { buildRequest, type OutgoingRequest } from '../sip/build.js'
import { headerKey } from '../sip/header-names.js'
import type { HeaderLine } from '../sip/write.js'
import type { TransportFlow } from '../sip-transport/flow.js'

/** A request before it is known which way it goes: without Via, and with a Contact that is ours on any of them. */
export interface RequestDraft {
  method: string
  uri: string
  /** With its tag. */
  from: Address
  to: Address
  callId: string
  cseq: number
  maxForwards?: number | undefined
  /** Values of Route, first hop first. */
  routes?: readonly string[] | undefined
  /** The user part of our Contact, '' for none; undefined: no Contact. A header `Contact` of the caller's own wins. */
  contactUser?: string | undefined
  /** All others, as byte text; they take the place of those that we would add. */
  headers?: readonly HeaderLine[] | undefined
  /** An offer names our address, which depends on the way. */
  body?: Buffer | ((flow: TransportFlow) => Buffer) | undefined
  /** Of User-Agent; '' for none. */
  userAgent?: string | undefined
}

/**
 * The request for one way, with what proves it.
 * @throws UnsafeHeaderError, SipSyntaxError
 */
export function buildFor(
  draft: RequestDraft,
  flow: TransportFlow,
  { branch, cseq, proof }: { branch: string; cseq: number; proof: readonly HeaderLine[] }
): OutgoingRequest {
  const given = draft.headers ?? []
  const has = (name: string) => given.some(([one]) => headerKey(one) === headerKey(name))
  const headers: HeaderLine[] = (draft.routes ?? []).map((route): HeaderLine => ['Route', route])
  if (draft.contactUser !== undefined && !has('Contact')) headers.push(['Contact', contactOf(flow, draft.contactUser)])
  if (draft.userAgent && !has('User-Agent')) headers.push(['User-Agent', draft.userAgent])
  headers.push(...given, ...proof)
  const { method, uri, from, to, callId, maxForwards } = draft
  const body = bodyFor(draft, flow)
  return buildRequest({
    ...{ method, uri, from, to, callId, cseq, headers },
    ...(maxForwards !== undefined && { maxForwards }),
    ...(body && { body }),
    via: { transport: flow.protocol, sentBy: flow.sentBy, branch }
  })
}

export function bodyFor({ body }: RequestDraft, flow: TransportFlow): Buffer | undefined {
  return typeof body === 'function' ? body(flow) : body
}

/** Where we can be reached on a flow. */
function contactOf(flow: TransportFlow, user: string): string {
  const { transport } = flow.target
  const parameter = { udp: '', tcp: ';transport=tcp', tls: ';transport=tls', ws: ';transport=ws', wss: ';transport=ws' }[
    transport
  ]
  return `<sip:${user && `${user}@`}${flow.sentBy}${parameter}>`
}
