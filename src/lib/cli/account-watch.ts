import fs from 'node:fs'

// A file is written in pieces: it is read once nothing more has come for a moment.
const fileSettleMs = 300

export interface AccountWatch {
  /** The file of the accounts, where they are in one. */
  path: string | undefined
  /** Of --reload-interval. */
  intervalMs: number | undefined
  reload: () => void
}

/** Says when accounts are to be read again, until the signal: when their file has changed, and every so often. */
export function watchAccounts({ path, intervalMs, reload }: AccountWatch, signal: AbortSignal): void {
  const timer = intervalMs ? setInterval(reload, intervalMs) : undefined
  let settle: NodeJS.Timeout | undefined
  // By its time and size, not by inode: editors replace files.
  if (path !== undefined) {
    fs.watchFile(path, { interval: 1000 }, (now, before) => {
      if (now.mtimeMs === before.mtimeMs && now.size === before.size) return
      clearTimeout(settle)
      settle = setTimeout(reload, fileSettleMs)
    })
  }
  signal.addEventListener('abort', () => {
    clearInterval(timer)
    clearTimeout(settle)
    if (path !== undefined) fs.unwatchFile(path)
  })
}
