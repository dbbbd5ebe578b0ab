import type { Parameter } from './parameters.js'
import { isSipUri, isTelUri, type SipUri, type TelUri, type Uri } from './uri.js'

/** Parameters that make a difference even where only one URI has them (RFC 3261 19.1.4; transport by its examples). */
const tellingParameters = ['user', 'ttl', 'method', 'maddr', 'transport']

/**
 * Are two URIs equivalent by RFC 3261 19.1.4 (SIP) or RFC 3966 4 (tel)? The RFC's rule is no equivalence of mathematics: a parameter that
 * only one has is ignored, so that A = B and B = C do not make A = C. Others are compared as text.
 */
export function sameUri(a: Uri, b: Uri): boolean {
  if (a.scheme !== b.scheme) return false
  if (isSipUri(a)) return isSipUri(b) && sameSipUri(a, b)
  if (isTelUri(a)) return isTelUri(b) && sameTelUri(a, b)
  return 'opaque' in a && 'opaque' in b && a.opaque === b.opaque
}

function sameSipUri(a: SipUri, b: SipUri): boolean {
  return (
    samePart(a.user, b.user) &&
    samePart(a.password, b.password) &&
    a.host.toLowerCase() === b.host.toLowerCase() &&
    a.port === b.port &&
    sameParameters(a, b) &&
    sameHeaders(a.headers, b.headers)
  )
}

function samePart(a: string | undefined, b: string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && normalize(a) === normalize(b))
}

/** One spelling for text with escapes: what need not be escaped is not; a reserved character and its escape stay different. */
function normalize(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/%([0-9A-Fa-f]{2})/g, (whole, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16))
    return /[A-Za-z0-9\-_.!~*'()]/.test(char) ? char : whole.toUpperCase()
  })
}

function keyed(list: readonly Parameter[]): Map<string, string> {
  return new Map(list.map(({ name, value }) => [normalize(name).toLowerCase(), normalize(value ?? '').toLowerCase()]))
}

function sameParameters(a: SipUri, b: SipUri): boolean {
  if (a.parameters.list.length === 0 && b.parameters.list.length === 0) return true
  const left = keyed(a.parameters.list)
  const right = keyed(b.parameters.list)
  if (tellingParameters.some((name) => left.has(name) !== right.has(name))) return false
  for (const [name, value] of left) if (right.has(name) && right.get(name) !== value) return false
  return true
}

/** Headers are never ignored; their order does not count. Names have no case; values are compared as text. */
function sameHeaders(a: readonly Parameter[], b: readonly Parameter[]): boolean {
  if (a.length !== b.length) return false
  const sorted = (list: readonly Parameter[]) =>
    list.map(({ name, value }) => `${normalize(name).toLowerCase()}=${normalize(value ?? '')}`).sort()
  const right = sorted(b)
  return sorted(a).every((one, i) => one === right[i])
}

function sameTelUri(a: TelUri, b: TelUri): boolean {
  const digits = (number: string) => number.replace(/[-.()]/g, '').toLowerCase()
  const left = keyed(a.parameters.list)
  const right = keyed(b.parameters.list)
  if (digits(a.number) !== digits(b.number) || left.size !== right.size) return false
  for (const [name, value] of left) if (right.get(name) !== value) return false
  return true
}
