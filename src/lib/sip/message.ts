import { type Address, parseAddress } from './address.js'
import { type CSeq, parseCSeq } from './cseq.js'
import { headerKey } from './header-names.js'
import type { HeaderTable, SipHeader } from './header-table.js'
import { decodeText, parseNumber, splitValues } from './lexical.js'
import { maxSeconds } from './limits.js'
import { isUsualAddress, isUsualVia, usualBranch, usualTag } from './usual-forms.js'
import { parseVia, type Via } from './via.js'

/** The first headers of those without which nothing is matched. */
export interface MatchedHeaders {
  via: string
  from: string
  to: string
  'call-id': string
  cseq: string
}

export interface RequestLine {
  readonly kind: 'request'
  readonly method: string
  readonly uri: string
}

export interface StatusLine {
  readonly kind: 'reply'
  /** 100 to 699. */
  readonly status: number
  /** UTF-8 decoded. May be empty. */
  readonly reason: string
}

export type StartLine = RequestLine | StatusLine

/**
 * One SIP message as received. What transactions are matched by has been checked when it was parsed; every other header is read when
 * it is asked for, and then throws SipSyntaxError where its grammar is broken.
 */
export class SipMessage {
  /** As received, with the body. */
  readonly bytes: Buffer
  readonly start: StartLine
  readonly #headEnd: number
  readonly #startEnd: number
  readonly #table: HeaderTable
  readonly #matched: MatchedHeaders
  #isUsualVia = false
  #isUsualFrom = false
  #headers: SipHeader[] | undefined
  #body: Buffer | undefined
  #from: Address | undefined
  #to: Address | undefined
  #cseq: CSeq | undefined
  #via: Via | undefined
  #vias: Via[] | undefined
  #contacts: Address[] | undefined

  /** @param headEnd where the body begins in `bytes` @param startEnd where the headers begin */
  constructor(bytes: Buffer, headEnd: number, start: StartLine, startEnd: number, table: HeaderTable, matched: MatchedHeaders) {
    this.bytes = bytes
    this.#headEnd = headEnd
    this.start = start
    this.#startEnd = startEnd
    this.#table = table
    this.#matched = matched
  }

  /** The first line with its CRLF, as byte text. */
  get startRaw(): string {
    return this.#table.head.slice(0, this.#startEnd)
  }

  get headers(): readonly SipHeader[] {
    this.#headers ??= Array.from({ length: this.#table.length }, (_, at) => this.#table.header(at))
    return this.#headers
  }

  get body(): Buffer {
    this.#body ??= this.bytes.subarray(this.#headEnd)
    return this.#body
  }

  /** Is there a header of that name? */
  has(name: string): boolean {
    return this.#table.find(headerKey(name)) >= 0
  }

  /** The value of the first header of a name, in any of its forms; '' is a header without a value. */
  get(name: string): string | undefined {
    const at = this.#table.find(headerKey(name))
    return at < 0 ? undefined : this.#table.value(at)
  }

  /** The value of every line with a name, commas and all. */
  lines(name: string): string[] {
    const key = headerKey(name)
    const found: string[] = []
    for (let at = this.#table.find(key); at >= 0; at = this.#table.find(key, at + 1)) found.push(this.#table.value(at))
    return found
  }

  /** Every value of a header that may have several in one line (RFC 3261 7.3.1). Empty ones, as in `Supported:`, are none. */
  values(name: string): string[] {
    return this.lines(name).flatMap((line) => splitValues(line).filter((value) => value !== ''))
  }

  /** Reads what transactions are matched by, so that it is known to be right. What is written as nearly all write it is not taken apart for that. @throws SipSyntaxError */
  checkMatched(): void {
    this.#isUsualVia = isUsualVia(this.#matched.via)
    this.#isUsualFrom = isUsualAddress(this.#matched.from)
    if (!this.#isUsualVia) void this.via
    if (!this.#isUsualFrom) void this.from
    if (!isUsualAddress(this.#matched.to)) void this.to
  }

  /** The tag of the From. */
  get fromTag(): string | undefined {
    return this.#isUsualFrom ? usualTag(this.#matched.from) : this.from.tag
  }

  /** The branch of the topmost Via. */
  get branch(): string | undefined {
    return this.#isUsualVia ? usualBranch(this.#matched.via) : this.via.branch
  }

  get from(): Address {
    this.#from ??= parseAddress(this.#matched.from)
    return this.#from
  }

  get to(): Address {
    this.#to ??= parseAddress(this.#matched.to)
    return this.#to
  }

  get callId(): string {
    return this.#matched['call-id']
  }

  get cseq(): CSeq {
    this.#cseq ??= parseCSeq(this.#matched.cseq)
    return this.#cseq
  }

  /** The topmost. Only it is our neighbour's. */
  get via(): Via {
    this.#via ??= parseVia(splitValues(this.#matched.via, 'via')[0]!)
    return this.#via
  }

  get vias(): Via[] {
    this.#vias ??= this.lines('Via').flatMap((line) => splitValues(line, 'via').map(parseVia))
    return this.#vias
  }

  /** Empty for `Contact: *` as well: see `isWildcard`. */
  get contacts(): Address[] {
    this.#contacts ??= this.isWildcard ? [] : this.addresses('Contact')
    return this.#contacts
  }

  /** `Contact: *` (RFC 3261 10.2.2). */
  get isWildcard(): boolean {
    return this.get('Contact') === '*'
  }

  get routes(): Address[] {
    return this.addresses('Route')
  }

  get recordRoutes(): Address[] {
    return this.addresses('Record-Route')
  }

  /** Path and Service-Route (RFC 3327, 3608) and others made of addresses. */
  addresses(name: string): Address[] {
    return this.lines(name).flatMap((line) => splitValues(line, 'address').map((one) => parseAddress(one)))
  }

  get maxForwards(): number | undefined {
    // RFC 3261 20.22 says 0 to 255; scalar02 of RFC 4475 shows 300, which is refused.
    return this.#number('Max-Forwards', 255)
  }

  /** Seconds. */
  get expires(): number | undefined {
    return this.#number('Expires', maxSeconds)
  }

  /** Seconds. */
  get minExpires(): number | undefined {
    return this.#number('Min-Expires', maxSeconds)
  }

  /** Seconds; a comment and parameters behind the number are left out (RFC 3261 20.33). */
  get retryAfter(): number | undefined {
    const value = this.get('Retry-After')
    return value === undefined ? undefined : parseNumber(/^[0-9]*/.exec(value)![0], maxSeconds)
  }

  /** A text header as people read it. */
  text(name: string): string | undefined {
    const value = this.get(name)
    return value === undefined ? undefined : decodeText(value)
  }

  #number(name: string, max: number): number | undefined {
    const value = this.get(name)
    return value === undefined ? undefined : parseNumber(value, max)
  }
}

export type SipRequest = SipMessage & { readonly start: RequestLine }
export type SipReply = SipMessage & { readonly start: StatusLine }

export function isRequest(message: SipMessage): message is SipRequest {
  return message.start.kind === 'request'
}

export function isReply(message: SipMessage): message is SipReply {
  return message.start.kind === 'reply'
}
