import { quote, SipSyntaxError } from './fault.js'
import { parseNumber } from './lexical.js'
import { maxValues } from './limits.js'
import { type Parameter, Parameters } from './parameters.js'

/** `sip:` and `sips:` (RFC 3261 19.1). All parts are as on the wire, escapes included. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips'
  readonly user: string | undefined
  readonly password: string | undefined
  /** As written; an IPv6 address has its brackets. */
  readonly host: string
  readonly port: number | undefined
  readonly parameters: Parameters
  /** What follows `?`, in order. */
  readonly headers: readonly Parameter[]
}

/** `tel:` (RFC 3966). */
export interface TelUri {
  readonly scheme: 'tel'
  /** Digits and visual separators, with `+` in front when it is global. */
  readonly number: string
  readonly parameters: Parameters
}

/** Any other scheme: it is passed on, never looked into. */
export interface OtherUri {
  readonly scheme: string
  readonly opaque: string
}

export type Uri = SipUri | TelUri | OtherUri

export function isSipUri(uri: Uri): uri is SipUri {
  return 'host' in uri
}

export function isTelUri(uri: Uri): uri is TelUri {
  return 'number' in uri
}

const escaped = '%[0-9A-Fa-f]{2}'
const unreserved = "A-Za-z0-9\\-_.!~*'()"
const user = new RegExp(`^(?:[${unreserved}&=+$,;?/#]|${escaped})+$`)
const notUser = new RegExp(`[^${unreserved}&=+$,;?/]`, 'g')
const notParameter = new RegExp(`[^${unreserved}[\\]/:&+$]`, 'g')
const plainUser = /^[A-Za-z0-9\-_.!~*'()&=+$,;?/]*$/
const password = new RegExp(`^(?:[${unreserved}&=+$,]|${escaped})*$`)
const parameterText = new RegExp(`^(?:[${unreserved}[\\]/:&+$]|${escaped})+$`)
const headerName = new RegExp(`^(?:[${unreserved}[\\]/?:+$]|${escaped})+$`)
const headerValue = new RegExp(`^(?:[${unreserved}[\\]/?:+$]|${escaped})*$`)
const ipv6 = /^\[[0-9A-Fa-f:.]{2,45}\]$/
const telNumber = /^(?:\+[0-9\-.()]+|[0-9A-Fa-f*#\-.()]+)$/
const schemeName = /^([A-Za-z][A-Za-z0-9+\-.]*):/

// A host is at most 255 bytes (RFC 1035 2.3.4); a longer one resolves nowhere, and the pattern above is not run over it.
const maxHostBytes = 255

/** What is wrong may be the password: up to the last `@` nothing of it is quoted. */
function wrong(text: string, why: string): SipSyntaxError {
  return new SipSyntaxError('uri', `${why}: ${quote(text.replace(/^(sips?:[^:@]*):[\s\S]*@/i, '$1:***@'))}`)
}

/**
 * Reads a URI that stands alone: no blanks, no `<>`.
 * @throws SipSyntaxError for whatever RFC 3261 25.1 or RFC 3966 3 does not allow, and for a parameter that occurs twice (19.1.1)
 */
export function parseUri(text: string): Uri {
  if (text.startsWith('sip:')) return parseSipUri(text, 'sip')
  const scheme = schemeName.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) throw wrong(text, 'a URI without a scheme')
  if (scheme === 'sip' || scheme === 'sips') return parseSipUri(text, scheme)
  if (scheme === 'tel') return parseTelUri(text)
  const opaque = text.slice(scheme.length + 1)
  if (!/^[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+$/.test(opaque)) throw wrong(text, 'characters that no URI may have')
  return { scheme, opaque }
}

function parseSipUri(text: string, scheme: 'sip' | 'sips'): SipUri {
  const start = scheme.length + 1
  // Only the user part may hold `;` `?` and `/` unescaped, and nothing but it may be followed by `@`.
  const at = text.indexOf('@', start)
  let userPart: string | undefined
  let secret: string | undefined
  if (at >= 0) {
    const colon = text.indexOf(':', start)
    userPart = text.slice(start, colon >= 0 && colon < at ? colon : at)
    if (!user.test(userPart)) throw wrong(text, 'a user part with characters that must be escaped')
    if (colon >= 0 && colon < at) {
      secret = text.slice(colon + 1, at)
      if (!password.test(secret)) throw wrong(text, 'a password with characters that must be escaped')
    }
  }
  const hostStart = at < 0 ? start : at + 1
  const question = text.indexOf('?', hostStart)
  const semicolon = text.indexOf(';', hostStart)
  const parametersEnd = question < 0 ? text.length : question
  const hostEnd = semicolon >= 0 && semicolon < parametersEnd ? semicolon : parametersEnd
  const { host, port } = parseHostPort(text.slice(hostStart, hostEnd))
  return {
    scheme,
    user: userPart,
    password: secret,
    host,
    port,
    parameters: hostEnd < parametersEnd ? parseUriParameters(text, hostEnd, parametersEnd) : Parameters.none,
    headers: question < 0 ? [] : parseUriHeaders(text, question + 1)
  }
}

/**
 * Labels of letters, digits and dashes, none with a dash at its ends. The underscore is not in the RFC, but in names of containers and of SRV
 * records that people really write here.
 */
function isHostname(text: string): boolean {
  let before = 0x2e
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x2e || code === 0x2d) {
      if (before === 0x2e || (before === 0x2d && code === 0x2e)) return false
    } else if (!isHostChar(code)) return false
    before = code
  }
  return text !== '' && before !== 0x2d
}

function isHostChar(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) || code === 0x5f
}

/**
 * `host` or `host:port`; an IPv6 address stands in brackets. Also the sent-by of a Via.
 * @throws SipSyntaxError
 */
export function parseHostPort(text: string): { host: string; port: number | undefined } {
  const bracket = text.lastIndexOf(']')
  const colon = text.indexOf(':', bracket < 0 ? 0 : bracket)
  const host = colon < 0 ? text : text.slice(0, colon)
  if (host.length > maxHostBytes || !(bracket < 0 ? isHostname(host) : ipv6.test(host)))
    throw wrong(text.replace(/^[\s\S]*@/, '***@'), 'no host')
  if (colon < 0) return { host, port: undefined }
  const port = parseNumber(text.slice(colon + 1), 65_535, 'uri')
  return { host, port }
}

function parseUriParameters(text: string, from: number, end: number): Parameters {
  const list: Parameter[] = []
  const seen = new Set<string>()
  for (const one of text.slice(from + 1, end).split(';')) {
    const equals = one.indexOf('=')
    const name = equals < 0 ? one : one.slice(0, equals)
    const value = equals < 0 ? undefined : one.slice(equals + 1)
    if (!parameterText.test(name) || (value !== undefined && !parameterText.test(value)))
      throw wrong(text, 'a parameter that is none')
    const key = unescapeUri(name).toLowerCase()
    if (seen.has(key)) throw wrong(text, 'a parameter twice')
    seen.add(key)
    if (list.length >= maxValues) throw wrong(text, `more than ${maxValues} parameters`)
    list.push({ name, value })
  }
  return new Parameters(list)
}

function parseUriHeaders(text: string, from: number): Parameter[] {
  const list = text.slice(from).split('&', maxValues + 1)
  if (list.length > maxValues) throw wrong(text, `more than ${maxValues} headers`)
  return list.map((one) => {
    const equals = one.indexOf('=')
    const name = one.slice(0, Math.max(equals, 0))
    const value = one.slice(equals + 1)
    if (!headerName.test(name) || !headerValue.test(value)) throw wrong(text, 'a header in the URI that is none')
    return { name, value }
  })
}

function parseTelUri(text: string): TelUri {
  const semicolon = text.indexOf(';')
  const number = text.slice(4, semicolon < 0 ? text.length : semicolon)
  if (!telNumber.test(number) || !/[0-9A-Fa-f*#]/.test(number)) throw wrong(text, 'no telephone number')
  return {
    scheme: 'tel',
    number,
    parameters: semicolon < 0 ? Parameters.none : parseUriParameters(text, semicolon, text.length)
  }
}

/** Writes a URI. What was parsed comes out as it was, but for the case of the scheme and zeros before a port. */
export function formatUri(uri: Uri): string {
  if (isTelUri(uri)) return `tel:${uri.number}${uri.parameters}`
  if (!isSipUri(uri)) return `${uri.scheme}:${uri.opaque}`
  const secret = uri.password === undefined ? '' : `:${uri.password}`
  const userPart = uri.user === undefined ? '' : `${uri.user}${secret}@`
  const port = uri.port === undefined ? '' : `:${uri.port}`
  const headers = uri.headers.map(({ name, value }) => `${name}=${value ?? ''}`).join('&')
  return `${uri.scheme}:${userPart}${uri.host}${port}${uri.parameters}${headers && `?${headers}`}`
}

/** Undoes `%HH`. The result is byte text: it may hold any byte, NUL among them. */
export function unescapeUri(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** Escapes a user part: what people wrote, in UTF-8, with `%HH` for all that may not stand there. */
export function escapeUser(text: string): string {
  if (plainUser.test(text)) return text
  const bytes = Buffer.from(text, 'utf8').toString('latin1')
  return bytes.replace(notUser, escapeByte)
}

/** Escapes the name or the value of a URI's parameter. */
export function escapeParameter(text: string): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1')
  return bytes.replace(notParameter, escapeByte)
}

function escapeByte(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
