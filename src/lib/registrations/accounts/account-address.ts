import { DataError } from '../../errors.js'
import { quote, SipSyntaxError } from '../../sip/fault.js'
import { encodeText } from '../../sip/lexical.js'
import { escapeUser, isSipUri, parseHostPort, parseUri, type SipUri } from '../../sip/uri.js'
import { transportOf } from '../../sip-transport/resolve.js'

/** As many next hops as a list of failover has sense with: each takes up to 32 s. */
const maxProxies = 16

function parseSip(text: string, what: string): SipUri {
  try {
    const uri = parseUri(encodeText(text))
    if (isSipUri(uri)) return uri
  } catch (cause) {
    if (!(cause instanceof SipSyntaxError)) throw cause
    throw new DataError(`${what}: ${cause.message}`, { cause })
  }
  throw new DataError(`${what}: not a SIP URI`)
}

/** What 100,000 accounts have in common is looked at once, and is one text. So many: a list of hosts as long as that of accounts is not kept twice. */
const maxCommon = 64
const commonHosts = new Map<string, string>()
const commonProxies = new Map<string, readonly string[]>()

function kept<T>(known: Map<string, T>, key: string, make: () => T): T {
  const found = known.get(key)
  if (found !== undefined) return found
  const made = make()
  if (known.size < maxCommon) known.set(key, made)
  return made
}

const plainUser = /^[A-Za-z0-9\-_.!~*'()]+$/

/** The user part of a URI, as it stands there. @throws DataError that says how it is escaped */
export function checkUser(text: string): string {
  if (plainUser.test(text)) return text
  try {
    const uri = parseSip(`sip:${text}@example.org`, 'no user of a URI')
    // `a:b` is a user and a password, `a@b` is none: parsed back, it has to be the same.
    if (uri.user === text) return text
    throw new DataError('no user of a URI')
  } catch (cause) {
    throw new DataError(`${quote(text)} cannot stand in a URI; escaped it is ${quote(escapeUser(text))}`, { cause })
  }
}

/** `host[:port][;params]`, what follows `sip:` or the `@`. @throws DataError */
export function checkHost(text: string): string {
  return kept(commonHosts, text, () => checkedHost(text))
}

function checkedHost(text: string): string {
  if (/^sips?:/i.test(text)) throw new DataError('stands without "sip:"')
  const uri = parseSip(`sip:${text}`, 'no host')
  if (uri.user !== undefined || uri.headers.length > 0)
    throw new DataError(`${quote(text)} is more than host, port and parameters`)
  return text
}

/** Next hops as URIs; a host without a scheme becomes one of `sip:`. @throws DataError that names the hop */
export function readProxies(list: readonly string[]): readonly string[] {
  return kept(commonProxies, list.join(','), () => checkedProxies(list))
}

function checkedProxies(list: readonly string[]): string[] {
  if (list.length > maxProxies) throw new DataError(`more than ${maxProxies} next hops`)
  return list.map((item) => {
    // As a Route is written.
    const bare = /^<([^<>]*)>$/.exec(item)?.[1] ?? item
    const text = /^sips?:/i.test(bare) ? bare : `sip:${bare}`
    const uri = parseSip(text, 'no next hop')
    if (uri.headers.length > 0) throw new DataError(`${quote(item)} has headers, which are not sent`)
    transportOf(uri)
    return text
  })
}

const socketTransports = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const
export type SocketTransport = (typeof socketTransports)[number]

/** `[transport:]address[:port]`, as Kamailio writes sockets. @throws DataError */
export function readSocket(text: string): { text: string; transport: SocketTransport | undefined } {
  const [, word, rest] = /^([a-z]+):(.*)$/is.exec(text) ?? []
  // `pbx:5060` is a host with its port.
  const transport = socketTransports.find((one) => one === word?.toLowerCase())
  if (word !== undefined && transport === undefined && !/^\d+$/.test(rest!)) {
    throw new DataError(`${quote(word)} is none of ${socketTransports.join(', ')}`)
  }
  try {
    parseHostPort(transport === undefined ? text : rest!)
  } catch (cause) {
    throw new DataError(`no address: ${(cause as Error).message}`, { cause })
  }
  return { text: transport === undefined ? text : `${transport}:${rest}`, transport }
}
