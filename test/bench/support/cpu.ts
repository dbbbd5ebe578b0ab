import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { promisify } from 'node:util'

/** USER_HZ: the unit of /proc/PID/stat, 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

/** User and system CPU seconds that a running process has used, all its threads, in steps of 10 ms. */
export function cpuSeconds(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The second field is the program's name in brackets, which may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/**
 * Runs a program to its end.
 * @returns its user and system CPU milliseconds: bash's `time` asks for the resource usage of the finished child, which Node cannot
 * @throws Error with the program's output when it fails
 */
export async function cpuMsOfRun(command: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const script = 'TIMEFORMAT="%3U %3S"; time "$@" 2>&1 </dev/null'
  const { stderr } = await promisify(execFile)('bash', ['-c', script, 'bash', ...command], {
    env: { ...env, LC_ALL: 'C' }
  }).catch((error: Error & { stdout: string }) => {
    throw new Error(`${command.join(' ')} failed:\n${error.stdout}`)
  })
  const [user, system] = stderr.trim().split(' ').map(Number)
  return (user! + system!) * 1000
}
