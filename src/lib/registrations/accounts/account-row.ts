import { DataError } from '../../errors.js'
import { suggestion } from '../../nearest.js'

/** What a source has for one account, before anybody has looked at its values. */
export interface AccountRow {
  /** Columns in small letters and their text. Undefined: nothing but the faults is known of it. */
  readonly values: ReadonlyMap<string, string> | undefined
  /** `file:line`, `table id n`, `table row n`. */
  readonly source: string
  /** What the reader of the format found wrong. Never with a value in it: it could be a secret. */
  readonly faults: readonly string[]
}

/** Columns of Kamailio's `uacreg`, version 6. Versions before lack some: 4.0.3 ends at `expires`, 5 has no `contact_user`. */
const uacregColumns = [
  ...['id', 'l_uuid', 'l_username', 'l_domain', 'r_username', 'r_domain', 'realm', 'auth_username', 'auth_password'],
  ...['auth_ha1', 'auth_proxy', 'expires', 'flags', 'reg_delay', 'contact_addr', 'contact_user', 'socket']
] as const

/** Columns that go beyond it. */
const moreColumns = [
  ...['transport', 'proxy2', 'path', 'outbound', 'instance_id', 'reg_id', 'q', 'refresh_ratio', 'extra_headers', 'user_agent'],
  ...['auth_algs', 'keepalive', 'tag', 'contact_params', 'display', 'enabled']
] as const

const needed = ['l_uuid', 'r_username', 'r_domain']
const known = new Set<string>([...uacregColumns, ...moreColumns])

/** Far more than anybody registers from one process, and a bound for a file or a table that is not what was meant. */
export const maxAccounts = 1_000_000

/** As a name of a column is found: without regard to case and blanks around it. */
export function columnKey(name: string): string {
  return name.trim().toLowerCase()
}

/**
 * Looks at the columns of a source that has the same for all of its rows.
 * @throws DataError without the columns that every account needs: then it is the wrong table or file
 */
export function checkColumns(columns: readonly string[], source: string): void {
  const missing = needed.filter((one) => !columns.includes(one))
  if (missing.length === 0) return
  throw new DataError(`${source} has no column ${missing.join(', ')}`, {
    hint: `Every account needs ${needed.join(', ')}; the columns are those of Kamailio's uacreg.`
  })
}

/**
 * What is wrong with the names of columns. A name that is nearly ours is a fault everywhere: a mistyped `realm` would give credentials to any.
 * @param others `allowed` where a table has columns of its operator's own
 */
export function columnFaults(columns: readonly string[], others: 'allowed' | 'refused'): string[] {
  const faults: string[] = []
  const absent = [...known].filter((one) => !columns.includes(one))
  for (const [at, column] of columns.entries()) {
    if (columns.indexOf(column) < at) faults.push(`the column ${quoteName(column)} twice`)
    if (known.has(column)) continue
    const hint = suggestion(column, absent)
    if (others === 'refused' || isNear(column, absent))
      faults.push(`unknown column ${quoteName(column)}${hint ? ` (${hint})` : ''}`)
  }
  return faults
}

/** Of an operator's own columns, only a slip of one letter is taken for a mistake: `note` is none. */
function isNear(column: string, names: readonly string[]): boolean {
  return names.some((name) => name.length > 4 && Math.abs(name.length - column.length) <= 1 && differsInOne(name, column))
}

function differsInOne(a: string, b: string): boolean {
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  let end = 0
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++
  // Two letters that changed places count as one slip.
  const left = [a.length - start - end, b.length - start - end]
  return Math.max(...left) <= 1 || (left[0] === 2 && left[1] === 2 && a[start] === b[start + 1] && a[start + 1] === b[start])
}

/** Names come from outside, too. */
function quoteName(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}...` : name)
}
