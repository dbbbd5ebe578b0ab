import { judged, type Measurement, meetsLimit } from './suite.js'
import { alignTable, limitText, ratio } from './table.js'

/** What came of a part of a suite: its rows, or why there are none. */
export interface PartResult {
  /** `proxy/pings` */
  part: string
  rows: readonly Measurement[]
  /** What broke it off. */
  failure?: string
}

/** ok: the limit is met. skipped: this machine cannot measure it. failed: the measurement itself broke. */
export type Verdict = 'ok' | 'MISSED' | 'skipped' | 'FAILED'

/** The whole of it went to stderr when it happened; a longer one would tear the table apart. */
const longestFailure = 60

const head = ['part', 'measured', 'pbxkit', 'against', 'ratio or count', 'limit', '']

/**
 * The closing table of a run: one line for each row that is judged, by what it is judged by, and one for each that was skipped or failed. Rows for information are left
 * out. Below it the count of each verdict.
 */
export function renderVerdicts(results: readonly PartResult[]): string {
  const lines = results.flatMap(linesOf)
  const counts = (['ok', 'MISSED', 'skipped', 'FAILED'] as const)
    .map((verdict) => [lines.filter((line) => line.at(-1) === verdict).length, verdict] as const)
    .filter(([count, verdict]) => count > 0 || verdict === 'ok')
    .map(([count, verdict]) => `${count} ${verdict}`)
  return `${alignTable([head, ...lines], [2, 4, 5])}\n${counts.join(', ')}\n`
}

/** Whether nothing was missed and nothing broke. What was skipped is no failure. */
export function allMet(results: readonly PartResult[]): boolean {
  return results.every(({ rows, failure }) => failure === undefined && rows.every((row) => meetsLimit(row) !== false))
}

function linesOf({ part, rows, failure }: PartResult): string[][] {
  const lines = rows.flatMap((row): string[][] => {
    const verdict = verdictOf(row)
    return verdict ? [[part, row.what, row.ours, row.against, ratio(judged(row)), limitText(row), verdict]] : []
  })
  return failure === undefined ? lines : [...lines, [part, failure.slice(0, longestFailure), '', '', '', '', 'FAILED']]
}

function verdictOf(row: Measurement): Verdict | undefined {
  if (row.values.length === 0) return 'skipped'
  const met = meetsLimit(row)
  return met === undefined ? undefined : met ? 'ok' : 'MISSED'
}
