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
  const whole = text.replace(/^\ufeff/, '')
  const header = whole.slice(0, whole.search(/[\r\n]|$/))
  const delimiter = [',', ';', '\t'].find((one) => header.includes(one)) ?? ','
  const rows = (plainRows(whole, delimiter) ?? (await quotedRows(whole, delimiter)))[Symbol.iterator]()
  const first: Parsed | undefined = rows.next().value
  if (!first || first.fault !== undefined) throw new DataError(`${file} has no first line with the names of columns`)
  const columns = first.record.map(columnKey)
  checkColumns(columns, file)
  const headerFaults = columnFaults(columns, 'refused')
  return rowsOf({ [Symbol.iterator]: () => rows }, columns, file, headerFaults)
}

function* rowsOf(
  rows: Iterable<Parsed>,
  columns: readonly string[],
  file: string,
  headerFaults: readonly string[]
): Generator<AccountRow> {
  if (headerFaults.length > 0) yield { values: undefined, source: `${file}:1`, faults: headerFaults }
  for (const row of rows) yield rowOf(row, columns, file)
}

/** Without a quote a line is a row, and what stands between delimiters a value: nothing has to be kept of the others. Undefined for any other text. */
function plainRows(text: string, delimiter: string): Iterable<Parsed> | undefined {
  if (text.includes('"') || /\r(?!\n)|(?<!\r)\n/.test(text.includes('\r') ? text : '')) return undefined
  return linesOf(text, delimiter, text.includes('\r') ? '\r\n' : '\n')
}

function* linesOf(text: string, delimiter: string, lineEnd: string): Generator<Parsed> {
  for (let at = 0, line = 1; at < text.length; line++) {
    const found = text.indexOf(lineEnd, at)
    const end = found < 0 ? text.length : found
    if (end > at) yield { record: text.slice(at, end).split(delimiter), line, fault: undefined }
    at = end + lineEnd.length
  }
}

async function quotedRows(text: string, delimiter: string): Promise<Parsed[]> {
  const { parse } = await import('csv-parse/sync')
  return parseWhole(parse, text, delimiter) ?? parseLines(parse, text, delimiter)
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
  const values = new Map<string, string>()
  for (let at = 0; at < columns.length; at++) values.set(columns[at]!, record[at] ?? '')
  const count =
    record.length === columns.length ? [] : [`${record.length} fields, where the first line has ${columns.length} columns`]
  return { values, source, faults: count }
}
