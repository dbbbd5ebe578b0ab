import fs from 'node:fs'

/** This process, as it signs what it may leave behind when it is killed: `PID START`, or only the number where the system does not say when processes began. */
export function ownIdentity(): string {
  const start = startOf(process.pid)
  return start === undefined ? String(process.pid) : `${process.pid} ${start}`
}

/** Does the process that has signed so still run? It, and not another one that got its number later: in a container numbers are small and come again. */
export function isAlive(identity: string): boolean {
  const [, number, start] = /^([1-9]\d{0,9})(?: (\d+))?$/.exec(identity) ?? []
  if (number === undefined) return false
  const pid = Number(number)
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Others' processes may not be signalled, but they are there.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const found = startOf(pid)
  return start === undefined || found === undefined || found === start
}

/** proc(5): the name of the program, in brackets, may have blanks; its start is the 20th field behind it. Undefined where nobody says. */
function startOf(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
