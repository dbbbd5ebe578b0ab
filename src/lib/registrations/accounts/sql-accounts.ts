import { UsageError } from '../../errors.js'
import { openStore } from '../../store/open-store.js'
import { type AccountRow, checkColumns, columnFaults, columnKey } from './account-row.js'

export interface SqlSettings {
  /** Bound of each statement, and of each chunk of the table. */
  readonly timeoutMs: number
  readonly passwordFile?: string | undefined
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  readonly urlSource?: 'argv' | 'private' | undefined
  readonly signal?: AbortSignal | undefined
}

/** A page of the table in memory at a time: the values of a row become its account, and are gone. */
const pageRows = 500

/**
 * The rows of a table that has the columns of Kamailio's `uacreg`, whatever its version and whatever else it has.
 * @throws UsageError for what is no name of a table, DataError for a table with other columns, what the store throws
 */
export async function* readSqlRows(url: string, table: string, settings: SqlSettings): AsyncGenerator<AccountRow> {
  // kysely quotes it; this is for whoever wrote a statement here.
  if (!/^[A-Za-z_][A-Za-z0-9_$-]{0,127}(\.[A-Za-z_][A-Za-z0-9_$-]{0,127})?$/.test(table)) {
    throw new UsageError(`"${table}" is no name of a table`, { hint: 'Kamailio calls it uacreg.' })
  }
  const store = await openStore<Record<string, Record<string, unknown>>>(url, { ...settings, readOnly: true })
  try {
    let number = 0
    for await (const row of store.db.selectFrom(table).selectAll().stream(pageRows)) {
      number++
      const columns = Object.keys(row).map(columnKey)
      if (number === 1) {
        checkColumns(columns, `The table ${table} of ${store.describe}`)
        const faults = columnFaults(columns, 'allowed')
        if (faults.length > 0) yield { values: undefined, source: table, faults }
      }
      const values = new Map<string, string>()
      for (const [at, value] of Object.values(row).entries()) {
        if (value !== null && value !== undefined) values.set(columns[at]!, textOf(value))
      }
      const id = values.get('id')
      yield { values, source: id === undefined ? `${table} row ${number}` : `${table} id ${id}`, faults: [] }
    }
  } finally {
    await store.close()
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('utf8')
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8')
  return String(value)
}
