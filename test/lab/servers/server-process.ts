import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { commandEnv, lastLines, setpriv } from './command.js'
import { LabError, StartError } from './errors.js'
import { identify, type ProcessIdentity } from './process-identity.js'
import { signalProcess, terminate } from './terminate.js'
import { waitUntil } from './wait.js'

/** A loaded two-core machine starts the slowest server (Asterisk, 300 modules) in about ten seconds. */
const READY_MS = 60_000
const LOG_LINES_IN_ERROR = 20

export interface ServerCommand {
  /** For messages: `Asterisk 22`. */
  readonly title: string
  /** It must stay in the foreground: its pid is the one we signal. */
  readonly command: readonly [string, ...string[]]
  readonly logFile: string
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly user?: string
  /** Let it live on when we are gone (`lab up`). Otherwise the kernel ends it with us, by `deathSignal`. */
  readonly detached: boolean
  /** Default SIGKILL. Servers with helper processes need one they answer by ending those. */
  readonly deathSignal?: NodeJS.Signals
  /** What asks for an orderly end. */
  readonly stopSignal: NodeJS.Signals
  /** Told as soon as the process is there, before it is ready: whoever is killed meanwhile has left word of it. */
  readonly spawned: (identity: ProcessIdentity) => Promise<void>
  readonly ready: () => Promise<boolean>
}

/** One started server. */
export class ServerProcess {
  readonly identity: ProcessIdentity
  readonly #stopSignal: NodeJS.Signals

  constructor(identity: ProcessIdentity, stopSignal: NodeJS.Signals) {
    this.identity = identity
    this.#stopSignal = stopSignal
  }

  /** Asks it to end, and ends it when it does not. Resolves once it is gone. */
  async stop(): Promise<void> {
    await terminate(this.identity, this.#stopSignal)
  }

  /** @see signalProcess */
  async kill(signal: NodeJS.Signals): Promise<void> {
    await signalProcess(this.identity, signal)
  }
}

/**
 * Starts a server and waits until it is ready.
 * @throws StartError with the last lines of its log when it ends by itself or is not ready in time
 */
export async function startServer(server: ServerCommand): Promise<ServerProcess> {
  const child = spawnServer(server)
  let ended: string | undefined
  child.once('exit', (code, signal) => {
    ended = signal ? `was ended by ${signal}` : `ended by itself with status ${code}`
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause) => {
      const line = server.command.join(' ')
      reject(new LabError(`cannot run "${line}" for ${server.title}: ${cause.message}`, 'run "npm run lab -- prepare"', cause))
    })
  })
  const identity = child.pid === undefined ? undefined : identify(child.pid)
  if (identity) await server.spawned(identity)
  const ready = identity && (await waitUntil(async () => ended !== undefined || (await server.ready()), READY_MS))
  if (identity && ready && !ended) {
    if (server.detached) child.unref()
    return new ServerProcess(identity, server.stopSignal)
  }
  if (identity) await terminate(identity, 'SIGKILL')
  const why = ended ?? `was not ready after ${READY_MS / 1000} s`
  throw new StartError(
    `${server.title} ${why}: "${server.command.join(' ')}"\n${logTail(server.logFile)}`,
    'correct its configuration; the last lines of its log are above'
  )
}

function spawnServer(server: ServerCommand): ChildProcess {
  const deathSignal = server.detached ? undefined : (server.deathSignal ?? 'SIGKILL')
  const [file, ...args] = [...setpriv({ user: server.user, deathSignal }), ...server.command]
  const log = openSync(server.logFile, 'a')
  try {
    return spawn(file!, args, {
      cwd: server.cwd,
      env: commandEnv(server.env),
      stdio: ['ignore', log, log],
      // Its own process group: Ctrl-C on the terminal must not reach it before the tests' own teardown, and helper
      // processes can be signalled together with it.
      detached: true
    })
  } finally {
    closeSync(log)
  }
}

function logTail(file: string): string {
  try {
    return lastLines(readFileSync(file, 'utf8'), LOG_LINES_IN_ERROR)
  } catch {
    return '  | (its log cannot be read)'
  }
}
