import type { RegistrationAccount } from './account.js'
import { matchesGlob } from './glob.js'
import type { KeptRegistration } from './kept-registration.js'

/** What an account can be found by: Kamailio's attributes, and ours. */
export const searchAttributes = [
  'l_uuid',
  'l_username',
  'l_domain',
  'r_username',
  'r_domain',
  'auth_username',
  'auth_proxy',
  'state',
  'tag'
] as const
export type SearchAttribute = (typeof searchAttributes)[number]

/** One account as `uac.reg_dump` shows it, secrets masked, with what Kamailio has no word for. */
export type RegistrationRow = Record<string, string | number | boolean | null | readonly string[]>

function attributeOf(kept: KeptRegistration, attribute: SearchAttribute): string {
  const { account, state } = kept.registration
  switch (attribute) {
    case 'l_uuid':
      return account.uuid
    case 'l_username':
      return account.localUsername ?? ''
    case 'l_domain':
      return account.localDomain ?? ''
    case 'r_username':
      return account.username
    case 'r_domain':
      return account.domain
    case 'auth_username':
      return account.authUsername
    case 'auth_proxy':
      return account.proxies.join(',')
    case 'state':
      return state
    case 'tag':
      return account.tag ?? ''
  }
}

/** Those whose attribute matches, `*` for any characters. */
export function* findKept(
  all: Iterable<KeptRegistration>,
  attribute: SearchAttribute,
  pattern: string
): Generator<KeptRegistration> {
  for (const kept of all) if (matchesGlob(pattern, attributeOf(kept, attribute))) yield kept
}

// Kamailio's flags: DISABLED, ONGOING, ONLINE, AUTHSENT, INIT. Whoever reads them with a script of old finds what it looks for.
const flagBits = { disabled: 1, ongoing: 2, online: 4, init: 16 } as const

/** @param now milliseconds of the keeper's clock */
export function registrationRow(kept: KeptRegistration, now: number): RegistrationRow {
  const { registration, dueMs, target, roundTripMs, detail } = kept
  const { account, state, code, reason, isRegistered, boundMs, contact, warning, facts } = registration
  return {
    ...columnsOf(account),
    flags:
      (state === 'disabled' ? flagBits.disabled : 0) |
      (kept.phase === 'running' ? flagBits.ongoing : 0) |
      (isRegistered ? flagBits.online : 0) |
      (state === 'new' || state === 'waiting' ? flagBits.init : 0),
    diff_expires: isRegistered ? Math.round(boundMs / 1000) : 0,
    state,
    registered: isRegistered,
    code: code ?? null,
    reason: reason ?? null,
    detail: detail ?? null,
    warning: warning ?? null,
    contact: contact ?? null,
    target: target ?? null,
    rttMs: roundTripMs === undefined ? null : Math.round(roundTripMs * 10) / 10,
    next: dueMs === undefined ? null : Math.max(0, Math.round((dueMs - now) / 100) / 10),
    attempt: registration.attempts,
    source: account.source,
    ...facts
  }
}

/** The columns of the table. A secret is only said to be there. */
function columnsOf(account: RegistrationAccount): RegistrationRow {
  return {
    l_uuid: account.uuid,
    l_username: account.localUsername ?? '',
    l_domain: account.localDomain ?? '',
    r_username: account.username,
    r_domain: account.domain,
    realm: account.realm ?? '',
    auth_username: account.authUsername,
    auth_password: account.secret.kind === 'password' ? '***' : '',
    auth_ha1: account.secret.kind === 'ha1' ? '***' : '',
    auth_proxy: account.proxies.join(','),
    expires: account.expiresS,
    contact_addr: account.contactAddress ?? '',
    contact_user: account.contactUser ?? '',
    socket: account.socket ?? '',
    tag: account.tag ?? ''
  }
}
