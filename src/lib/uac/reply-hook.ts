import { spawn } from 'node:child_process'
import { IoError, TimeoutError } from '../errors.js'

export interface HookOptions {
  /** A command line of the shell. */
  command: string
  /** What it finds in its environment. */
  env: Readonly<Record<string, string>>
  /** What it reads from stdin. */
  input: string
  timeoutMs: number
  signal: AbortSignal
}

/** After this it is killed: it has been asked to end. */
const graceMs = 1000

/**
 * Runs a command of the user (`--on-reply`) and waits for its end. What peers say is in its environment and on its stdin, never in the command line. What it prints goes to stderr:
 * stdout is ours. A command that runs this program again begins no circle: PBXKIT_ON_REPLY is not passed on.
 * @throws IoError when it cannot be started or fails, TimeoutError
 */
export function runHook({ command, env, input, timeoutMs, signal }: HookOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', command], {
      env: { ...process.env, PBXKIT_ON_REPLY: undefined, ...env },
      stdio: ['pipe', 2, 2],
      detached: true
    })
    let late: Error | undefined
    let killer: NodeJS.Timeout | undefined
    const kill = (how: NodeJS.Signals) => {
      try {
        // The shell and what it has started.
        process.kill(-child.pid!, how)
      } catch {
        // It has ended meanwhile, or never began.
      }
    }
    const end = (error: Error) => {
      late ??= error
      kill('SIGTERM')
      killer ??= setTimeout(() => kill('SIGKILL'), graceMs)
    }
    const onAbort = () => end(signal.reason)
    const timer = setTimeout(() => end(new TimeoutError(`"${command}" did not end within ${timeoutMs / 1000} s`)), timeoutMs)
    const settle = (then: () => void) => {
      clearTimeout(timer)
      clearTimeout(killer)
      signal.removeEventListener('abort', onAbort)
      then()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    child.once('error', (cause) => settle(() => reject(new IoError(`Cannot run "${command}": ${cause.message}`, { cause }))))
    child.once('close', (code, by) => {
      settle(() => {
        if (late) reject(late)
        else if (code === 0) resolve()
        else reject(new IoError(`"${command}" ended with ${by ?? code}`))
      })
    })
    // It need not read it.
    child.stdin!.on('error', () => {})
    child.stdin!.end(input)
  })
}
