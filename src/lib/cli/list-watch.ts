import type { PbxkitError } from '../errors.js'
import type { ListQuery, SensorRow } from '../voipmonitor-client/list-query.js'
import type { ListColumn } from './list-columns.js'
import { columnWidths, rowCells, rowObject, tableLines } from './row-writer.js'

/** A row that was seen, as far as it is needed again: rows are not kept from look to look. */
interface Seen {
  readonly sensor: string
  readonly cells: readonly string[]
  readonly object: Record<string, unknown>
}

/** What has changed from one look to the next. */
export interface ListChanges {
  readonly rows: readonly (Seen & { readonly mark: 'new' | 'ended' | 'stays' })[]
  readonly errors: readonly { readonly sensor: string; readonly error: PbxkitError | undefined }[]
}

/** Follows a list from look to look. A sensor that does not answer keeps its rows: that they have ended is not known. */
export class ListWatch {
  readonly #columns: readonly ListColumn[]
  readonly #keyOf: (row: SensorRow) => string
  readonly #hasCells: boolean
  #seen = new Map<string, Seen>()
  #failed = new Map<string, PbxkitError>()

  constructor({
    columns,
    keyOf,
    hasCells
  }: {
    columns: readonly ListColumn[]
    /** What makes it the same call, within a sensor. */
    keyOf: (row: SensorRow) => string
    /** Are cells of a table wanted? Else objects. */
    hasCells: boolean
  }) {
    this.#columns = columns
    this.#keyOf = keyOf
    this.#hasCells = hasCells
  }

  /** @throws what is no failure of a sensor */
  async look(query: ListQuery): Promise<ListChanges> {
    const now = new Map<string, Seen>()
    for await (const batch of query.rows()) {
      for (const row of batch) now.set(`${row.sensor.name} ${this.#keyOf(row)}`, this.#seenOf(row))
    }
    const failed = new Map(query.failures.map(({ sensor, error }) => [sensor.name, error]))
    const gone = [...this.#seen].filter(([key]) => !now.has(key))
    const kept = gone.filter(([, { sensor }]) => failed.has(sensor))
    const rows = [
      ...[...now].map(([key, seen]) => ({ ...seen, mark: this.#seen.has(key) ? ('stays' as const) : ('new' as const) })),
      ...gone.map(([, seen]) => ({ ...seen, mark: failed.has(seen.sensor) ? ('stays' as const) : ('ended' as const) }))
    ]
    const errors = query.outcomes
      .map(({ sensor, error }) => ({ sensor: sensor.name, error }))
      .filter(({ sensor, error }) => error?.message !== this.#failed.get(sensor)?.message)
    this.#seen = new Map([...now, ...kept])
    this.#failed = failed
    return { rows, errors }
  }

  #seenOf(row: SensorRow): Seen {
    return {
      sensor: row.sensor.name,
      cells: this.#hasCells ? rowCells(this.#columns, row) : [],
      object: this.#hasCells ? {} : rowObject(this.#columns, row)
    }
  }
}

/** The changes as lines of NDJSON: rows that are new and rows that have ended, sensors that fail and that answer again. */
export function changeObjects({ rows, errors }: ListChanges, at: Date): Record<string, unknown>[] {
  const time = at.toISOString()
  return [
    ...errors.map(({ sensor, error }) => ({
      at: time,
      change: error ? 'failed' : 'answers',
      sensor,
      ...(error && { error: { code: error.code, message: error.message } })
    })),
    ...rows.filter(({ mark }) => mark !== 'stays').map(({ mark, object }) => ({ at: time, change: mark, ...object }))
  ]
}

/** The rows as a table under a line that sums up; `+` is new, `-` has ended since the last look. */
export function watchTable(
  { rows }: ListChanges,
  { columns, width, what, failures }: { columns: readonly ListColumn[]; width: number; what: string; failures: readonly string[] }
): string {
  const count = (mark: string) => rows.filter((row) => row.mark === mark).length
  const head = ['', ...columns.map(({ name }) => name.toUpperCase())]
  const lines = [head, ...rows.map(({ mark, cells }) => [{ new: '+', ended: '-', stays: ' ' }[mark], ...cells])]
  const sum = `${rows.length - count('ended')} ${what}, ${count('new')} new, ${count('ended')} ended`
  return `${[sum, ...failures].join('\n')}\n${tableLines(lines, columnWidths(lines), width)}`
}
