import { Address, parseAddress } from '../sip/address.js'
import { readOr } from '../sip/fault.js'
import { splitValues } from '../sip/lexical.js'
import { maxSeconds } from '../sip/limits.js'
import type { SipReply } from '../sip/message.js'
import { parseParameters } from '../sip/parameters.js'
import { isSipUri, parseUri, unescapeUri } from '../sip/uri.js'
import { sameUri } from '../sip/uri-compare.js'

/** What we registered, to find it again among the bindings of a 200. */
export interface OwnContact {
  /** As sent. */
  uri: string
  user: string
  line: string | undefined
  instanceId: string | undefined
  regId: number | undefined
}

export interface OwnBinding {
  binding: Address
  by: 'instance' | 'line' | 'uri' | 'user' | 'alone'
}

/** The bindings of a reply. One that cannot be read must not hide ours. */
export function bindingsOf(reply: SipReply): Address[] {
  return reply
    .lines('Contact')
    .flatMap((line) => readOr(() => splitValues(line, 'address'), []))
    .flatMap((text) => readOr(() => parseAddress(text), []))
}

/**
 * The one binding of a reply that has only ours, with the very URI that was sent: then nobody has to be looked for. Undefined where that is not so, or
 * is not seen at once.
 */
export function soleBinding(reply: SipReply, uri: string): Address | undefined {
  const lines = reply.lines('Contact')
  const line = lines[0]
  if (lines.length !== 1 || !line?.startsWith(`<${uri}>`) || line.includes(',')) return undefined
  return readOr(() => new Address(uri, parseParameters(line, uri.length + 2, 'address')), undefined)
}

/**
 * Our binding: by instance and reg-id (RFC 5626), by `line`, by the whole URI, by its user. Border controllers rewrite host, port, and at times all of it:
 * what stands there alone is ours, too. Of several with our user the one that ends first is taken, so that a clone's longer life is not believed.
 */
export function findOwnBinding(bindings: readonly Address[], own: OwnContact): OwnBinding | undefined {
  const found = (by: OwnBinding['by'], binding: Address | undefined) => binding && { binding, by }
  const ours = own.uri === '' ? undefined : parseUri(own.uri)
  return (
    found('instance', own.instanceId === undefined ? undefined : bindings.find((one) => isInstance(one, own))) ??
    found('line', own.line === undefined ? undefined : bindings.find((one) => lineOf(one) === own.line)) ??
    found('uri', ours && bindings.find((one) => sameUri(one.uri, ours))) ??
    found('user', firstToEnd(bindings.filter((one) => userOf(one) === own.user))) ??
    found('alone', bindings.length === 1 ? bindings[0] : undefined)
  )
}

/**
 * Those that an earlier run of ours has left: with our instance, or with our user or `line` and from this machine. A phone may have the same user, and is
 * another one's.
 * @param places our `host:port`, as we and as the registrar see it; the port may have been another one then
 */
export function earlierBindings(bindings: readonly Address[], own: OwnContact, places: readonly string[]): Address[] {
  const hosts = places.map((place) => place.replace(/:\d+$/, ''))
  return bindings.filter((one) => {
    if (own.instanceId !== undefined && isInstance(one, own)) return true
    if (!isSipUri(one.uri) || !hosts.includes(one.uri.host)) return false
    return own.line === undefined ? userOf(one) === own.user : lineOf(one) === own.line
  })
}

function isInstance({ parameters }: Address, { instanceId, regId }: OwnContact): boolean {
  const instance = parameters.get('+sip.instance')?.replace(/^<|>$/g, '').toLowerCase()
  if (instance !== instanceId?.toLowerCase()) return false
  const id = parameters.get('reg-id')
  return id === undefined || regId === undefined || Number(id) === regId
}

function lineOf({ uri }: Address): string | undefined {
  if (!isSipUri(uri)) return undefined
  const line = uri.parameters.get('line')
  return line === undefined ? undefined : unescapeUri(line)
}

function userOf({ uri }: Address): string | undefined {
  return isSipUri(uri) && uri.user !== undefined ? unescapeUri(uri.user) : undefined
}

function firstToEnd(bindings: readonly Address[]): Address | undefined {
  return [...bindings].sort((a, b) => (expiresOf(a) ?? 0) - (expiresOf(b) ?? 0))[0]
}

/** The `expires` of a binding in seconds; undefined without one that can be read. */
export function expiresOf({ parameters }: Address): number | undefined {
  const text = parameters.get('expires')
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined
  return Math.min(Number(text), maxSeconds)
}
