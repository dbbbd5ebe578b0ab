import { ExitStatus, PbxkitError } from '../errors.js'

/** The server is there and the database of the URL is not. */
export class UnknownDatabaseError extends PbxkitError {
  readonly code = 'E_UNKNOWN_DATABASE'
  readonly exit = ExitStatus.config
}

/** A file that was named as a database holds something else, or is damaged. */
export class NotADatabaseError extends PbxkitError {
  readonly code = 'E_NOT_A_DATABASE'
  readonly exit = ExitStatus.config
}

/** A table or a view is not in the database. */
export class UnknownTableError extends PbxkitError {
  readonly code = 'E_UNKNOWN_TABLE'
  readonly exit = ExitStatus.config
}

/** A table lacks a column. */
export class UnknownColumnError extends PbxkitError {
  readonly code = 'E_UNKNOWN_COLUMN'
  readonly exit = ExitStatus.config
}

/** A row with the same key is there already. */
export class NotUniqueError extends PbxkitError {
  readonly code = 'E_NOT_UNIQUE'
  readonly exit = ExitStatus.data
}

/** The database refused a value: it does not fit, is missing where it must not, or refers to a row that is not there. */
export class RefusedValueError extends PbxkitError {
  readonly code = 'E_REFUSED_VALUE'
  readonly exit = ExitStatus.data
}

/** The database, or our session with it, may only be read. */
export class ReadOnlyError extends PbxkitError {
  readonly code = 'E_READ_ONLY'
  readonly exit = ExitStatus.io
}

/** The user was let in and may not do this. */
export class DatabaseRightsError extends PbxkitError {
  readonly code = 'E_DATABASE_RIGHTS'
  readonly exit = ExitStatus.refused
}

/** Others hold what we need, or the server has no room for us now: to be tried again. Nothing was changed. */
export class DatabaseBusyError extends PbxkitError {
  readonly code = 'E_DATABASE_BUSY'
  readonly exit = ExitStatus.tryAgain
}

/** The tables were made by another release of pbxkit, which this one does not know. */
export class SchemaVersionError extends PbxkitError {
  readonly code = 'E_SCHEMA_VERSION'
  readonly exit = ExitStatus.config
}

/** The database refused a statement in a way that has no class of its own here; `details.reason` is its code. */
export class StatementError extends PbxkitError {
  readonly code = 'E_STATEMENT'
  readonly exit = ExitStatus.protocol
}
