import type { WatchedFiles } from './watched-files.js'

/** Editors write a file in several steps; what comes within this time is one change. */
const settleMs = 300

/**
 * Calls back after each change of the files, until the signal is aborted. The callee reads them again, and adds them anew before it does. A call that fails is its to report.
 * @param everyMs between two looks
 */
export async function watchFiles(
  watched: WatchedFiles,
  onChange: () => Promise<void>,
  signal: AbortSignal,
  everyMs = 1_000
): Promise<void> {
  while (await pause(everyMs, signal)) {
    if (!watched.hasChanged) continue
    await pause(settleMs, signal)
    if (!signal.aborted) await onChange()
  }
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
