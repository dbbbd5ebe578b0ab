/** Time, injected so that tests need not wait for it. */
export interface Clock {
  /** Milliseconds since 1970, with fractions. */
  now(): number
  /** Runs `task` once after `delayMs`. @returns what takes it back */
  after(delayMs: number, task: () => void): () => void
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after(delayMs, task) {
    // A call that is still up must not keep a program running that has closed its sockets.
    const timer = setTimeout(task, delayMs).unref()
    return () => clearTimeout(timer)
  }
}

/** `2026-11-21T07:46:33.769+0000`, as in EventTV of the security events. */
export function formatEventTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '+0000')
}
