import { DataError } from '../../errors.js'
import { type AccountRow, columnFaults, columnKey } from './account-row.js'

/**
 * Rows of one JSON document: a list of objects, or an object with such a list as `accounts`.
 * @throws DataError for what is no JSON; a message of the parser's own would quote the text, and secrets with it
 */
export function readJsonRows(text: string, file: string): Iterable<AccountRow> {
  let document: unknown
  try {
    document = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (cause) {
    const position = /at position (\d+)/.exec((cause as Error).message)?.[1]
    const line = position === undefined ? '' : `:${text.slice(0, Number(position)).split('\n').length}`
    throw new DataError(`${file}${line}: this is not JSON`, {
      hint: 'Let jq . say where, or write JSON lines, of which each stands for itself.'
    })
  }
  const list = Array.isArray(document) ? document : (document as { accounts?: unknown } | null)?.accounts
  if (!Array.isArray(list)) throw new DataError(`${file} is neither a list of accounts nor an object with the list "accounts"`)
  return rowsOf(list, file)
}

function* rowsOf(list: readonly unknown[], file: string): Generator<AccountRow> {
  for (const [index, one] of list.entries()) yield objectRow(one, `${file} row ${index + 1}`)
}

/** Rows of JSON lines: an object each. A line that is none is a row with a fault. One row is in memory at a time. */
export function* readNdjsonRows(text: string, file: string): Generator<AccountRow> {
  let number = 0
  for (let start = 0, end = 0; end < text.length; start = end + 1) {
    end = text.indexOf('\n', start)
    if (end < 0) end = text.length
    number++
    const line = text.slice(start, end).trim()
    if (line === '') continue
    const source = `${file}:${number}`
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      yield { values: undefined, source, faults: ['this is not JSON'] }
      continue
    }
    yield objectRow(value, source)
  }
}

/** The row of an object of columns and values. Lists become text with commas, headers stay JSON. */
function objectRow(value: unknown, source: string): AccountRow {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { values: undefined, source, faults: ['this is no object of columns and values'] }
  }
  const values = new Map<string, string>()
  const entries = Object.entries(value).map(([name, one]) => [columnKey(name), one] as const)
  const faults = columnFaults(
    entries.map(([column]) => column),
    'refused'
  )
  for (const [column, one] of entries) {
    const text = textOf(column, one)
    if (typeof text === 'string') values.set(column, text)
    else faults.push(`${column}: ${text.fault}`)
  }
  return { values, source, faults }
}

function textOf(column: string, value: unknown): string | { fault: string } {
  if (typeof value === 'string') return value
  if (value === null) return ''
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (typeof value === 'number') {
    // JSON.parse has rounded it already: 4144123456789012345 was another number.
    if (Number.isInteger(value) && !Number.isSafeInteger(value))
      return { fault: 'a number of so many digits has to stand in quotes' }
    return String(value)
  }
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(',')
  if (column === 'extra_headers' && typeof value === 'object') return JSON.stringify(value)
  return { fault: 'neither text nor a number' }
}
