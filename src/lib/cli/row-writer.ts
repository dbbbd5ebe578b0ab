import type { Value } from '../voipmonitor/values.js'
import type { SensorRow } from '../voipmonitor-client/list-query.js'
import type { ListColumn } from './list-columns.js'
import type { Output } from './output.js'
import type { RowFormat } from './rows.js'
import { escapeControls, safeJson } from './terminal-text.js'

/** Writes rows while they come, in one of the formats. No more of them are kept than the widths of a table need. */
export interface RowWriter {
  /** Something has been written. */
  readonly hasBegun: boolean
  write(rows: readonly SensorRow[]): Promise<void>
  /** @param summary what a JSON document says beside its rows */
  end(summary: Record<string, unknown>): Promise<void>
}

export interface RowWriterOptions {
  format: RowFormat
  /** Undefined: those that the sniffer names with its first row. */
  columns: (row: SensorRow | undefined) => readonly ListColumn[]
  /** The name of the rows in a JSON document. */
  listName: string
  out: Output
}

/** Widths of a table are those of its first rows: a longer cell further down pushes its line to the right. */
const measuredRows = 1000

export function createRowWriter({ format, columns, listName, out }: RowWriterOptions): RowWriter {
  if (format === 'table') return new TableWriter(columns, out)
  if (format === 'csv') return new CsvWriter(columns, out)
  return new JsonWriter(columns, out, format === 'json' ? listName : undefined)
}

/** A row as JSON has it. */
export function rowObject(columns: readonly ListColumn[], row: SensorRow): Record<string, Value> {
  return Object.fromEntries(columns.map(({ name, value }) => [name, value(row)]))
}

/** The cells of a row as a table shows them: `-` is nothing. */
export function rowCells(columns: readonly ListColumn[], row: SensorRow): string[] {
  return columns.map(({ value, text }) => {
    const one = value(row)
    if (one === null) return '-'
    return escapeControls(text ? text(one) : String(one))
  })
}

/** Lines of a table, each cut to the width. */
export function tableLines(lines: readonly (readonly string[])[], widths: readonly number[], width: number): string {
  return lines
    .map((cells) => {
      const text = cells
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join('  ')
        .trimEnd()
      return `${text.length > width ? `${text.slice(0, Math.max(1, width - 1))}…` : text}\n`
    })
    .join('')
}

export function columnWidths(lines: readonly (readonly string[])[]): number[] {
  return lines[0]!.map((_, at) => lines.reduce((widest, cells) => Math.max(widest, cells[at]!.length), 0))
}

class TableWriter implements RowWriter {
  hasBegun = false
  readonly #columns: RowWriterOptions['columns']
  readonly #out: Output
  #used: readonly ListColumn[] = []
  #waiting: string[][] = []
  #widths: readonly number[] = []

  constructor(columns: RowWriterOptions['columns'], out: Output) {
    this.#columns = columns
    this.#out = out
  }

  async write(rows: readonly SensorRow[]): Promise<void> {
    if (this.#used.length === 0) this.#used = this.#columns(rows[0])
    for (const row of rows) this.#waiting.push(rowCells(this.#used, row))
    if (this.hasBegun || this.#waiting.length >= measuredRows) await this.#flush()
  }

  async end(): Promise<void> {
    if (this.#used.length === 0) this.#used = this.#columns(undefined)
    await this.#flush()
  }

  async #flush(): Promise<void> {
    if (!this.hasBegun) {
      this.#waiting.unshift(this.#used.map(({ name }) => name.toUpperCase()))
      this.#widths = columnWidths(this.#waiting)
    }
    this.hasBegun = true
    await this.#out.write(tableLines(this.#waiting.splice(0), this.#widths, this.#out.width))
  }
}

class CsvWriter implements RowWriter {
  hasBegun = false
  readonly #columns: RowWriterOptions['columns']
  readonly #out: Output
  #used: readonly ListColumn[] = []

  constructor(columns: RowWriterOptions['columns'], out: Output) {
    this.#columns = columns
    this.#out = out
  }

  async write(rows: readonly SensorRow[]): Promise<void> {
    if (!this.hasBegun) this.#used = this.#columns(rows[0])
    const { stringify } = await import('csv-stringify/sync')
    const cell = (value: Value) => {
      const text = value === null ? '' : String(value)
      return this.#out.isTerminal ? escapeControls(text) : text
    }
    const lines = rows.map((row) => this.#used.map(({ value }) => cell(value(row))))
    const head = this.hasBegun ? [] : [this.#used.map(({ name }) => name)]
    this.hasBegun = true
    await this.#out.write(stringify([...head, ...lines], { record_delimiter: 'windows', quoted_match: /[\r\n]/ }))
  }

  async end(): Promise<void> {
    if (!this.hasBegun) await this.write([])
  }
}

class JsonWriter implements RowWriter {
  hasBegun = false
  readonly #columns: RowWriterOptions['columns']
  readonly #out: Output
  /** Undefined: a line for each row, and no document. */
  readonly #listName: string | undefined
  #used: readonly ListColumn[] = []

  constructor(columns: RowWriterOptions['columns'], out: Output, listName: string | undefined) {
    this.#columns = columns
    this.#out = out
    this.#listName = listName
  }

  async write(rows: readonly SensorRow[]): Promise<void> {
    if (rows.length === 0) return
    if (!this.hasBegun) this.#used = this.#columns(rows[0])
    const lines = rows.map((row) => safeJson(rowObject(this.#used, row)))
    const isDocument = this.#listName !== undefined
    const before = !isDocument ? '' : this.hasBegun ? ',\n' : this.#opening()
    this.hasBegun = true
    await this.#out.write(isDocument ? `${before}${lines.join(',\n')}` : `${lines.join('\n')}\n`)
  }

  async end(summary: Record<string, unknown>): Promise<void> {
    if (this.#listName === undefined) return
    const more = safeJson(summary).slice(1)
    await this.#out.write(`${this.hasBegun ? '' : this.#opening()}\n],\n${more}\n`)
    this.hasBegun = true
  }

  #opening(): string {
    return `{"${this.#listName}":[\n`
  }
}
