import { type Address, parseAddress } from './address.js'
import { type CSeq, parseCSeq } from './cseq.js'
import { headerKey } from './header-names.js'
import { decodeText, parseNumber, splitValues } from './lexical.js'
import { maxSeconds } from './limits.js'
import { parseVia, type Via } from './via.js'

/** One header as received. Everything is byte text: one character for each byte. */
export class SipHeader {
  /** As spelt. */
  readonly name: string
  /** Long and in small letters. */
  readonly key: string
  /** Folds joined, blanks at both ends removed. */
  readonly value: string
  readonly #head: string
  readonly #start: number
  readonly #end: number

  /** @param start where it begins in `head`, up to `end`, one past its CRLF */
  constructor(name: string, key: string, value: string, head: string, start: number, end: number) {
    this.name = name
    this.key = key
    this.value = value
    this.#head = head
    this.#start = start
    this.#end = end
  }

  /** The whole line or lines, with the last CRLF. */
  get raw(): string {
    return this.#head.slice(this.#start, this.#end)
  }
}

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
  /** The first line with its CRLF, as byte text. */
  readonly startRaw: string
  readonly headers: readonly SipHeader[]
  readonly body: Buffer
  readonly #matched: MatchedHeaders
  #from: Address | undefined
  #to: Address | undefined
  #cseq: CSeq | undefined
  #via: Via | undefined
  #vias: Via[] | undefined
  #contacts: Address[] | undefined

  constructor(
    bytes: Buffer,
    start: StartLine,
    startRaw: string,
    headers: readonly SipHeader[],
    matched: MatchedHeaders,
    body: Buffer
  ) {
    this.bytes = bytes
    this.start = start
    this.startRaw = startRaw
    this.headers = headers
    this.#matched = matched
    this.body = body
  }

  /** The value of the first header of a name, in any of its forms; '' is a header without a value. */
  get(name: string): string | undefined {
    const key = headerKey(name)
    for (const header of this.headers) if (header.key === key) return header.value
    return undefined
  }

  /** The value of every line with a name, commas and all. */
  lines(name: string): string[] {
    const key = headerKey(name)
    return this.headers.filter((header) => header.key === key).map((header) => header.value)
  }

  /** Every value of a header that may have several in one line (RFC 3261 7.3.1). Empty ones, as in `Supported:`, are none. */
  values(name: string): string[] {
    return this.lines(name).flatMap((line) => splitValues(line).filter((value) => value !== ''))
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
    const key = headerKey(name)
    const found: Address[] = []
    for (const header of this.headers) {
      if (header.key === key) for (const one of splitValues(header.value, 'address')) found.push(parseAddress(one))
    }
    return found
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
