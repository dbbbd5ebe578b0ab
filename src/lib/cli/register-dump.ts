import { summaryOf } from '../registrations/control-methods.js'
import { registrationRow } from '../registrations/registration-row.js'
import type { RunningRegistrations } from '../registrations/registration-service.js'
import { writeToStderr } from './stderr.js'
import { safeJson } from './terminal-text.js'

/** SIGUSR1: the sum and every account, a line of JSON each, on stderr; secrets are masked. */
export function dumpAtSignal({ keeper, now, startedAt }: RunningRegistrations): void {
  const dump = () => {
    writeToStderr(`${safeJson({ dump: 'summary', ...summaryOf(keeper, startedAt) })}\n`)
    let text = ''
    for (const kept of keeper.accounts.values()) {
      text += `${safeJson({ dump: 'account', ...registrationRow(kept, now()) })}\n`
      if (text.length < 65_536) continue
      writeToStderr(text)
      text = ''
    }
    writeToStderr(text)
  }
  // It stays while the service drains: without a listener Node would open its debugger.
  process.on('SIGUSR1', dump)
}
