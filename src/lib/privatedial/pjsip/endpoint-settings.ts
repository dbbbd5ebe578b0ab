import type { NewSetting } from '../../asterisk-config/safe-text.js'
import { defaultQualifyS, type MediaEncryption, type Site, type SiteTrunk, type SiteUser } from '../../site/site.js'

/** Settings of endpoints and aors, in whichever form they are written. Names are those of pjsip.conf. */

export const qualityOfService: NewSetting[] = [
  { name: 'tos_audio', value: 'ef' },
  { name: 'tos_video', value: 'af41' },
  { name: 'cos_audio', value: '5' },
  { name: 'cos_video', value: '4' }
]

export const addressTranslation: NewSetting[] = [
  { name: 'rewrite_contact', value: 'yes' },
  { name: 'direct_media', value: 'no' },
  { name: 'rtp_symmetric', value: 'yes' }
]

/** `none` has no lines; the others as Asterisk calls them. */
export function encryptionOf(encryption: MediaEncryption): NewSetting[] {
  if (encryption === 'none') return []
  const isOptional = encryption === 'sdes-optional'
  return [
    { name: 'media_encryption', value: encryption === 'dtls' ? 'dtls' : 'sdes' },
    { name: 'media_encryption_optimistic', value: isOptional ? 'yes' : 'no' },
    ...(encryption === 'dtls' ? [{ name: 'dtls_auto_generate_cert', value: 'yes' }] : [])
  ]
}

export function allow(codecs: readonly string[]): NewSetting {
  return { name: 'allow', value: ['!all', ...codecs].join(',') }
}

export const termEndpoint = (site: Site): NewSetting[] => [
  allow(site.media.codecs),
  { name: 'bind_rtp_to_media_address', value: 'yes' },
  // Our own, read by the dialplan, each with a value that a user may change: Asterisk warns of one that an endpoint lacks.
  { name: '@mailbox', value: '' },
  { name: '@websms', value: 'no' },
  { name: '@websms_index', value: '' }
]

export const termAor: NewSetting[] = [
  { name: 'max_contacts', value: '10' },
  { name: 'remove_existing', value: 'yes' },
  { name: 'minimum_expiration', value: '120' },
  { name: 'qualify_frequency', value: '60' }
]

export const trunkEndpoint = (site: Site): NewSetting[] => [
  allow(site.media.codecs),
  { name: 'allow_subscribe', value: 'no' },
  // dp_call_in tells a trunk that a number is nobody's, and declines a user.
  { name: 'set_var', value: 'CALLER_IS_TRUNK=yes' }
]

export const trunkAor: NewSetting[] = [{ name: 'qualify_frequency', value: String(defaultQualifyS) }]

/** What a user may reach; `in` is also what trunks get. */
export function contextsOf(access: 'inout' | 'in'): NewSetting[] {
  return [
    { name: 'context', value: `dp_entry_call_${access}` },
    { name: 'message_context', value: `dp_entry_text_${access}` }
  ]
}

/** What is of this user. A name that begins with @ is our own, for the dialplan. */
export function userEndpoint(user: SiteUser): NewSetting[] {
  return [
    { name: 'callerid', value: `${user.display} <${user.number}>` },
    ...(user.email === undefined ? [] : [{ name: '@mailbox', value: user.email }]),
    ...(user.trunk === undefined ? [] : [{ name: 'set_var', value: `TRUNK_ENDPOINT=${user.trunk}` }]),
    ...(user.sms === undefined ? [] : [{ name: '@websms', value: 'yes' }]),
    ...(user.sms ? [{ name: '@websms_index', value: user.sms }] : []),
    ...(user.codecs ? [allow(user.codecs)] : [])
  ]
}

export function userAor({ maxContacts }: SiteUser): NewSetting[] {
  return maxContacts === 10 ? [] : [{ name: 'max_contacts', value: String(maxContacts) }]
}

export function trunkOwnAor({ qualify }: SiteTrunk): NewSetting[] {
  return qualify === defaultQualifyS ? [] : [{ name: 'qualify_frequency', value: String(qualify) }]
}

export function trunkOwn(trunk: SiteTrunk): NewSetting[] {
  return [
    { name: 'transport', value: trunk.transport },
    { name: 'dtmf_mode', value: trunk.dtmf },
    ...(trunk.fromDomain === undefined ? [] : [{ name: 'from_domain', value: trunk.fromDomain }]),
    ...(trunk.codecs ? [allow(trunk.codecs)] : [])
  ]
}

/** `sip:host:port`, with what makes PJSIP take the transport: it does not follow the endpoint's when the URI says UDP. */
export function trunkUri(trunk: SiteTrunk, host: string, user?: string): string {
  const parameter = trunk.transport === 'udp' ? '' : `;transport=${trunk.transport}`
  return `sip:${user === undefined ? '' : `${user}@`}${host}${parameter}`
}

/** `match` takes no port here: with one, calls from another source port are strangers'. */
export function matchesOf({ match }: SiteTrunk): string[] {
  return [...new Set(match.map((one) => withoutPort(one)))]
}

function withoutPort(address: string): string {
  if (address.startsWith('[')) return address.slice(1, address.indexOf(']'))
  const colon = address.indexOf(':')
  return colon >= 0 && colon === address.lastIndexOf(':') ? address.slice(0, colon) : address
}

/** The provider calls the contact's user. Attempts: ten are Asterisk's default, after which a trunk would stay away for ever. */
export const registrationSettings: NewSetting[] = [
  { name: 'retry_interval', value: '60' },
  { name: 'forbidden_retry_interval', value: '600' },
  { name: 'max_retries', value: '1000000' },
  { name: 'auth_rejection_permanent', value: 'no' }
]

export function prefixed(prefix: string, settings: readonly NewSetting[]): NewSetting[] {
  return settings.map(({ name, value }) => ({ name: `${prefix}/${name}`, value }))
}
