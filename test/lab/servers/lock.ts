import fs from 'node:fs/promises'
import path from 'node:path'
import { run, succeeds } from './command.js'
import { LabUnavailableError } from './errors.js'
import { labDir } from './lab-dir.js'

/**
 * Runs `work` while holding the lab's lock of that name, and waits for whoever holds it.
 *
 * The lock is flock(2), which belongs to the open file and not to the process: flock(1) takes it on a descriptor it
 * shares with us and we keep it by keeping the file open. The kernel drops it when we die, so there is no stale lock to
 * break; a command that was given the descriptor keeps it until it ends too.
 * @param onWait called once when somebody else holds the lock, to tell the user why nothing happens
 */
export async function withLock<T>(name: string, work: (lockFd: number) => Promise<T>, onWait?: () => void): Promise<T> {
  const file = await openLock(name)
  try {
    const lockFd = file.fd
    if (!onWait || !(await succeeds('flock', ['--exclusive', '--nonblock', '3'], { lockFd }))) {
      onWait?.()
      await run('flock', ['--exclusive', '3'], { lockFd })
    }
    return await work(lockFd)
  } finally {
    await file.close()
  }
}

async function openLock(name: string): Promise<fs.FileHandle> {
  try {
    await fs.mkdir(labDir(), { recursive: true })
    return await fs.open(path.join(labDir(), `${name}.lock`), 'a')
  } catch (cause) {
    const why = (cause as Error).message
    throw new LabUnavailableError(`cannot write to the lab folder: ${why}`, 'name another one in PBXKIT_LAB_DIR', cause)
  }
}
