import { ExitStatus } from '../errors.js'
import type { AccountProblem } from '../registrations/accounts/read-accounts.js'
import type { OnceResult } from '../registrations/register-once.js'
import type { RegistrationEvent, RegistrationEventKind } from '../registrations/registration-event.js'
import type { Row } from './rows.js'

/** A result as a row of a table. */
export function onceRow(result: OnceResult): Row {
  const { l_uuid, aor, ok, code, reason, expires, target, rttMs, detail } = result
  return { l_uuid, aor, ok: ok ? 'yes' : 'no', code, reason, expires, target, rttMs, detail }
}

/** What a registrar has for an account: a row for each binding. */
export function fetchedRows({ l_uuid, aor, ok, bindings, reason }: OnceResult): Row[] {
  if (!ok) return [{ l_uuid, aor, reason }]
  return (bindings ?? []).map(({ contact, expiresS, own }) => ({
    l_uuid,
    aor,
    contact,
    expires: expiresS ?? null,
    own: own ? 'yes' : 'no'
  }))
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
export function eventLevel({
  event,
  warning
}: {
  event: RegistrationEventKind
  warning?: string | undefined
}): 'debug' | 'info' | 'warn' {
  return badEvents.has(event) || warning !== undefined ? 'warn' : quietEvents.has(event) ? 'debug' : 'info'
}

/** What the log says of an event. */
export function eventFields(event: RegistrationEvent): object {
  const { l_uuid, aor, code, reason, detail, warning, hint, expires, next, target, rttMs } = event
  const all = { l_uuid, aor, code, reason, detail, warning, hint, expires, next, target, rttMs }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined))
}

// Hints name users and places, so that 10,000 accounts may have 10,000: a few say what is wrong.
const maxHints = 10

/** What is wrong, in words: once for each text. */
export function hintsOf(results: readonly OnceResult[]): string[] {
  const hints = new Map<string, string>()
  for (const { aor, reason, hint } of results)
    if (hint !== undefined && !hints.has(hint)) hints.set(hint, `${aor}: ${reason}. ${hint}`)
  const all = [...hints.values()]
  return all.length <= maxHints ? all : [...all.slice(0, maxHints), `… and ${all.length - maxHints} more`]
}

/** A row that is no account, as a finding of --check; `accounts.csv:3` is a file and a line, a row of a table has none. */
export function findingOf({ source, message }: AccountProblem): Record<string, unknown> {
  const [, file = source, line] = /^(.+):(\d+)$/.exec(source) ?? []
  return { code: 'account', severity: 'error', file, ...(line !== undefined && { line: Number(line) }), message }
}

/** What --check comes to. */
export function checkNote(valid: number, wrong: number): string {
  const accounts = valid === 1 ? '1 account is' : `${valid} accounts are`
  return `${accounts} valid, ${wrong === 1 ? '1 row is' : `${wrong} rows are`} wrong`
}
