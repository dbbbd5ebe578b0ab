import {
  ConnectError,
  ConnectionLostError,
  type ErrorDetails,
  LoginError,
  type PbxkitError,
  TimeoutError,
  TlsError
} from '../errors.js'
import {
  DatabaseBusyError,
  DatabaseRightsError,
  NotUniqueError,
  ReadOnlyError,
  RefusedValueError,
  UnknownColumnError,
  UnknownDatabaseError,
  UnknownTableError
} from './errors.js'

/** What went wrong, whichever server said it. */
export type Failure =
  | 'login'
  | 'unknownDatabase'
  | 'unknownTable'
  | 'unknownColumn'
  | 'notUnique'
  | 'value'
  | 'readOnly'
  | 'rights'
  | 'busy'
  | 'timeout'
  | 'lost'
  | 'starting'

/** Our error for a kind of failure. @param name the database, as `describeTarget` writes it @param message the server's words */
export function failureOf(kind: Failure, name: string, message: string, reason: string | number, cause: unknown): PbxkitError {
  const details = (hint?: string): ErrorDetails => ({ cause, details: { reason }, ...(hint && { hint }) })
  switch (kind) {
    case 'login':
      return new LoginError(
        `${name} refused the login: ${message}`,
        details('Check the user in the URL, and the password in PBXKIT_DB_PASSWORD or --db-password-file.')
      )
    case 'unknownDatabase':
      return new UnknownDatabaseError(`${name}: ${message}`, details('Check the last part of the URL, or create that database.'))
    case 'unknownTable':
      return new UnknownTableError(`${name}: ${message}`, details('Is this the database that was meant?'))
    case 'unknownColumn':
      return new UnknownColumnError(`${name}: ${message}`, details('Its table is of another version than is expected.'))
    case 'notUnique':
      return new NotUniqueError(`${name} has such a row already: ${message}`, details())
    case 'value':
      return new RefusedValueError(`${name} refused a value: ${message}`, details())
    case 'readOnly':
      return new ReadOnlyError(`${name} may only be read: ${message}`, details())
    case 'rights':
      return new DatabaseRightsError(
        `${name}: ${message}`,
        details('Ask for that right (GRANT), or name another user in the URL.')
      )
    case 'busy':
      return new DatabaseBusyError(`${name} is busy: ${message}`, details('Try again.'))
    case 'timeout':
      return new TimeoutError(`${name} did not answer in time: ${message}`, details('Try again, or allow more with --timeout.'))
    case 'lost':
      return new ConnectionLostError(
        `The connection to ${name} was lost: ${message}`,
        details('Does the server still run? What was being written may or may not have been.')
      )
    case 'starting':
      return new ConnectError(`${name} lets nobody in now: ${message}`, details('It is starting or stopping: try again.'))
  }
}

/** For what TLS itself says, in words of OpenSSL and node; undefined when it is about something else. */
export function tlsFailure(error: { code?: unknown; message: string }, name: string): TlsError | undefined {
  const code = String(error.code ?? '')
  const text = `${code} ${error.message}`
  if (/HANDSHAKE_NO_SSL_SUPPORT|does not support (SSL|secure)|establishing an SSL/.test(text)) {
    return new TlsError(`${name} does not offer TLS`, {
      cause: error,
      hint: 'Set it up in the server, or ask for none: ?tls=off.'
    })
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_|altnames|self-signed|unable to (verify|get)/i.test(text)) {
    return new TlsError(`The certificate of ${name} is not trusted: ${error.message}`, {
      cause: error,
      hint: 'Name its authority with ?tls-ca=FILE, or accept anything with ?tls=insecure.'
    })
  }
  if (/HANDSHAKE_SSL_ERROR|ERR_SSL|EPROTO|SSL routines/.test(text)) {
    return new TlsError(`No TLS with ${name}: ${error.message.trim()}`, { cause: error })
  }
  return undefined
}
