import { diagnose } from './doctor.js'
import type { Registration } from './registration.js'
import type { FailureReason, RegistrationFacts, RegistrationState } from './registration-state.js'

/** What happened to an account. */
export type RegistrationEventKind =
  | 'waiting'
  | 'registered'
  | 'refreshed'
  | 'failed'
  | 'rejected'
  | 'expired'
  | 'lost'
  | 'unregistered'
  | 'disabled'
  | 'removed'

/** One line of `uac register --json`. Names of columns are spelt as in the table. */
export interface RegistrationEvent extends RegistrationFacts {
  /** ISO 8601. */
  ts: string
  event: RegistrationEventKind
  l_uuid: string
  aor: string
  state: RegistrationState
  /** Status of the last reply; null when none came. */
  code: number | null
  reason: FailureReason | null
  /** What was meant, for people. */
  detail?: string
  warning?: string
  /** Of a failure: what it mostly means, and where to look. */
  hint?: string
  /** Seconds that the binding still lives; null without one. */
  expires: number | null
  /** Seconds until the next request; null when none is planned. */
  next: number | null
  target: string | null
  rttMs: number | null
  attempt: number
}

/** What else is known of an account's last attempt. */
export interface LastAttempt {
  target: string | undefined
  roundTripMs?: number | undefined
  detail: string | undefined
  /** Our side of the last flow, `host:port`. */
  local: string | undefined
  /** Milliseconds from now. */
  nextMs?: number | undefined
}

const isFailure: ReadonlySet<RegistrationEventKind> = new Set(['failed', 'rejected', 'expired'])

/** @param wallMs the wall clock */
export function eventOf(
  event: RegistrationEventKind,
  registration: Registration,
  last: LastAttempt,
  wallMs: number
): RegistrationEvent {
  const { account, aor, state, code, reason, warning, facts, isRegistered, boundMs, attempts, clues } = registration
  return {
    ts: new Date(wallMs).toISOString(),
    event,
    l_uuid: account.uuid,
    aor,
    state,
    code: code ?? null,
    reason: reason ?? null,
    ...(last.detail !== undefined && { detail: last.detail }),
    ...(warning !== undefined && isRegistered && { warning }),
    ...(isFailure.has(event) &&
      reason !== undefined && { hint: diagnose({ ...last, reason, code, account, clues, nowMs: wallMs }) }),
    expires: isRegistered ? Math.round(boundMs / 1000) : null,
    next: last.nextMs === undefined ? null : Math.round(last.nextMs / 100) / 10,
    target: last.target ?? null,
    rttMs: last.roundTripMs === undefined ? null : Math.round(last.roundTripMs * 10) / 10,
    attempt: attempts,
    ...facts
  }
}
