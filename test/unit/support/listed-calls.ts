import { gzipSync } from 'node:zlib'
import { codecNumbers, readAddress } from '../../../src/lib/voipmonitor/values.js'

/** The calls that a sniffer double has in memory: recorded rows, each as the text that the sniffer sent. */
export interface ListedCalls {
  columns: readonly string[]
  rows: readonly string[]
}

interface Parameters {
  limit?: number | string
  sort_field?: string
  sort_dir?: string
  zip?: string
  filter?: string | Record<string, string>
}

/** Takes a recorded answer to a bare `listcalls` apart. */
export function readListedCalls(text: string): ListedCalls {
  const [columns, ...rows] = topLevelArrays(text)
  return { columns: JSON.parse(columns!), rows }
}

/** Rows of a list as they stand in its text: numbers keep their digits. */
function topLevelArrays(text: string): string[] {
  const found: string[] = []
  let depth = 0
  let start = 0
  for (const match of text.matchAll(/"(?:\\.|[^"\\])*"|[[\]{}]/g)) {
    if (/^[[{]/.test(match[0]) && ++depth === 2) start = match.index
    if (/^[\]}]/.test(match[0]) && depth-- === 2) found.push(text.slice(start, match.index + 1))
  }
  return found
}

/** What the sniffer answers to `listcalls` with this argument; the rows stay in their order unless a column to sort by is named. */
export function listCallsAnswer({ columns, rows }: ListedCalls, argument: string): Buffer {
  const names = JSON.stringify(columns)
  if (argument === '') return Buffer.from(`[${[names, ...rows].join(',')}]`)
  const { limit, sort_field, sort_dir, zip, filter } = parametersOf(argument)
  const value = (row: string, column: string) => (JSON.parse(row) as unknown[])[columns.indexOf(column)]
  let shown = filter === undefined ? [...rows] : rows.filter((row) => matches((column) => value(row, column), objectOf(filter)))
  const totals = `{"total":${shown.length},"is_receiver":0,"is_server":0,"id_sensor":-1}`
  if (sort_field !== undefined) {
    shown.sort((a, b) => ((value(a, sort_field) as string) < (value(b, sort_field) as string) ? -1 : 1))
    if (sort_dir !== 'asc') shown.reverse()
  }
  if (Number(limit) > 0) shown = shown.slice(0, Number(limit))
  const text = Buffer.from(Number(limit) === 0 ? totals : `[${[names, `[${totals}]`, ...shown].join(',')}]`)
  return /^yes$/i.test(zip ?? '') ? gzipSync(text) : text
}

/** What it cannot parse it ignores, and answers with everything. */
function parametersOf(argument: string): Parameters {
  try {
    return JSON.parse(argument) as Parameters
  } catch {
    return {}
  }
}

function objectOf(filter: string | Record<string, string>): Record<string, string> {
  return typeof filter === 'string' ? (JSON.parse(filter) as Record<string, string>) : filter
}

function matches(value: (column: string) => unknown, filter: Record<string, string>): boolean {
  const like = (have: unknown, wanted: string) =>
    new RegExp(`^${wanted.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('%', '.*')}$`).test(String(have))
  const sides: Record<string, [type: string, columns: [string, string]]> = {
    caller: ['callerd_type', ['caller', 'called']],
    sipcallerip: ['sipcallerdip_type', ['callerip', 'calledip']]
  }
  return Object.entries(filter).every(([key, wanted]) => {
    if (key.endsWith('_type')) return true
    if (key === 'connected') return Number(value('connect_duration')) > 0
    if (key === 'codec') return wanted.split(',').some((codec) => codecNumbers(codec)?.includes(value('callercodec') as number))
    const [type, columns] = sides[key] ?? ['', [key, key]]
    return columns
      .slice(0, filter[type] === '0' ? 2 : 1)
      .some((column) => like(readAddress(column.endsWith('ip') ? (value(column) as number) : (value(column) as string)), wanted))
  })
}
