import { PbxkitError } from '../errors.js'
import { StatementError } from './errors.js'
import { type Failure, failureOf, tlsFailure } from './server-errors.js'

/** By SQLSTATE (PostgreSQL's manual, appendix A), or by its class: the first two characters. */
const failures: Readonly<Record<string, Failure>> = {
  '08': 'lost',
  '22': 'value', // does not fit, is no number, is no date
  '23': 'value', // not null, foreign key, check
  '23505': 'notUnique',
  '25006': 'readOnly',
  '28': 'login',
  '3D000': 'unknownDatabase',
  '3F000': 'unknownTable', // a schema that is not there
  '40': 'busy', // serialisation failure, deadlock
  '42501': 'rights',
  '42703': 'unknownColumn',
  '42P01': 'unknownTable',
  '53': 'busy', // too many connections, no room
  '55P03': 'busy', // lock_not_available
  '57014': 'timeout', // query_canceled: statement_timeout
  '57P01': 'lost', // admin_shutdown
  '57P02': 'lost', // crash_shutdown
  '57P03': 'starting', // cannot_connect_now
  '57P05': 'lost' // idle_session_timeout
}

/** Our error for one of pg's: the server's by its SQLSTATE, the connection's by its code or words. */
export function explainPostgres(error: unknown, name: string): PbxkitError {
  if (error instanceof PbxkitError) return error
  const { code = '', message, severity } = error as { code?: string; message: string; severity?: string }
  const kind = severity === undefined ? undefined : (failures[code] ?? failures[code.slice(0, 2)])
  if (kind) return failureOf(kind, name, message, code, error)
  const tls = severity === undefined ? tlsFailure({ code, message }, name) : undefined
  if (tls) return tls
  if (/^SASL|password must be a string/.test(message)) return failureOf('login', name, message, 'SASL', error)
  if (/timeout expired/.test(message)) return failureOf('timeout', name, message, code || 'timeout', error)
  if (/^(ECONNRESET|EPIPE|ECONNABORTED)$/.test(code) || /terminated|not queryable|[Cc]onnection ended/.test(message)) {
    return failureOf('lost', name, message, code || 'closed', error)
  }
  return new StatementError(`${name} refused a statement: ${message}`, { cause: error, details: { reason: code || message } })
}
