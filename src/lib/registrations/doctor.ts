import type { RegistrationAccount } from './account.js'
import type { FailureClues } from './failure-clues.js'
import { isPrivate } from './nat.js'
import type { FailureReason } from './registration-state.js'

/** What is known of a registration that failed. */
export interface Symptoms {
  reason: FailureReason
  code: number | undefined
  /** What the system or the registrar said. */
  detail: string | undefined
  account: RegistrationAccount
  /** `udp 192.0.2.1:5060` */
  target: string | undefined
  /** Our side of the flow, `host:port`. */
  local: string | undefined
  clues: FailureClues | undefined
  /** The wall clock. */
  nowMs: number
}

// Certificates and nonces with a time in them are forgiving for minutes, not for more.
const clockToleranceMs = 5 * 60_000

const simple: Readonly<Partial<Record<FailureReason, string>>> = {
  'unsupported digest':
    'Every challenge is of a kind that may not be answered: see auth_algs (--auth-algorithms), and the kind of auth_ha1.',
  'min-expires too long': 'It wants longer registrations than --max-expires allows.',
  'no time granted': 'It said yes and granted no time: does it allow this account to register from here?',
  'binding missing': 'It said yes and lists other contacts only: does it keep more than one for the account?',
  'redirect refused': 'It sent us elsewhere in a way that we do not follow (305, or from sips: to sip:).',
  'too many hops': 'Challenges and redirects went round in circles.',
  loop: 'A proxy in between found a loop: the next hop (auth_proxy, --proxy) leads back to it.',
  busy: 'It is there and does not serve us now; we come back when it said, or later each time.',
  expired: 'The binding ended while no refresh got through.',
  'gave up': '--retry-interval is 0: the first failure was the last try.',
  'bad value': 'A value of the account cannot stand in a request.'
}

/** Explains a failed registration in words, likeliest cause first: what was seen, what it mostly means, where to look. */
export function diagnose(symptoms: Symptoms): string {
  return [...causes(symptoms), ...clock(symptoms), ...quoted(symptoms)].join(' ')
}

function causes(symptoms: Symptoms): string[] {
  const { reason, account } = symptoms
  const who = `${account.username}@${account.domain}`
  switch (reason) {
    case 'wrong password':
    case 'no password':
      return wrongPassword(symptoms)
    case 'realm mismatch':
      if (account.realm === undefined)
        return [
          `It asks for ${realmsOf(symptoms, 'and')} at once, and the account names none: write the one that is yours (column realm, --auth-realm).`,
          'A realm that somebody puts beside it gets no answer, because it would be a hash of the password.'
        ]
      return [
        `The registrar asks for ${realmsOf(symptoms)}, and the account is of the realm "${account.realm}": correct the realm, or leave it empty.`,
        'A foreign realm gets no answer, because it would be a hash of the password.'
      ]
    case 'refused':
      return refused(symptoms, who)
    case 'timeout':
      return silence(symptoms)
    case 'unreachable':
      return noWay(symptoms)
    default:
      return simple[reason] === undefined ? [] : [simple[reason]]
  }
}

function wrongPassword(symptoms: Symptoms): string[] {
  const { account } = symptoms
  const user = account.authUsername
  const first = `The registrar was answered and asks again: the password of "${user}" is wrong, or it knows no such user in ${realmsOf(symptoms)}.`
  if (account.secret.kind === 'ha1') {
    return [first, `A HA1 is made of user, realm and password: was it made with "${user}" and ${realmsOf(symptoms)}?`]
  }
  const isOther = user === account.username ? `Some want another user to log in with (auth_username, --auth-user).` : ''
  return [first, ...(isOther ? [isOther] : [])]
}

function refused({ code }: Symptoms, who: string): string[] {
  if (code === 404 || code === 604)
    return [`The registrar knows no ${who}: user and domain (r_username, r_domain) have to be those of the account there.`]
  if (code === 403 || code === 603)
    return [
      `The registrar forbids it: may ${who} register, from this address, over this transport? Some say 403 for a wrong password.`
    ]
  if (code === 405 || code === 501)
    return ['This server takes no registrations: is the registrar elsewhere (auth_proxy, --proxy)?']
  if (code === 420) return ['It requires or refuses an extension that we cannot leave out.']
  return ['The registrar says no: is the account known there, and may it register from here?']
}

/** Nothing came back. */
function silence({ target, local }: Symptoms): string[] {
  const [, transport = '', address = ''] = /^(\S+) (.+):\d+$/.exec(target ?? '') ?? []
  const behindNat = local !== undefined && isPrivate(bare(local)) && address !== '' && !isPrivate(bare(address))
  return [
    `${target ?? 'The registrar'} says nothing: is the address right, does it speak SIP there, and does a firewall drop the packets?`,
    ...(behindNat
      ? [
          `Our address ${local} is private: the NAT in between has to let replies back in; a router with "SIP ALG" is better without it.`
        ]
      : []),
    ...(transport === 'udp' ? ['TCP or TLS gets through where UDP does not: try ;transport=tcp.'] : [])
  ]
}

/** There was no way to it. */
function noWay({ detail = '', target, account }: Symptoms): string[] {
  const where = target ?? account.domain
  if (/ENOTFOUND|EAI_|ENODATA|has no IPv|in its DNS/.test(detail))
    return [`The name leads nowhere: is "${account.domain}" right, and does DNS work here?`]
  if (/ECONNREFUSED|refused/i.test(detail))
    return [
      `The machine of ${where} is there and nothing listens on that port: is the server up, is it another port or transport?`
    ]
  if (/ENETUNREACH|EHOSTUNREACH|ENETDOWN|EADDRNOTAVAIL|No way to|no route/i.test(detail))
    return [`There is no route to ${where}: is our network up, and the address one that can be reached from here?`]
  if (/not yet valid|expired/i.test(detail))
    return [`The certificate of ${where} is not valid at this time: look at its dates, and at the clock here.`]
  if (/within [\d.]+ s|handshake|No TLS with/i.test(detail) && /TLS/.test(detail))
    return [
      `TLS with ${where} does not come about: is this the port for TLS (5061, mostly), and does a firewall drop the packets?`
    ]
  if (/within [\d.]+ s|ETIMEDOUT/i.test(detail))
    return [`${where} takes no connection and refuses none: is the address right, and does a firewall drop the packets?`]
  if (/certificate|self.signed|altname|fingerprint/i.test(detail))
    return [`The certificate of ${where} is not trusted: name its authority with --tls-ca, or pin it with --tls-pin.`]
  return [`There is no way to ${where}: is the server up, the name right, the port open?`]
}

/** A clock that is wrong makes nonces old and certificates invalid. */
function clock({ clues, nowMs }: Symptoms): string[] {
  if (clues?.dateMs === undefined) return []
  const skewMs = nowMs - clues.dateMs
  if (Math.abs(skewMs) < clockToleranceMs) return []
  return [
    `The clocks differ by ${Math.round(Math.abs(skewMs) / 60_000)} minutes (ours is ${skewMs > 0 ? 'ahead' : 'behind'}): nonces and certificates depend on them.`
  ]
}

function quoted({ clues }: Symptoms): string[] {
  return clues && clues.warnings.length > 0 ? [`It says: ${clues.warnings.join('; ')}.`] : []
}

function realmsOf({ clues }: Symptoms, conjunction: 'or' | 'and' = 'or'): string {
  if (!clues || clues.realms.length === 0) return 'its realm'
  return `the realm ${clues.realms.map((realm) => `"${realm}"`).join(` ${conjunction} `)}`
}

function bare(hostPort: string): string {
  return hostPort.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}
