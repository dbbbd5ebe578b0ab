import type { Identifiers } from '../sip/identifiers.js'
import type { Chance, RegistrationPolicy } from './policy.js'
import type { SavedIdentity } from './register-requests.js'

/** What an account needs from outside: time, randomness, names. */
export interface RegistrationContext {
  policy: RegistrationPolicy
  ids: Identifiers
  random: Chance
  /** Milliseconds that never go back. */
  now: () => number
  userAgent: string
}

/** What a restart needs to go on where it was; times are of the wall clock. */
export interface SavedRegistration extends SavedIdentity {
  contact?: string | undefined
  expiresAtMs?: number | undefined
  minExpiresS?: number | undefined
}
