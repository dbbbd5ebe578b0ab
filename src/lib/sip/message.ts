import { type Address, parseAddress } from './address.js'
import { type CSeq, parseCSeq } from './cseq.js'
import { quote, SipSyntaxError } from './fault.js'
import { headerKey } from './header-names.js'
import { decodeText, parseNumber, splitValues } from './lexical.js'
import { maxSeconds } from './limits.js'
import { parseVia, type Via } from './via.js'

/** One header as received. Everything is byte text: one character for each byte. */
export interface SipHeader {
  /** As spelt. */
  readonly name: string
  /** Long and in small letters. */
  readonly key: string
  /** Folds joined, blanks at both ends removed. */
  readonly value: string
  /** The whole line or lines, with the last CRLF. */
  readonly raw: string
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
  readonly #cache = new Map<string, unknown>()

  constructor(bytes: Buffer, start: StartLine, startRaw: string, headers: readonly SipHeader[], body: Buffer) {
    this.bytes = bytes
    this.start = start
    this.startRaw = startRaw
    this.headers = headers
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
    return this.#once('from', () => parseAddress(this.#need('From')))
  }

  get to(): Address {
    return this.#once('to', () => parseAddress(this.#need('To')))
  }

  get callId(): string {
    return this.#need('Call-ID')
  }

  get cseq(): CSeq {
    return this.#once('cseq', () => parseCSeq(this.#need('CSeq')))
  }

  /** The topmost. Only it is our neighbour's. */
  get via(): Via {
    return this.#once('top via', () => parseVia(splitValues(this.#need('Via'), 'via')[0]!))
  }

  get vias(): Via[] {
    return this.#once('via', () => this.lines('Via').flatMap((line) => splitValues(line, 'via').map(parseVia)))
  }

  /** Empty for `Contact: *` as well: see `isWildcard`. */
  get contacts(): Address[] {
    return this.#once('contact', () => (this.isWildcard ? [] : this.#addresses('Contact')))
  }

  /** `Contact: *` (RFC 3261 10.2.2). */
  get isWildcard(): boolean {
    return this.get('Contact') === '*'
  }

  get routes(): Address[] {
    return this.#once('route', () => this.#addresses('Route'))
  }

  get recordRoutes(): Address[] {
    return this.#once('record-route', () => this.#addresses('Record-Route'))
  }

  /** Path and Service-Route (RFC 3327, 3608) and others made of addresses. */
  addresses(name: string): Address[] {
    return this.#addresses(name)
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

  #addresses(name: string): Address[] {
    return this.lines(name).flatMap((line) => splitValues(line, 'address').map((one) => parseAddress(one)))
  }

  #number(name: string, max: number): number | undefined {
    const value = this.get(name)
    return value === undefined ? undefined : parseNumber(value, max)
  }

  #need(name: string): string {
    const value = this.get(name)
    if (value === undefined || value === '') throw new SipSyntaxError('missing header', `no ${quote(name)}`)
    return value
  }

  #once<T>(key: string, make: () => T): T {
    const known = this.#cache.get(key)
    if (known !== undefined) return known as T
    const made = make()
    this.#cache.set(key, made)
    return made
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
