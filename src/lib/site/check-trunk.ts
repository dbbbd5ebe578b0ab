import { isIpAddress } from '../net/ip-address.js'
import { readSecret, refusedName } from './check-user.js'
import { codec } from './codecs.js'
import type { Fields } from './fields.js'
import { addressOrHost, Fault, hostAndPort, hostName, integer, matching, network, oneOf, type Rule, yesNo } from './rule.js'
import { trunkSecret } from './secret-rules.js'
import { defaultQualifyS, type SiteTrunk, type TransportSettings, trunkDtmfs } from './site.js'
import type { SiteEntry } from './tree.js'

/** As users, and with the colon of upstream's `itsp:mydoe`. */
export const trunkName: Rule<string> = (text) => {
  if (!/^[a-z0-9][a-z0-9._:-]{0,39}$/.test(text))
    return new Fault(
      'is no name of a trunk',
      'It has up to 40 small letters, digits and . _ : -, and begins with a letter or digit.'
    )
  const why = refusedName(text)
  return why === undefined ? text : new Fault(why)
}

/** The user part of a SIP URI without what would have to be escaped there or in a file (RFC 3261, section 25.1). */
export const uriUser = matching(/^[A-Za-z0-9+._@%~!*=-]{1,80}$/, 'user of a provider')
const contactUser = matching(/^[A-Za-z0-9+._-]{1,40}$/, 'user part of a contact')
const networkOrHost: Rule<string> = (text) => {
  const written = network(text)
  if (!(written instanceof Fault)) return written
  const host = text.includes('/') ? written : addressOrHost(text)
  return host instanceof Fault ? new Fault('is no address, network or host', 'Write 192.0.2.0/24.') : host
}

/** All of a trunk but what depends on the users. */
export type TrunkDraft = Omit<SiteTrunk, 'contactUser'> & { readonly contactUser: string | undefined }

/** @returns undefined, and problems are told, for a trunk that cannot be */
export function checkTrunk(
  entry: SiteEntry,
  fields: Fields,
  name: string | undefined,
  transports: TransportSettings
): TrunkDraft | undefined {
  const hosts = fields.list('hosts', hostAndPort)
  if (!hosts && !fields.has('hosts')) fields.refuse('hosts', 'missing', 'is missing', 'Write hosts = sip.example.com.')
  const match = fields.list('match', networkOrHost)
  if (hosts && !match) warnOfHosts(fields, hosts)
  const username = fields.one('username', uriUser)
  const secret = readSecret(fields, entry, trunkSecret)
  const register = fields.one('register', yesNo) ?? true
  checkLogin(fields, { username, secret, register })
  const transport = fields.one('transport', oneOf('udp', 'tcp', 'tls')) ?? 'udp'
  if (!transports[transport]) fields.refuse('transport', 'reference', `${transport} is off in section transport`)
  const fromDomain = fields.one('from_domain', hostName)
  const contact = fields.one('contact_user', contactUser)
  const codecs = fields.list('codecs', codec)
  const dtmf = fields.one('dtmf', oneOf(...trunkDtmfs)) ?? 'rfc4733'
  const qualify = fields.one('qualify', integer(0, 3600, 'seconds')) ?? defaultQualifyS
  if (name === undefined || hosts === undefined) return undefined
  return {
    name,
    hosts,
    match: match ?? hosts.map(hostOf),
    username,
    secret,
    register,
    contactUser: contact,
    transport,
    fromDomain,
    codecs,
    dtmf,
    qualify,
    source: entry.source
  }
}

function warnOfHosts(fields: Fields, hosts: readonly string[]): void {
  const names = hosts.filter((host) => !isIpAddress(hostOf(host)))
  if (names.length === hosts.length)
    fields.warn(
      'hosts',
      'trunk-by-name',
      `has only names (${names.join(', ')}): if they cannot be resolved when Asterisk starts, calls from there are refused until a reload`,
      'Give the addresses of the provider in match.'
    )
  const withPort = hosts.filter((host) => /[^:\]]:\d+$|\]:\d+$/.test(host) && hostOf(host) !== host)
  if (withPort.length > 0)
    fields.warn(
      'hosts',
      'port-without-match',
      `has a port (${withPort.join(', ')}) and there is no match: where Asterisk takes the port for that of the caller as well, calls from another one are refused`,
      'Give the addresses of the provider in match.'
    )
}

function checkLogin(
  fields: Fields,
  { username, secret, register }: { username: string | undefined; secret: string | undefined; register: boolean }
): void {
  const hasSecret = fields.has('secret') || fields.has('secret_file')
  if (register && username === undefined && !fields.has('username'))
    fields.refuse('username', 'missing', 'is missing', 'A provider that knows you by your address needs register = no.')
  if (username !== undefined && secret === undefined && !hasSecret)
    fields.refuse(
      'secret',
      'missing',
      'is missing',
      'The provider has given it to you: write it to a file and name that with secret_file.'
    )
  if (hasSecret && username === undefined && !fields.has('username') && !register)
    fields.refuse('username', 'missing', 'is missing, but there is a secret')
}

/** Without its port and its brackets. */
function hostOf(host: string): string {
  return host.replace(/^\[([^\]]*)\](:\d+)?$/, '$1').replace(/^([^:]*):\d+$/, '$1')
}
