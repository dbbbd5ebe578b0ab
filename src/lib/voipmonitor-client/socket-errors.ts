import { ExitStatus, PbxkitError } from '../errors.js'

/** The sniffer must not be told to listen there: it would delete something, or could not. */
export class SocketPathError extends PbxkitError {
  readonly code = 'E_SOCKET_PATH'
  readonly exit = ExitStatus.data
}

/** The socket is not what the sniffer said it was: not there, silent, still there, or open to everybody. */
export class StrangeSocketError extends PbxkitError {
  readonly code = 'E_STRANGE_SOCKET'
  readonly exit = ExitStatus.io
}

/** The sniffer would not do it. */
export class SocketAnswerError extends PbxkitError {
  readonly code = 'E_SOCKET_ANSWER'
  readonly exit = ExitStatus.no
}

/** The socket belongs to the sniffer's configuration. */
export class SocketKeptError extends PbxkitError {
  readonly code = 'E_SOCKET_KEPT'
  readonly exit = ExitStatus.no
}
