import { type Address, parseAddress } from './address.js'
import { SipSyntaxError } from './fault.js'
import { encodeText, splitValues } from './lexical.js'
import type { SipReply, SipRequest } from './message.js'
import { reasonOf } from './reasons.js'
import { editMessage, type HeaderLine, writeMessage } from './write.js'

/** What a request of ours is made of. */
export interface RequestParts {
  method: string
  uri: string
  /** Transport and address of our side. `rport` is always asked for (RFC 3581): behind a NAT nothing comes back without it. */
  via: { transport: string; sentBy: string; branch: string }
  /** With its tag. */
  from: Address
  /** With a tag inside of a dialog only. */
  to: Address
  callId: string
  cseq: number
  /** 70 (RFC 3261 8.1.1.6). */
  maxForwards?: number
  /** Further headers in their order: Contact, Route, Authorization and the rest. Byte text. */
  headers?: readonly HeaderLine[]
  body?: Buffer
}

/** A request of ours, with what its replies are matched by. The bytes are sent again as they are. */
export interface SentRequest {
  readonly method: string
  readonly branch: string
  readonly cseq: number
  readonly callId: string
  readonly fromTag: string | undefined
  readonly bytes: Buffer
}

/** One of which others are made: its ACK, its CANCEL. */
export interface OutgoingRequest extends SentRequest {
  readonly parts: RequestParts
}

/** @throws UnsafeHeaderError, SipSyntaxError for parts that cannot stand in a message */
export function buildRequest(parts: RequestParts): OutgoingRequest {
  const { transport, sentBy, branch } = parts.via
  const headers: HeaderLine[] = [
    ['Via', `SIP/2.0/${transport} ${sentBy};branch=${branch};rport`],
    ['Max-Forwards', String(parts.maxForwards ?? 70)],
    ['From', String(parts.from)],
    ['To', String(parts.to)],
    ['Call-ID', parts.callId],
    ['CSeq', `${parts.cseq} ${parts.method}`],
    ...(parts.headers ?? [])
  ]
  const { method, uri, callId, cseq, body } = parts
  return { method, branch, cseq, callId, fromTag: parts.from.tag, parts, bytes: writeMessage({ method, uri }, headers, body) }
}

const isRoute = ([name]: HeaderLine) => name.toLowerCase() === 'route'

/** The ACK for a final reply of 300 and more: it belongs to the INVITE's transaction (RFC 3261 17.1.1.3). */
export function buildAck(invite: OutgoingRequest, reply: SipReply): OutgoingRequest {
  const { maxForwards: _, body: __, ...parts } = invite.parts
  return buildRequest({ ...parts, method: 'ACK', to: reply.to, headers: (parts.headers ?? []).filter(isRoute) })
}

/** The CANCEL of a request that has had a provisional reply, and no final one (RFC 3261 9.1): same branch, same CSeq number. */
export function buildCancel(request: OutgoingRequest): OutgoingRequest {
  const { maxForwards: _, body: __, ...parts } = request.parts
  return buildRequest({ ...parts, method: 'CANCEL', headers: (parts.headers ?? []).filter(isRoute) })
}

export interface ReplyParts {
  status: number
  /** The usual one of RFC 3261 21 by default. */
  reason?: string
  /** Ours; every reply but 100 has one (RFC 3261 8.2.6.2). A tag that is there already stays. */
  toTag?: string
  headers?: readonly HeaderLine[]
  body?: Buffer
}

/** Where a request came from. */
export interface Source {
  address: string
  port: number
}

/**
 * A reply to a received request (RFC 3261 8.2.6): Via, From, To, Call-ID and CSeq go back as they came, byte for byte; Record-Route too
 * where the reply may open a dialog (12.1.1).
 * @throws UnsafeHeaderError
 */
export function buildReply(request: SipRequest, parts: ReplyParts): Buffer {
  const tagged = parts.toTag !== undefined && parts.status > 100 && request.to.tag === undefined
  const opensDialog = parts.status > 100 && parts.status < 300
  const kept = new Set(['via', 'from', 'to', 'call-id', 'cseq', ...(opensDialog ? ['record-route'] : [])])
  const copied = request.headers.filter(({ key }) => kept.has(key))
  const frame = writeMessage(
    { status: parts.status, reason: parts.reason ?? reasonOf(parts.status) },
    parts.headers ?? [],
    parts.body
  )
  const lineEnd = frame.indexOf('\r\n') + 2
  const head = copied.map(({ key, name, value, raw }) =>
    tagged && key === 'to' ? `${name}: ${withTag(value, parts.toTag!)}\r\n` : raw
  )
  return Buffer.concat([frame.subarray(0, lineEnd), Buffer.from(head.join(''), 'latin1'), frame.subarray(lineEnd)])
}

/** `To: sip:a@b;x=1` without `<>`: parameters are the header's, so that a tag can be put behind all of them. */
function withTag(value: string, tag: string): string {
  if (!/^[A-Za-z0-9\-.!%*_+`'~]+$/.test(tag)) throw new SipSyntaxError('address', 'a tag that is no token')
  return `${value};tag=${tag}`
}

/** `192.0.2.1` and `::1` are hosts; where a host came from is compared without brackets. */
function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '').toLowerCase()
}

/**
 * Notes in the topmost Via where a request came from: `received` when the Via says another address, `rport` when it asks for it (RFC 3261
 * 18.2.1, RFC 3581 4). What nothing has to be added to is returned as it is.
 */
export function noteSource(request: SipRequest, source: Source): Buffer {
  const { via } = request
  const asksPort = via.parameters.has('rport')
  let { parameters } = via
  if (asksPort) parameters = parameters.with('rport', String(source.port))
  if (asksPort || bare(via.host) !== bare(source.address)) parameters = parameters.with('received', source.address)
  if (parameters === via.parameters) return request.bytes
  const [, ...others] = splitValues(request.get('Via')!, 'via')
  const first = String(via.withParameters(parameters))
  return editMessage(request, [{ removeFirst: 'Via' }, { prepend: 'Via', value: [first, ...others].join(', ') }])
}

/** An address from what a user wrote: `sip:a@b`, `"Alice" <sip:a@b>`. @throws SipSyntaxError */
export function readAddress(text: string): Address {
  return parseAddress(encodeText(text))
}
