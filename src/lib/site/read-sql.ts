import type { Store } from '../store/open-store.js'
import type { SiteProblems } from './problem.js'
import { objectEntry } from './read-table.js'
import { entryFields, type SiteEntry } from './tree.js'

/** How a database is reached. */
export interface SqlAccess {
  readonly timeoutMs: number
  readonly passwordFile: string | undefined
  readonly signal: AbortSignal | undefined
}

/** Rows that are held at a time while they come. */
const chunkRows = 1_000

const names = { user: 'users', trunk: 'trunks' }

export function isDatabaseUrl(text: string): boolean {
  return /^(sqlite3?:|(mysql|mariadb|postgres|postgresql):\/\/)/.test(text)
}

/**
 * Reads users or trunks from a table: `URL` (the table is `users` or `trunks`) or `URL#TABLE`. Columns have the names of fields; others are left alone. Rows
 * are in the order of their names.
 * @throws what the store throws
 */
export async function readSqlTable(
  url: string,
  kind: 'user' | 'trunk',
  { timeoutMs, passwordFile, signal }: SqlAccess,
  problems: SiteProblems
): Promise<SiteEntry[]> {
  const { openStore } = await import('../store/open-store.js')
  const [, address = url, table = names[kind]] = /^(.*)#([A-Za-z_][\w$]*)$/s.exec(url) ?? []
  const store: Store<Record<string, Record<string, unknown>>> = await openStore(address, {
    timeoutMs,
    passwordFile,
    signal,
    readOnly: true
  })
  try {
    const rows: Record<string, unknown>[] = []
    for await (const row of store.db.selectFrom(table).selectAll().stream(chunkRows)) rows.push(row)
    const file = `${store.describe}#${table}`
    const known = new Set<string>(['name', ...entryFields[kind]])
    if (rows[0] && !Object.keys(rows[0]).some((column) => column.toLowerCase() === 'name'))
      problems.error('missing', { file, line: 0 }, 'The table has no column name')
    const nameOf = (row: Record<string, unknown>) => String(row.name ?? '')
    rows.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0))
    return rows.map((row, index) => {
      const fields = Object.entries(row).filter(([column, value]) => known.has(column.toLowerCase()) && value !== '')
      return objectEntry(Object.fromEntries(fields), { file, line: index + 1 }, problems)
    })
  } finally {
    await store.close()
  }
}
