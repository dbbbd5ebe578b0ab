import { codec } from './codecs.js'
import type { Fields } from './fields.js'
import { Fault, integer, mailAddress, matching, oneOf, type Rule } from './rule.js'
import { isGuessable, readSecretOf, userSecret } from './secret-rules.js'
import type { SiteUser, SmsSettings } from './site.js'
import type { SiteEntry } from './tree.js'

/** What a user can be only beside the trunks and settings that there are. */
export interface Surroundings {
  readonly trunks: readonly string[]
  readonly sms: SmsSettings
}

/** Sections of rendered files, and an endpoint that means something to Asterisk. */
const reserved = new Set(
  'global globals general system udp tcp tls transport anonymous default w_term w_term_io w_term_i w_trunk t_wan'.split(' ')
)
/** What the PJSIP wizard puts behind the name of an endpoint. */
const madeByWizard = /-(iauth|oauth|identify|reg-\d+)$/

/** A name that users and trunks share, because both become endpoints. @returns what is wrong */
export function refusedName(name: string): string | undefined {
  if (reserved.has(name)) return 'is a name of the configuration itself'
  return madeByWizard.test(name) ? 'ends as names of Asterisk do' : undefined
}

export const userName: Rule<string> = (text) => {
  if (!/^[a-z0-9][a-z0-9._-]{0,39}$/.test(text))
    return new Fault(
      'is no name of a user',
      'It has up to 40 small letters, digits and . _ -, and begins with a letter or digit.'
    )
  const why = refusedName(text)
  return why === undefined ? text : new Fault(why)
}

/** E.164. */
export const userNumber: Rule<string> = matching(
  /^\+[1-9]\d{6,14}$/,
  'number in international form',
  'Write +12025550160: +, the country, 7 to 15 digits in all.'
)

/** A caller's name as phones show it (RFC 3261, quoted-string, without what would have to be escaped). */
export const displayName: Rule<string> = (text) => {
  if ([...text].length > 64) return new Fault('has more than 64 characters')
  const found = /["<>\\;]|\$[{[]/.exec(text)
  if (found) return new Fault(`has ${found[0]} in it`)
  return /[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/u.test(text) ? new Fault('has a character that cannot be shown') : text
}

/** @returns undefined, and problems are told, for a user who cannot be */
export function checkUser(
  entry: SiteEntry,
  fields: Fields,
  name: string | undefined,
  around: Surroundings
): SiteUser | undefined {
  const number = fields.required('number', userNumber, 'Write number = +12025550160.')
  const display = fields.one('display', displayName) ?? name
  const email = fields.one('email', mailAddress)
  const secret = userSecretOf(fields, entry, name, number)
  const access = fields.one('access', oneOf('inout', 'in')) ?? (around.trunks.length > 0 ? 'inout' : 'in')
  const trunk = checkTrunkOf(fields, access, around.trunks)
  const sms = checkSmsOf(fields, around.sms)
  const maxContacts = fields.one('max_contacts', integer(1, 20)) ?? 10
  const codecs = fields.list('codecs', codec)
  if (name === undefined || display === undefined || number === undefined || secret === undefined) return undefined
  return { name, number, display, email, secret, access, trunk, sms, maxContacts, codecs, source: entry.source }
}

function userSecretOf(fields: Fields, entry: SiteEntry, name = '', number: string | undefined): string | undefined {
  const secret = readSecret(fields, entry, userSecret)
  if (secret === undefined) {
    if (!fields.has('secret') && !fields.has('secret_file'))
      fields.refuse(
        'secret',
        'missing',
        'is missing',
        'Run `pbxkit dialplan user add --missing-secrets`, or give secret or secret_file.'
      )
    return undefined
  }
  if (!isGuessable(secret, { name, number })) return secret
  fields.refuse(fields.has('secret') ? 'secret' : 'secret_file', 'secret', 'is what anybody would try first')
  return undefined
}

/** `secret`, or the first line of `secret_file`. */
export function readSecret(fields: Fields, entry: SiteEntry, rule: Rule<string>): string | undefined {
  const direct = fields.one('secret', rule, { isSecret: true })
  const fromFile = fields.one('secret_file', (file) => {
    const read = readSecretOf(file, entry.source)
    if (read instanceof Fault) return read
    const checked = rule(read)
    return checked instanceof Fault ? new Fault(`has a secret that ${checked.why}`) : checked
  })
  if (fields.has('secret') && fields.has('secret_file')) {
    fields.refuse('secret_file', 'conflict', 'and secret are both given')
    return undefined
  }
  return direct ?? fromFile
}

function checkTrunkOf(fields: Fields, access: 'inout' | 'in', trunks: readonly string[]): string | undefined {
  const wanted = fields.one('trunk', (text) => text.toLowerCase())
  if (wanted === undefined) {
    if (access === 'in') return undefined
    // The first one, so that a second one changes nothing for those who have been there before.
    if (trunks.length > 0 && !fields.has('trunk')) return trunks[0]
    if (!fields.has('trunk')) fields.refuse('trunk', 'missing', 'is missing', 'There is no trunk; without one, access is in.')
    return undefined
  }
  if (trunks.includes(wanted)) return wanted
  fields.refuse(
    'trunk',
    'reference',
    `${JSON.stringify(wanted)} is no trunk of this site`,
    trunks.length === 0 ? undefined : `There are ${trunks.join(', ')}.`
  )
  return undefined
}

/** A profile; `yes`: the first one, or none where the program knows no profiles; `no`. */
function checkSmsOf(fields: Fields, { app, profiles }: SmsSettings): string | undefined {
  const wanted = fields.one('sms', (text) => text)
  if (wanted === undefined || wanted.toLowerCase() === 'no') return undefined
  if (app === undefined) {
    fields.refuse('sms', 'reference', 'needs app in section sms, the program that sends')
    return undefined
  }
  if (wanted.toLowerCase() === 'yes') return profiles[0] ?? ''
  if (profiles.includes(wanted)) return wanted
  fields.refuse('sms', 'reference', `${JSON.stringify(wanted)} is none of the profiles in section sms`)
  return undefined
}
