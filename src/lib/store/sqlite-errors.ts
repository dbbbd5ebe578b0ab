import { ConfigError, type ErrorDetails, IoError, PbxkitError } from '../errors.js'
import {
  DatabaseBusyError,
  NotADatabaseError,
  NotUniqueError,
  ReadOnlyError,
  RefusedValueError,
  StatementError,
  UnknownColumnError,
  UnknownTableError
} from './errors.js'

/** Our error for one of libsql's: by SQLite's result code (https://www.sqlite.org/rescode.html), else by its text. */
export function explainSqlite(error: unknown, name: string): PbxkitError {
  if (error instanceof PbxkitError) return error
  const { code = '', message } = error as { code?: string; message: string }
  const details = (hint?: string): ErrorDetails => ({ cause: error, details: { reason: code || message }, ...(hint && { hint }) })

  if (/^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY|ROWID)/.test(code)) {
    return new NotUniqueError(`${name} has such a row already: ${message}`, details())
  }
  if (/^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(code)) {
    return new RefusedValueError(`${name} refused a value: ${message}`, details())
  }
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return new DatabaseBusyError(`${name} is in use by another process: ${message}`, details('Try again when that one is done.'))
  }
  if (/^SQLITE_READONLY/.test(code)) return new ReadOnlyError(`${name} may only be read`, details())
  if (/^SQLITE_NOTADB/.test(code)) {
    return new NotADatabaseError(`${name} is not a database of SQLite`, details('Is this the right file? It was not changed.'))
  }
  if (/^SQLITE_CORRUPT/.test(code)) {
    return new NotADatabaseError(
      `${name} is damaged: ${message}`,
      details('Take it from a backup, or try the .recover of sqlite3.')
    )
  }
  if (/^SQLITE_(FULL|IOERR|PERM|AUTH|NOMEM)/.test(code))
    return new IoError(`${name} cannot be read or written: ${message}`, details())
  if (/^SQLITE_CANTOPEN|Unable to open connection/.test(code + message)) {
    return new IoError(
      `Cannot open ${name}: ${message}`,
      details('May you read it, and write to its folder? SQLite keeps files beside it.')
    )
  }
  if (/no such table/.test(message)) {
    return new UnknownTableError(`${name}: ${message}`, details('Is this the database that was meant?'))
  }
  if (/no such column|has no column named/.test(message)) {
    return new UnknownColumnError(`${name}: ${message}`, details('Its table is of another version than is expected.'))
  }
  if (/not open/.test(message)) return new ConfigError(`${name} was closed`, details())
  return new StatementError(`${name} refused a statement: ${message}`, details())
}
