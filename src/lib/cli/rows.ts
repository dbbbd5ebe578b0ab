import { escapeControls, safeJson } from './terminal-text.js'

export const rowFormats = ['table', 'json', 'ndjson', 'csv'] as const
export type RowFormat = (typeof rowFormats)[number]

/** A row of a list: what JSON gets. A table and CSV show arrays joined and objects as JSON. */
export type Row = Record<string, unknown>

/**
 * Renders rows. The columns are those named, else every key in the order in which the rows first show it.
 * A table is cut to `width`; the other formats lose nothing, but CSV for a terminal shows escaped what the terminal would obey.
 */
export async function renderRows(
  rows: readonly Row[],
  format: RowFormat,
  { columns, width, forTerminal = false }: { columns?: readonly string[] | undefined; width: number; forTerminal?: boolean }
): Promise<string> {
  const names = columns ?? [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const chosen = columns ? rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name] ?? null]))) : rows
  switch (format) {
    case 'json':
      return `${safeJson(chosen, 2)}\n`
    case 'ndjson':
      return chosen.map((row) => `${safeJson(row)}\n`).join('')
    case 'csv': {
      if (names.length === 0) return ''
      const { stringify } = await import('csv-stringify/sync')
      return stringify(
        chosen.map((row) => names.map((name) => (forTerminal ? escapeControls(cell(row[name])) : cell(row[name])))),
        { header: true, columns: [...names], record_delimiter: 'windows', quoted_match: /[\r\n]/ }
      )
    }
    case 'table':
      return renderTable(names, chosen, width)
  }
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map(cell).join(' ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function renderTable(names: readonly string[], rows: readonly Row[], width: number): string {
  if (names.length === 0) return ''
  const cells = [
    names.map((name) => name.toUpperCase()),
    ...rows.map((row) => names.map((name) => escapeControls(cell(row[name]))))
  ]
  const widths = names.map((_, column) => cells.reduce((widest, line) => Math.max(widest, line[column]!.length), 0))
  return cells
    .map((line) => {
      const text = line
        .map((value, column) => value.padEnd(widths[column]!))
        .join('  ')
        .trimEnd()
      return `${text.length > width ? `${text.slice(0, Math.max(1, width - 1))}…` : text}\n`
    })
    .join('')
}
