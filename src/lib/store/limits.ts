/** What ends a wait before its time. */
export interface Limits {
  timeoutMs: number
  signal?: AbortSignal | undefined
  /** The error of a wait that took too long. */
  late: () => Error
  /** Ends what is waited for. It runs once, when the time is over or the signal came. */
  giveUp: () => void
}

/** The promise's outcome, or an error when it takes too long or the signal comes first; then nobody looks at it any more. */
export async function withLimits<T>(promise: Promise<T>, { timeoutMs, signal, late, giveUp }: Limits): Promise<T> {
  promise.catch(() => {})
  let timer: NodeJS.Timeout | undefined
  let onAbort: (() => void) | undefined
  const ended = new Promise<never>((_, reject) => {
    const end = (error: unknown) => {
      reject(error)
      giveUp()
    }
    onAbort = () => end(signal?.reason)
    timer = setTimeout(() => end(late()), timeoutMs)
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([promise, ended])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort!)
  }
}

/** Between two tries at a file that another process is writing to: its transactions take some milliseconds. */
const busyPauseMs = 20

/** Tries again, without blocking the process, as long as what comes is an error of `isBusy` and there is time. */
export async function untilFree<T>(timeoutMs: number, isBusy: (error: unknown) => boolean, run: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      return await run()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, busyPauseMs))
    }
  }
}
