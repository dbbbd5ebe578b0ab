/** The exit statuses that every command shares (sysexits.h, and 1 for "done, and the answer is no"). */
export const ExitStatus = {
  done: 0,
  no: 1,
  usage: 64,
  data: 65,
  unreachable: 69,
  bug: 70,
  io: 74,
  tryAgain: 75,
  protocol: 76,
  refused: 77,
  config: 78,
  interrupted: 130
} as const

export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus]

export interface ErrorDetails {
  /** What to do next, as one sentence. */
  hint?: string
  /** Facts for programs: they appear under `details` of a `--json` error. */
  details?: Record<string, unknown>
  cause?: unknown
}

/**
 * The base of every failure that we foresee. The message says what was tried, with what, and why it failed;
 * `hint` says what to do next. Libraries throw, only `lib/cli` prints.
 */
export abstract class PbxkitError extends Error {
  /** Stable over releases: programs may depend on it. */
  abstract readonly code: string
  abstract readonly exit: ExitStatus
  readonly hint: string | undefined
  readonly details: Record<string, unknown> | undefined

  constructor(message: string, { hint, details, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.hint = hint
    this.details = details
  }
}

/** The command line itself is wrong: an unknown flag, a missing value, words that exclude each other. */
export class UsageError extends PbxkitError {
  readonly code = 'E_USAGE'
  readonly exit = ExitStatus.usage
}

/** Data that was handed to us (stdin, a file, a field) is not what it has to be. */
export class DataError extends PbxkitError {
  readonly code = 'E_DATA'
  readonly exit = ExitStatus.data
}

/** A header name or value that cannot stand in a line of the protocol (CR, LF, NUL). */
export class UnsafeHeaderError extends PbxkitError {
  readonly code = 'E_UNSAFE_HEADER'
  readonly exit = ExitStatus.data
}

/** Nobody answers there: refused, no route, no such name, no such socket. */
export class ConnectError extends PbxkitError {
  readonly code = 'E_CONNECT'
  readonly exit = ExitStatus.unreachable
}

/** The peer closed the connection while we were waiting for something. */
export class ConnectionLostError extends PbxkitError {
  readonly code = 'E_CONNECTION_LOST'
  readonly exit = ExitStatus.unreachable
}

/** TLS could not be agreed on, or the peer's certificate is not to be trusted. */
export class TlsError extends PbxkitError {
  readonly code = 'E_TLS'
  readonly exit = ExitStatus.unreachable
}

/** We could not listen: the port is in use, not ours to take, or the address is not of this machine. */
export class ListenError extends PbxkitError {
  readonly code = 'E_LISTEN'
  readonly exit = ExitStatus.io
}

/** Reading or writing a file or a stream failed. */
export class IoError extends PbxkitError {
  readonly code = 'E_IO'
  readonly exit = ExitStatus.io
}

/** No answer within the time allowed. */
export class TimeoutError extends PbxkitError {
  readonly code = 'E_TIMEOUT'
  readonly exit = ExitStatus.tryAgain
}

/** The peer speaks, but not the protocol: garbage, over a limit, out of order. */
export class ProtocolError extends PbxkitError {
  readonly code = 'E_PROTOCOL'
  readonly exit = ExitStatus.protocol
}

/** The peer refused who we say we are. */
export class LoginError extends PbxkitError {
  readonly code = 'E_LOGIN'
  readonly exit = ExitStatus.refused
}

/** A configuration file, a users file or a file with a secret is missing, unreadable or wrong. */
export class ConfigError extends PbxkitError {
  readonly code = 'E_CONFIG'
  readonly exit = ExitStatus.config
}

/** The user, or a supervisor, ended it. */
export class InterruptedError extends PbxkitError {
  readonly code = 'E_INTERRUPTED'
  readonly exit = ExitStatus.interrupted
}
