import fs from 'node:fs'

/** Editors write a file in several steps; what comes within this time is one change. */
const settleMs = 300

/**
 * Calls back after each change of files, until the signal is aborted. Their times and sizes are looked at, not notifications: these miss files that are replaced by a rename, and network
 * folders. A call that fails is the callee's to report.
 * @param paths asked at each look; one that is new counts as a change
 * @param before what `stateOf` gave before the files were read for the first time: a change since then counts
 * @param everyMs between two looks
 */
export async function watchFiles(
  paths: () => readonly string[],
  onChange: () => Promise<void>,
  signal: AbortSignal,
  before = stateOf(paths()),
  everyMs = 1_000
): Promise<void> {
  while (await pause(everyMs, signal)) {
    const now = stateOf(paths())
    if (now === before) continue
    await pause(settleMs, signal)
    // As it was before the file is read: a change while it is read is seen the next time.
    before = stateOf(paths())
    if (!signal.aborted) await onChange()
  }
}

/** What changes with a change of the files. */
export function stateOf(paths: readonly string[]): string {
  const states = paths.map((path) => {
    const stat = fs.statSync(path, { throwIfNoEntry: false, bigint: true })
    return stat ? `${stat.ino} ${stat.mtimeNs} ${stat.size}` : 'none'
  })
  return states.join('\n')
}

/** @returns false when the signal was aborted */
function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false)
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve(!signal.aborted)
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
