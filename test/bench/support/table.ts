import { median } from './statistics.js'
import { type Measurement, meetsLimit } from './suite.js'

const head = ['measured', 'pbxkit', 'against', 'median', 'min', 'max', 'limit', '']

/** The measurements as an aligned table: one line each, with its ratios, its limit and whether it is met. */
export function renderTable(measurements: readonly Measurement[]): string {
  return alignTable([head, ...measurements.map(rowOf)], [1, 3, 4, 5, 6])
}

/** @param numbers the columns that stand to the right */
export function alignTable(rows: readonly (readonly string[])[], numbers: readonly number[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (numbers.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd()
  return `${rows.map(line).join('\n')}\n`
}

function rowOf(measurement: Measurement): string[] {
  const { what, ours, against, values } = measurement
  const met = meetsLimit(measurement)
  return [
    what,
    ours,
    against,
    ratio(median(values)),
    ratio(Math.min(...values)),
    ratio(Math.max(...values)),
    limitText(measurement),
    met === undefined ? '' : met ? 'ok' : 'MISSED'
  ]
}

export function limitText({ limit, judgedBy }: Measurement): string {
  if (!limit) return ''
  const bound = limit.atLeast === undefined ? `<= ${limit.atMost}` : `>= ${limit.atLeast}`
  return judgedBy === 'worst' ? `${bound} in all` : bound
}

/** A dash for a row that was skipped, and for what could not be computed. */
export function ratio(value: number): string {
  if (!Number.isFinite(value)) return '-'
  return Number.isInteger(value) ? String(value) : value.toFixed(2)
}
