import type { Credentials } from '../sip/digest.js'

/** What holds for all accounts: how patient they are, and how they deal with addresses that others see. */
export interface RegistrationPolicy {
  /** The base of the back-off in seconds (RFC 5626 4.5); 0: the first failure is the last try, as Kamailio's default has it. */
  retryS: number
  /** The longest back-off. */
  maxRetryS: number
  /** The wait after a refusal that another try does not change: a wrong password, 403, 404. */
  rejectedS: number
  /** A Min-Expires above it is refused: a registrar must not make us forget an account for a year. */
  maxExpiresS: number
  /** `auto`: a contact that a NAT changed is registered anew with the address that the registrar saw; `stun`: a STUN server says it. */
  nat: 'auto' | 'off' | 'stun'
  /** A Call-ID for every refresh, as Kamailio has it without reg_keep_callid (against RFC 3261 10.2.4). */
  newCallId: boolean
  /** An account without a realm answers whoever asks, also one of several. */
  anyRealm?: boolean | undefined
  /** Logins of other realms than the accounts': of a proxy before the registrar. */
  credentials?: ((realm: string) => Credentials | undefined) | undefined
  /** A realm that nobody has named gets an answer. */
  onGuess?: ((realm: string) => void) | undefined
}

export const defaultPolicy: RegistrationPolicy = {
  retryS: 30,
  maxRetryS: 1800,
  rejectedS: 600,
  maxExpiresS: 86_400,
  nat: 'auto',
  newCallId: false
}

/** From 0 to below 1. Injected, so that tests know what comes. */
export type Chance = () => number

// RFC 5626 4.5: three times as long where something still works.
const boundFactor = 3

export interface BackoffFacts {
  /** Failures in a row, this one among them. */
  failures: number
  /** How long the last binding still lives, in milliseconds; 0: there is none. */
  boundMs: number
  /** What the registrar asked for. */
  retryAfterS: number | undefined
}

/**
 * How long an account waits after a failure (RFC 5626 4.5): the base doubled for each failure, a random half of it left out, so that many do not come
 * back at once. The first Retry-After is taken at its word, with up to a quarter more; from then on it is a minimum.
 * @returns milliseconds; undefined: never again
 */
export function backoffMs(policy: RegistrationPolicy, facts: BackoffFacts, random: Chance): number | undefined {
  const { retryS, maxRetryS } = policy
  const { failures, boundMs, retryAfterS } = facts
  if (retryS === 0) return undefined
  const patientMs = retryS * boundFactor * 1000
  // Whoever is still registered has time; not so much that the binding would end before the next try.
  const baseMs = boundMs > 2 * patientMs ? patientMs : retryS * 1000
  const upperMs = Math.min(maxRetryS * 1000, baseMs * 2 ** Math.min(failures - 1, 30))
  const waitMs = upperMs * (0.5 + random() / 2)
  if (retryAfterS === undefined) return waitMs
  const askedMs = retryAfterS * 1000 * (1 + random() / 4)
  return failures <= 1 ? askedMs : Math.max(askedMs, waitMs)
}

// What is random about a refresh, so that accounts which began together do not stay together.
const earliestRatio = 0.5
const latestRatio = 0.85
// A short binding leaves no room for one lost packet and its repeats later than this.
const shortRatio = 0.6
// 64 * T1: a request that nobody answers ends before the binding does.
const safetyS = 32

/** When a binding is refreshed, in milliseconds from now. @param ratio of the account; undefined: a random one */
export function refreshMs(grantedS: number, ratio: number | undefined, random: Chance): number {
  const latestS = grantedS > 2 * safetyS ? grantedS - safetyS : grantedS * shortRatio
  if (ratio !== undefined) return Math.min(grantedS * ratio, latestS) * 1000
  // Where the latest time comes early, the earliest does too: else most would meet at the latest.
  const untilS = Math.min(grantedS * latestRatio, latestS)
  const fromS = Math.min(grantedS * earliestRatio, untilS * (earliestRatio / latestRatio))
  return (fromS + (untilS - fromS) * random()) * 1000
}
