import { ExitStatus } from '../errors.js'
import type { OnceResult } from '../registrations/register-once.js'
import type { RegistrationEvent } from '../registrations/registration-event.js'
import type { FailureReason } from '../registrations/registration-state.js'
import type { Row } from './rows.js'

/** What to do about a failure, in words: the doctor of `uac register`. */
export const advice: Readonly<Partial<Record<FailureReason, string>>> = {
  'wrong password':
    'The registrar does not take the password, or does not know the user: check both, and the realm that a HA1 was made with.',
  'realm mismatch': 'The registrar asks for another realm than the account has: correct the realm, or leave it empty.',
  'unsupported digest':
    'The registrar offers no digest that may be used: see --auth-algorithms, and whether the HA1 is of the right algorithm.',
  refused: 'The registrar says no: is the account known there, and may it register from here?',
  timeout: 'Nothing came back: is the address right, and does a firewall or a NAT in between drop the packets?',
  unreachable: 'There is no way: is the server up, the name right, the port open?',
  'min-expires too long': 'The registrar wants longer registrations than --max-expires allows.',
  'binding missing': 'The registrar said yes and lists other contacts only: does it keep more than one for the account?',
  'redirect refused': 'The registrar sent us elsewhere in a way that we do not follow (305, or from sips: to sip:).',
  'bad value': 'A value of the account cannot stand in a request.'
}

/** A result as a row of a table. */
export function onceRow(result: OnceResult): Row {
  const { l_uuid, aor, ok, code, reason, expires, target, rttMs, detail } = result
  return { l_uuid, aor, ok: ok ? 'yes' : 'no', code, reason, expires, target, rttMs, detail }
}

/** What a registrar has for an account: a row for each binding. */
export function fetchedRows({ l_uuid, aor, ok, bindings, reason }: OnceResult): Row[] {
  if (!ok) return [{ l_uuid, aor, reason }]
  return (bindings ?? []).map((one) => ({ l_uuid, aor, ...one }))
}

/** The exit status of a one-shot: of one account the kind of its failure, of several only whether all went well. */
export function onceStatus(results: readonly OnceResult[]): ExitStatus {
  const failed = results.filter(({ ok }) => !ok)
  if (failed.length === 0) return ExitStatus.done
  if (results.length > 1) return ExitStatus.no
  switch (failed[0]!.reason) {
    case 'wrong password':
    case 'realm mismatch':
    case 'unsupported digest':
      return ExitStatus.refused
    case 'timeout':
      return ExitStatus.tryAgain
    case 'unreachable':
      return ExitStatus.unreachable
    case 'bad value':
      return ExitStatus.data
    default:
      return ExitStatus.no
  }
}

const quietEvents: ReadonlySet<string> = new Set(['refreshed', 'waiting', 'disabled'])
const badEvents: ReadonlySet<string> = new Set(['failed', 'rejected', 'expired', 'lost'])

/** How loud an event is in the log. */
export function eventLevel({ event, warning }: RegistrationEvent): 'debug' | 'info' | 'warn' {
  return badEvents.has(event) || warning !== undefined ? 'warn' : quietEvents.has(event) ? 'debug' : 'info'
}

/** What the log says of an event. */
export function eventFields(event: RegistrationEvent): object {
  const { l_uuid, aor, code, reason, detail, warning, expires, next, target, rttMs } = event
  const hint = reason === null || !badEvents.has(event.event) ? undefined : advice[reason]
  const all = { l_uuid, aor, code, reason, detail, warning, expires, next, target, rttMs, hint }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined))
}
