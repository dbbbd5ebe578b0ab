import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { PbxkitError } from '../errors.js'
import { describeAddress, type Sensor } from '../sensors/sensor.js'
import { parseCommand } from '../voipmonitor/command.js'
import { checkSocketPath, readSocketAnswer } from '../voipmonitor/socket-path.js'
import { readVersion } from './prove-key.js'
import { askSensor, type SensorExchangeOptions } from './sensor-exchange.js'
import { SocketAnswerError, SocketKeptError, SocketPathError, StrangeSocketError } from './socket-errors.js'

/** The sniffer answers OK before its thread listens; recorded ones were there within some milliseconds. */
const appearMs = 2_000
const lookEveryMs = 25
/** The sniffer notices a stop at its next look at the socket: 0.3 to 1 s were measured. */
const leastStopMs = 3_000

/** What can be seen of a socket. On another host only whether it answers. */
export interface SocketState {
  readonly path: string
  /** Undefined: it is another host's, or in a folder that is not ours to look into. */
  readonly file?: 'socket' | 'none' | 'no socket' | undefined
  /** As in `0600`. */
  readonly mode?: string | undefined
  readonly uid?: number | undefined
  /** The sniffer's release, when it answered. */
  readonly version?: string | undefined
  /** Why it did not. */
  readonly error?: PbxkitError | undefined
}

/** Is the sniffer's file system ours? Loopback may be a tunnel; then the look afterwards says so. */
export function isLocal({ address }: Sensor): boolean {
  return address.kind === 'unix' || (address.kind === 'tcp' && /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(address.host))
}

/**
 * The same sniffer by its unix socket; over ssh where it is reached so. Undefined where there is no way from here. It is asked in clear, which is taken
 * there from everybody: a wrong key is no reason not to know the socket.
 */
export function socketSensor(sensor: Sensor, socketPath: string): Sensor | undefined {
  const { name, address } = sensor
  if (address.kind === 'ssh')
    return { name, address: { kind: 'ssh', destination: address.destination, target: { path: socketPath } } }
  return isLocal(sensor) ? { name, address: { kind: 'unix', path: socketPath } } : undefined
}

/** Looks at a socket: the file, where it is this machine's, and whether a sniffer answers. @throws the signal's reason */
export async function lookAtSocket(sensor: Sensor, options: SensorExchangeOptions = {}): Promise<SocketState> {
  const { address } = sensor
  const path = address.kind === 'unix' ? address.path : describeAddress(address)
  const state = { path, ...(address.kind === 'unix' && fileState(address.path)) }
  if (state.file === 'none' || state.file === 'no socket') return state
  try {
    return { ...state, version: readVersion(await askSensor(sensor, parseCommand('getversion'), options)) }
  } catch (error) {
    if (options.signal?.aborted || !(error instanceof PbxkitError)) throw error
    return { ...state, error }
  }
}

/**
 * Has the sniffer open its manager on a unix socket, and sees that it does. Its `manager_file start` deletes whatever has that name, and says OK where
 * it cannot listen, so that both are looked at here, as far as the file system is ours.
 * @returns `checked` false: the socket is on another host, and nobody has seen it
 * @throws CommandParametersError, SocketPathError, StrangeSocketError, SocketAnswerError, what `askSensor` throws
 */
export async function startSocket(
  sensor: Sensor,
  socketPath: string,
  options: SensorExchangeOptions = {}
): Promise<{ result: 'started' | 'running'; checked: boolean; state?: SocketState | undefined }> {
  checkSocketPath(socketPath)
  const bySocket = socketSensor(sensor, socketPath)
  if (bySocket && isLocal(sensor)) {
    const running = await checkTarget(bySocket, socketPath, options)
    if (running) return { result: 'running', checked: true, state: running }
  }
  const answer = await ask(sensor, `manager_file start ${socketPath}`, options)
  if (answer?.result !== 'started' && answer?.result !== 'running') throw unexpected(answer)
  if (answer.path !== socketPath) {
    throw new SocketAnswerError(`The sniffer has its socket at ${answer.path} already`, {
      hint: 'It has one at a time: use that one, or stop it first.'
    })
  }
  if (!bySocket) return { result: answer.result, checked: false }
  return { result: answer.result, checked: true, state: await appeared(bySocket, options) }
}

/**
 * Has the sniffer close the socket.
 * @param socketPath where it was: then it is looked whether it is gone
 * @throws SocketKeptError, StrangeSocketError, what `askSensor` throws
 */
export async function stopSocket(
  sensor: Sensor,
  socketPath: string | undefined,
  options: SensorExchangeOptions = {}
): Promise<'stopped' | 'not running'> {
  const { timeouts } = options
  const atLeast = {
    ...timeouts,
    ...(timeouts?.firstByteMs !== undefined && { firstByteMs: Math.max(timeouts.firstByteMs, leastStopMs) })
  }
  if (timeouts?.totalMs !== undefined) atLeast.totalMs = Math.max(timeouts.totalMs, leastStopMs)
  const answer = await ask(sensor, 'manager_file stop', { ...options, timeouts: atLeast })
  if (answer?.result === 'kept') {
    throw new SocketKeptError('The socket stands in voipmonitor.conf (managersocket) and cannot be stopped', {
      hint: 'Take managersocket out of voipmonitor.conf, and restart the sniffer.'
    })
  }
  if (answer?.result !== 'stopped' && answer?.result !== 'not running') throw unexpected(answer)
  if (answer.result === 'stopped' && socketPath !== undefined && isLocal(sensor) && fileState(socketPath).file === 'socket') {
    throw new StrangeSocketError(`The sniffer says that it has closed its socket, and ${socketPath} is still there`, {
      hint: 'Was its socket another one? A file that nobody listens on can be removed.'
    })
  }
  return answer.result
}

async function ask(sensor: Sensor, text: string, options: SensorExchangeOptions) {
  const reply = (await askSensor(sensor, parseCommand(text), options)).toString('utf8')
  const answer = readSocketAnswer(reply)
  if (answer) return answer
  throw new SocketAnswerError(`The sniffer answered ${JSON.stringify(reply.slice(0, 200))} to "${text}"`)
}

function unexpected(answer: { result: string } | undefined): SocketAnswerError {
  return new SocketAnswerError(`The sniffer answered "${answer?.result}", which is no answer to this`)
}

/** @returns the state of a sniffer's socket that lives there already @throws SocketPathError when the sniffer would delete something, or cannot listen */
async function checkTarget(
  bySocket: Sensor,
  socketPath: string,
  options: SensorExchangeOptions
): Promise<SocketState | undefined> {
  const folder = path.dirname(socketPath)
  if (!isFolder(folder)) {
    throw new SocketPathError(`There is no folder ${folder}, or it cannot be looked at`, {
      hint: 'The sniffer would answer OK, listen nowhere, and hang at the next stop.'
    })
  }
  const state = await lookAtSocket(bySocket, options)
  if (state.file === 'no socket') {
    throw new SocketPathError(`${socketPath} is a file and no socket: the sniffer would delete it`, {
      hint: 'Choose another path, or remove it yourself.'
    })
  }
  if (state.version !== undefined) return state
  // A socket that nobody listens on any more is left over, and may go.
  const reason = state.error?.details?.reason
  if (state.file === 'none' || (state.file === 'socket' && reason === 'ECONNREFUSED')) return undefined
  throw new SocketPathError(`Somebody else may be listening on ${socketPath}, and the sniffer would delete it`, {
    cause: state.error,
    hint: `It was asked for its version: ${state.error?.message}`
  })
}

async function appeared(bySocket: Sensor, options: SensorExchangeOptions): Promise<SocketState> {
  const until = performance.now() + appearMs
  for (;;) {
    const state = await lookAtSocket(bySocket, options)
    const isThere = state.version !== undefined
    if (isThere && state.mode !== undefined && state.mode !== '0600') {
      throw new StrangeSocketError(`${state.path} has mode ${state.mode}: others than its owner may talk to the sniffer`, {
        hint: `Run: chmod 600 ${state.path}`
      })
    }
    if (isThere) return state
    // It is there, and not ours to talk to: the sniffer runs as root.
    if (state.error?.details?.reason === 'EACCES' && state.file === 'socket') return state
    if (performance.now() >= until) {
      throw new StrangeSocketError(`The sniffer said OK, and does not answer on ${state.path}`, {
        cause: state.error,
        hint: state.error?.message ?? 'There is no such socket: is the sniffer on another machine, or in a container?'
      })
    }
    await wait(lookEveryMs, undefined, { signal: options.signal })
  }
}

function isFolder(folder: string): boolean {
  try {
    return fs.statSync(folder).isDirectory()
  } catch {
    return false
  }
}

function fileState(file: string): Pick<SocketState, 'file' | 'mode' | 'uid'> {
  let stat: fs.Stats | undefined
  try {
    stat = fs.lstatSync(file, { throwIfNoEntry: false })
  } catch {
    return {}
  }
  if (!stat) return { file: 'none' }
  const mode = (stat.mode & 0o777).toString(8).padStart(4, '0')
  return { file: stat.isSocket() ? 'socket' : 'no socket', mode, uid: stat.uid }
}
