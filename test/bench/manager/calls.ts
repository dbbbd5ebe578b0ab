import { gunzipSync } from 'node:zlib'
import { type ListedCalls, readListedCalls } from '../../unit/support/listed-calls.js'
import type { Exchange } from '../../unit/support/voipmonitor-exchanges.js'

/** As many calls as the issue of large sites asks for. */
export const manyCalls = 100_000

/** So many calls, made of the recorded 1,976: each has a number, a Call-ID and a reference of its own, or gzip would have an easy time. */
export function callsOf(exchanges: readonly Exchange[], count = manyCalls): ListedCalls {
  const { replyBytes } = exchanges.find(({ n }) => n === 226)!
  const { columns, rows } = readListedCalls((replyBytes[0] === 0x1f ? gunzipSync(replyBytes) : replyBytes).toString())
  const more = Array.from({ length: count }, (_, at) =>
    rows[at % rows.length]!.replace(/"0x[0-9a-f]+"/, `"0x${(0x7f0000000000 + at * 40_961).toString(16)}"`)
      .replace(/"\d+-27697@/, `"${at}-${(at * 7919) % 99_991}@`)
      .replace('"sipp"', `"${420_700_000_000 + ((at * 104_729) % 1_000_000)}"`)
  )
  return { columns, rows: more }
}
