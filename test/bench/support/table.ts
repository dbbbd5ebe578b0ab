import { median } from './statistics.js'
import { type Measurement, meetsLimit } from './suite.js'

const head = ['measured', 'pbxkit', 'against', 'median', 'min', 'max', 'limit', '']

/** The measurements as an aligned table: one line each, with its ratios, its limit and whether it is met. */
export function renderTable(measurements: readonly Measurement[]): string {
  const rows = [head, ...measurements.map(rowOf)]
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd()
  return `${rows.map(line).join('\n')}\n`
}

function isNumber(column: number): boolean {
  return column === 1 || (column >= 3 && column <= 6)
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

function limitText({ limit, judgedBy }: Measurement): string {
  if (!limit) return ''
  const bound = limit.atLeast === undefined ? `<= ${limit.atMost}` : `>= ${limit.atLeast}`
  return judgedBy === 'worst' ? `${bound} in all` : bound
}

function ratio(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2)
}
