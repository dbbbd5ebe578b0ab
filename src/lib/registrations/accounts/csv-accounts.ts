import { DataError } from '../../errors.js'
import { type AccountRow, checkColumns, columnFaults, columnKey } from './account-row.js'

// The library's messages quote the value, which may be a password.
const faults: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  INVALID_OPENING_QUOTE: 'a quote inside of a field that does not begin with one',
  CSV_INVALID_CLOSING_QUOTE: 'something stands behind a closing quote'
}

interface Parsed {
  readonly record: readonly string[]
  readonly line: number
  readonly fault: string | undefined
}

type Parse = typeof import('csv-parse/sync').parse

/**
 * Rows of CSV (RFC 4180) with names of columns in the first line; commas, or semicolons, or tabs where that line has them.
 * @throws DataError without the columns that every account needs
 */
export async function readCsvRows(text: string, file: string): Promise<Iterable<AccountRow>> {
  const { parse } = await import('csv-parse/sync')
  const whole = text.replace(/^\ufeff/, '')
  const header = whole.slice(0, whole.search(/[\r\n]|$/))
  const delimiter = [',', ';', '\t'].find((one) => header.includes(one)) ?? ','
  const [first, ...rows] = parseWhole(parse, whole, delimiter) ?? parseLines(parse, whole, delimiter)
  if (!first || first.fault !== undefined) throw new DataError(`${file} has no first line with the names of columns`)
  const columns = first.record.map(columnKey)
  checkColumns(columns, file)
  const headerFaults = columnFaults(columns, 'refused')
  return rowsOf(rows, columns, file, headerFaults)
}

function* rowsOf(
  rows: readonly Parsed[],
  columns: readonly string[],
  file: string,
  headerFaults: readonly string[]
): Generator<AccountRow> {
  if (headerFaults.length > 0) yield { values: undefined, source: `${file}:1`, faults: headerFaults }
  for (const row of rows) yield rowOf(row, columns, file)
}

const options = { info: true, relax_column_count: true, skip_empty_lines: true } as const

/** Undefined where there is a fault. */
function parseWhole(parse: Parse, text: string, delimiter: string): Parsed[] | undefined {
  try {
    const rows = parse(text, { ...options, delimiter }) as unknown as { record: string[]; info: { lines: number } }[]
    return rows.map(({ record, info }) => ({ record, line: info.lines, fault: undefined }))
  } catch (error) {
    if (!('code' in (error as object))) throw error
    return undefined
  }
}

/** Each line for itself: a quote that is wrong would take the lines behind it along. No value may have a line end, so no row loses by it. */
function parseLines(parse: Parse, text: string, delimiter: string): Parsed[] {
  return text.split(/\r?\n/).flatMap((line, index): Parsed[] => {
    try {
      const [record] = parse(line, { ...options, info: false, delimiter }) as string[][]
      return record ? [{ record, line: index + 1, fault: undefined }] : []
    } catch (error) {
      return [{ record: [], line: index + 1, fault: faults[(error as { code?: string }).code ?? ''] ?? 'no row of CSV' }]
    }
  })
}

function rowOf({ record, line, fault }: Parsed, columns: readonly string[], file: string): AccountRow {
  const source = `${file}:${line}`
  if (fault !== undefined) return { values: undefined, source, faults: [fault] }
  const values = new Map(columns.map((column, at) => [column, record[at] ?? '']))
  const count =
    record.length === columns.length ? [] : [`${record.length} fields, where the first line has ${columns.length} columns`]
  return { values, source, faults: count }
}
