import type net from 'node:net'
import {
  ConfigError,
  ConnectError,
  ConnectionLostError,
  DataError,
  type ErrorDetails,
  IoError,
  ListenError,
  LoginError,
  type PbxkitError,
  ProtocolError,
  TimeoutError,
  UsageError
} from '../errors.js'
import { connect } from '../net/connect.js'
import {
  type ControlErrorBody,
  type ControlParams,
  type ControlResponse,
  LineReader,
  maxResponseBytes,
  parseResponse,
  tooLong
} from './control-protocol.js'

export interface ControlRequestOptions {
  /** For connecting and the answer together. */
  timeoutMs: number
  signal?: AbortSignal | undefined
}

/**
 * Asks a running service one thing.
 * @returns the result, as JSON gives it: what it holds is still to be checked
 * @throws ConnectError when nobody is there, TimeoutError, ProtocolError, ConnectionLostError, the signal's reason, or the error that the
 * service answered with, as the class of its code
 */
export async function controlRequest(
  path: string,
  method: string,
  params: ControlParams,
  { timeoutMs, signal }: ControlRequestOptions
): Promise<unknown> {
  const startMs = performance.now()
  const socket = await open(path, { timeoutMs, signal })
  try {
    socket.write(`${JSON.stringify({ id: 1, method, params })}\n`)
    const leftMs = Math.max(1, timeoutMs - (performance.now() - startMs))
    const response = await readResponse(socket, { path, timeoutMs: leftMs, signal })
    if ('error' in response) throw answeredError(response.error)
    if (response.id !== 1) throw new ProtocolError(`What answers at ${path} did not answer this request`)
    return response.result
  } finally {
    socket.destroy()
  }
}

/** What the system's words mean for a unix socket. */
const socketReasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'nobody listens there',
  ENOTSOCK: 'it is no socket',
  EACCES: 'permission denied'
}

async function open(path: string, { timeoutMs, signal }: ControlRequestOptions): Promise<net.Socket> {
  try {
    return await connect({ host: 'localhost', port: 0, path, timeoutMs, signal })
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error
    const { details } = error
    const why = socketReasons[String(details?.reason)] ?? (error.cause as Error | undefined)?.message ?? error.message
    throw new ConnectError(`No running service at ${path}: ${why}`, {
      cause: error,
      ...(details && { details }),
      hint:
        details?.reason === 'EACCES'
          ? 'Only its owner and root may use that socket.'
          : 'Is the service running? If its control socket is elsewhere, name it with --control PATH.'
    })
  }
}

function readResponse(
  socket: net.Socket,
  { path, timeoutMs, signal }: ControlRequestOptions & { path: string }
): Promise<ControlResponse> {
  return new Promise((resolve, reject) => {
    const reader = new LineReader(maxResponseBytes)
    const settle = (then: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.removeAllListeners('data').on('error', () => {})
      then()
    }
    const fail = (error: Error) => settle(() => reject(error))
    const timer = setTimeout(
      () => fail(new TimeoutError(`No answer from ${path} in time`, { hint: 'The service is busy or stopped; see --timeout.' })),
      timeoutMs
    )
    const onAbort = () => fail(signal?.reason)
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.on('data', (chunk: Buffer) => {
      const line = reader.push(chunk)[0]
      if (line === undefined) return
      settle(() => {
        try {
          if (line === tooLong) throw new ProtocolError(`it is longer than ${maxResponseBytes} bytes`)
          resolve(parseResponse(line))
        } catch (cause) {
          reject(
            new ProtocolError(`What answers at ${path} is no pbxkit service: ${(cause as Error).message}`, {
              cause,
              hint: 'Name the control socket of the service with --control PATH.'
            })
          )
        }
      })
    })
    socket.once('error', (cause) => fail(new ConnectionLostError(`${path}: ${cause.message}`, { cause })))
    socket.once('close', () => fail(new ConnectionLostError(`The service at ${path} closed the connection without an answer`)))
  })
}

type Failure = new (message: string, details?: ErrorDetails) => PbxkitError
/** So that a refusal has the same exit status here as it would have had there. */
const failures: Record<string, Failure> = {
  E_USAGE: UsageError,
  E_DATA: DataError,
  E_CONFIG: ConfigError,
  E_CONNECT: ConnectError,
  E_CONNECTION_LOST: ConnectionLostError,
  E_TIMEOUT: TimeoutError,
  E_LOGIN: LoginError,
  E_IO: IoError,
  E_LISTEN: ListenError,
  E_BUSY: TimeoutError
}

function answeredError({ code, message, hint, details }: ControlErrorBody): PbxkitError {
  const more = { ...(hint !== undefined && { hint }), details: { ...details, code } }
  return new (Object.hasOwn(failures, code) ? failures[code]! : ProtocolError)(message, more)
}
