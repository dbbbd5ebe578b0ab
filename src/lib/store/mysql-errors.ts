import { PbxkitError } from '../errors.js'
import { StatementError } from './errors.js'
import { type Failure, failureOf, tlsFailure } from './server-errors.js'

/** By the error numbers that MySQL and MariaDB share (https://mariadb.com/kb/en/mariadb-error-code-reference/), and their own. */
const failures: Readonly<Record<number, Failure>> = {
  1040: 'busy', // ER_CON_COUNT_ERROR
  1042: 'rights', // ER_BAD_HOST_ERROR
  1044: 'rights', // ER_DBACCESS_DENIED_ERROR: the database exists or not, and we may not know
  1045: 'login', // ER_ACCESS_DENIED_ERROR
  1048: 'value', // ER_BAD_NULL_ERROR
  1049: 'unknownDatabase',
  1053: 'lost', // ER_SERVER_SHUTDOWN
  1054: 'unknownColumn',
  1062: 'notUnique', // ER_DUP_ENTRY
  1095: 'rights', // ER_KILL_DENIED_ERROR
  1129: 'rights', // ER_HOST_IS_BLOCKED
  1130: 'rights', // ER_HOST_NOT_PRIVILEGED
  1142: 'rights', // ER_TABLEACCESS_DENIED_ERROR
  1143: 'rights', // ER_COLUMNACCESS_DENIED_ERROR
  1146: 'unknownTable',
  1153: 'value', // ER_NET_PACKET_TOO_LARGE
  1203: 'busy', // ER_TOO_MANY_USER_CONNECTIONS
  1205: 'busy', // ER_LOCK_WAIT_TIMEOUT
  1213: 'busy', // ER_LOCK_DEADLOCK
  1227: 'rights', // ER_SPECIFIC_ACCESS_DENIED_ERROR
  1251: 'login', // ER_NOT_SUPPORTED_AUTH_MODE
  1264: 'value', // ER_WARN_DATA_OUT_OF_RANGE
  1265: 'value', // WARN_DATA_TRUNCATED
  1290: 'readOnly', // ER_OPTION_PREVENTS_STATEMENT: --read-only
  1292: 'value', // ER_TRUNCATED_WRONG_VALUE
  1317: 'timeout', // ER_QUERY_INTERRUPTED
  1364: 'value', // ER_NO_DEFAULT_FOR_FIELD
  1366: 'value', // ER_TRUNCATED_WRONG_VALUE_FOR_FIELD
  1406: 'value', // ER_DATA_TOO_LONG
  1451: 'value', // ER_ROW_IS_REFERENCED_2
  1452: 'value', // ER_NO_REFERENCED_ROW_2
  1586: 'notUnique', // ER_DUP_ENTRY_WITH_KEY_NAME
  1698: 'login', // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
  1792: 'readOnly', // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
  1836: 'readOnly', // ER_READ_ONLY_MODE
  1927: 'lost', // ER_CONNECTION_KILLED (MariaDB)
  1969: 'timeout', // ER_STATEMENT_TIMEOUT (MariaDB)
  3024: 'timeout', // ER_QUERY_TIMEOUT (MySQL)
  3819: 'value', // ER_CHECK_CONSTRAINT_VIOLATED (MySQL)
  4025: 'value' // ER_CONSTRAINT_FAILED (MariaDB)
}

/** Our error for one of mysql2's: the server's by its number, the connection's by its code. */
export function explainMysql(error: unknown, name: string): PbxkitError {
  if (error instanceof PbxkitError) return error
  const { errno, sqlState, code = '', message } = error as { errno?: number; sqlState?: string; code?: string; message: string }
  const kind = typeof errno === 'number' && sqlState !== undefined ? failures[errno] : undefined
  if (kind) return failureOf(kind, name, message, code, error)
  const tls = sqlState === undefined ? tlsFailure({ code, message }, name) : undefined
  if (tls) return tls
  if (/^(ETIMEDOUT|PROTOCOL_SEQUENCE_TIMEOUT)$/.test(code)) return failureOf('timeout', name, message, code, error)
  if (/^(PROTOCOL_CONNECTION_LOST|ECONNRESET|EPIPE|ECONNABORTED|ERR_STREAM_)/.test(code) || /closed state/.test(message)) {
    return failureOf('lost', name, message, code, error)
  }
  return new StatementError(`${name} refused a statement: ${message}`, { cause: error, details: { reason: code || message } })
}
