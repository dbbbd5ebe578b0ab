import { setTimeout as wait } from 'node:timers/promises'
import type { CertificateReport } from './keep-certificate.js'

/** Certificates end in weeks. A timer until then would be longer than a timer can be, and would not know of a machine that slept. */
const lookEveryMs = 3_600_000

/**
 * Calls back when a certificate has to be renewed, until the signal is aborted. One that the callee could not renew is its to report; it is called again an hour later.
 * @param latest what the last look found
 */
export async function renewWhenDue(
  latest: () => CertificateReport | undefined,
  onDue: () => Promise<void>,
  signal: AbortSignal,
  { everyMs = lookEveryMs, clock = () => Date.now() }: { everyMs?: number; clock?: () => number } = {}
): Promise<void> {
  for (;;) {
    // An abort ends the wait by rejecting it.
    await wait(everyMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    const { renewAt } = latest() ?? {}
    if (renewAt !== undefined && clock() >= renewAt.getTime()) await onDue()
  }
}
