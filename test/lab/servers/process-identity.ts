import { readFileSync } from 'node:fs'

/** A process, told apart from a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks from boot to its start: field 22 of /proc/PID/stat. */
  readonly startTicks: number
}

/**
 * @returns undefined when there is no such process, or only its zombie. A zombie with threads left is still a process:
 * they hold its sockets until the last one is gone.
 */
export function identify(pid: number): ProcessIdentity | undefined {
  const { state, threads, startTicks } = readStat(pid) ?? { state: 'X', threads: 0, startTicks: 0 }
  return state === 'X' || (state === 'Z' && threads <= 1) ? undefined : { pid, startTicks }
}

/** Whether the process can be signalled together with its process group, which it leads. */
export function leadsGroup(identity: ProcessIdentity): boolean {
  return readStat(identity.pid)?.group === identity.pid
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTicks === identity.startTicks
}

/** The process and its direct children. */
export function family(parent: ProcessIdentity): ProcessIdentity[] {
  let children: string
  try {
    children = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8')
  } catch {
    return [parent]
  }
  const pids = children.trim().split(' ').filter(Boolean).map(Number)
  return [parent, ...pids.flatMap((pid) => identify(pid) ?? [])]
}

/** This process. */
export function ourselves(): ProcessIdentity {
  const identity = identify(process.pid)
  if (!identity) throw new Error('/proc is not mounted: cannot read our own start time')
  return identity
}

function readStat(pid: number): { state: string; group: number; threads: number; startTicks: number } | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The second field is the program name in parentheses and may hold anything, so count from the last parenthesis: what
  // proc(5) calls field 3 is first here.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state = 'X'] = fields
  return { state, group: Number(fields[2]), threads: Number(fields[17]), startTicks: Number(fields[19]) }
}
