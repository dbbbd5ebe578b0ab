import { ExitStatus, PbxkitError } from '../errors.js'

/** The GUI's database has no key: no row of type `manager_key` in its table `system`. */
export class NoKeyRowError extends PbxkitError {
  readonly code = 'E_NO_KEY_ROW'
  readonly exit = ExitStatus.config
}

/** It has more than one, and the sniffer takes whichever comes first. */
export class SeveralKeyRowsError extends PbxkitError {
  readonly code = 'E_SEVERAL_KEY_ROWS'
  readonly exit = ExitStatus.data
}

/** The one row has something else in it than a key with its IV. */
export class KeyRowError extends PbxkitError {
  readonly code = 'E_KEY_ROW'
  readonly exit = ExitStatus.data
}

/** What was written into the database did not come back: nothing was changed. */
export class KeyNotKeptError extends PbxkitError {
  readonly code = 'E_KEY_NOT_KEPT'
  readonly exit = ExitStatus.io
}
