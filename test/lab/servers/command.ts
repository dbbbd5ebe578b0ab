import { spawn } from 'node:child_process'
import { CommandError } from './errors.js'

/** apt on a slow mirror is the slowest thing the lab runs; anything longer than this hangs. */
const DEFAULT_TIMEOUT_MS = 15 * 60_000
/** Enough of a failing command's output to see why, not enough to bury it. */
const LINES_IN_ERROR = 15

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Run as this user instead of root (PostgreSQL refuses root). */
  readonly user?: string
  readonly timeoutMs?: number
  /** A lock file's descriptor to hand to the command, so that the lock outlives us for as long as the command runs. */
  readonly lockFd?: number
}

/**
 * The environment of everything the lab runs: ours, with the sbin folders (missing from PATH after a plain `su`), and
 * with plain English messages, because some are read.
 */
export function commandEnv(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { PATH } = process.env
  return {
    ...process.env,
    PATH: `${PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`,
    LC_ALL: 'C.UTF-8',
    ...extra
  }
}

/**
 * The `setpriv` prefix for a command line. `deathSignal` is what the kernel sends to the command when the thread that
 * started it is gone, however it went: SIGKILL of a test runner leaves no handler a chance, the kernel always has one.
 */
export function setpriv(options: { user?: string | undefined; deathSignal?: NodeJS.Signals | undefined }): string[] {
  const words = ['setpriv']
  if (options.user) words.push('--reuid', options.user, '--regid', options.user, '--init-groups')
  if (options.deathSignal) words.push('--pdeathsig', options.deathSignal.replace(/^SIG/, ''))
  return words.length === 1 ? [] : [...words, '--']
}

/**
 * Runs a command to its end and returns its standard output.
 * @throws CommandError with the command line, its status and its last lines.
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const line = [...setpriv({ user: options.user, deathSignal: 'SIGTERM' }), command, ...args]
  const [file = command, ...rest] = line
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const child = spawn(file, rest, {
    cwd: options.cwd,
    env: commandEnv(options.env),
    stdio: ['ignore', 'pipe', 'pipe', options.lockFd ?? 'ignore'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL'
  })
  let stdout = ''
  let both = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    both += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    both += text
  })
  const shown = [command, ...args].join(' ')
  const ended = await new Promise<string>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new CommandError(`cannot run "${shown}": ${cause.message}`, `check that ${file} is installed`, cause))
    })
    child.once('close', (code, signal) => resolve(signal ? `signal ${signal}` : `status ${code}`))
  })
  if (ended === 'status 0') return stdout
  const why = ended === 'signal SIGKILL' ? `${ended} (the limit is ${timeoutMs / 1000} s)` : ended
  throw new CommandError(
    `"${shown}" ended with ${why}\n${lastLines(both, LINES_IN_ERROR)}`,
    'run the command by hand to see more; its last output lines are above'
  )
}

/** Like run(), but says only whether the command ended with status 0. */
export async function succeeds(command: string, args: readonly string[], options: RunOptions = {}): Promise<boolean> {
  try {
    await run(command, args, options)
    return true
  } catch (error) {
    if (error instanceof CommandError) return false
    throw error
  }
}

/** The last `count` lines of a text, indented, for an error message. */
export function lastLines(text: string, count: number): string {
  const lines = text.trimEnd().split('\n').slice(-count)
  return lines.map((line) => `  | ${line}`).join('\n')
}
