import { LabError } from './errors.js'
import { family, isAlive, leadsGroup, type ProcessIdentity } from './process-identity.js'
import { waitUntil } from './wait.js'

/** An orderly end takes a second or two; PostgreSQL and MariaDB write back before they go. */
const GRACE_MS = 10_000
/** After SIGKILL only the kernel's own tidying up remains. */
const KILLED_MS = 5_000

/** Signals that leave a process no choice about its helpers, so these go to the whole process group. */
const GROUP_SIGNALS: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGSTOP', 'SIGCONT']
const ENDING_SIGNALS: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT']

/**
 * Sends a signal by pid. When it is one that ends processes, resolves once this one and its helpers are gone (they hold
 * its ports and its shared memory, and it could not be started again before); at once otherwise. A process that is gone
 * already is no error.
 * @throws LabError when the process is still there after the grace time
 */
export async function signalProcess(target: ProcessIdentity, signal: NodeJS.Signals): Promise<void> {
  const members = family(target)
  send(target, signal)
  if (!ENDING_SIGNALS.includes(signal)) return
  if (!(await waitUntil(() => !members.some(isAlive), signal === 'SIGKILL' ? KILLED_MS : GRACE_MS))) {
    throw new LabError(`process ${target.pid} is still there after ${signal}`, `look at it with "ps -fp ${target.pid}"`)
  }
}

/** Ends a process: `stopSignal` first, SIGKILL for it and its helpers when that is not heeded in time. */
export async function terminate(target: ProcessIdentity, stopSignal: NodeJS.Signals): Promise<void> {
  const members = family(target)
  send(target, stopSignal)
  // A stopped process would not see the signal before it is continued.
  send(target, 'SIGCONT')
  if (await waitUntil(() => !members.some(isAlive), GRACE_MS)) return
  await Promise.all(members.map((member) => signalProcess(member, 'SIGKILL')))
}

function send(target: ProcessIdentity, signal: NodeJS.Signals): void {
  // The start time is compared first: a pid is used again sooner or later, and then it is somebody else's process.
  if (!isAlive(target)) return
  const wholeGroup = GROUP_SIGNALS.includes(signal) && leadsGroup(target)
  try {
    process.kill(wholeGroup ? -target.pid : target.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
