/** What an extension of the simulated dialplan does, whatever the context. */
export interface Extension {
  /** Waits this long after it answered; undefined where it dials on. */
  waitS?: number
  /** Dials this extension of the same context and bridges. */
  dials?: string
}

/** `long` waits this long, for whoever wants to look at a call in peace. */
const longWaitS = 20

/**
 * The dialplan that calls meet: `s` and every number answer, wait and hang up, `long` waits longer, `bridge` dials `s` and bridges.
 * @returns undefined where there is no such extension
 */
export function findExtension(exten: string, callSeconds: number): Extension | undefined {
  if (exten === 'bridge') return { dials: 's' }
  if (exten === 'long') return { waitS: longWaitS }
  return exten === 's' || /^[0-9*#+]+$/.test(exten) ? { waitS: callSeconds } : undefined
}
