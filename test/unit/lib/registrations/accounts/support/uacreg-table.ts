import type { CreateTableBuilder } from 'kysely'
import { openStore } from '../../../../../../src/lib/store/open-store.js'
import { sql } from '../../../../../../src/lib/store/sql.js'

/** Kamailio's `uacreg` as its scripts make it: of 4.0.3, of 5.6, and of the next one. `more` has the columns of ours, too. */
export type UacregVersion = '4.0.3' | '5' | '6' | 'more'

export type UacregRow = Record<string, string | number>

const texts = (length: number, ...names: string[]) => names.map((name) => [name, `varchar(${length})`, "''"] as const)
const numbers = (...names: string[]) => names.map((name) => [name, 'integer', '0'] as const)

const first = [
  ...texts(64, 'l_uuid', 'l_username', 'l_domain', 'r_username', 'r_domain', 'realm', 'auth_username', 'auth_password'),
  ...texts(255, 'auth_proxy'),
  ...numbers('expires')
]
const second = [
  ...texts(128, 'auth_ha1'),
  ...numbers('flags', 'reg_delay'),
  ...texts(255, 'contact_addr'),
  ...texts(128, 'socket')
]
const third = texts(255, 'contact_user')
const ours = [
  ...texts(64, 'transport', 'path', 'outbound', 'reg_id', 'q', 'refresh_ratio', 'auth_algs', 'keepalive', 'tag', 'enabled'),
  ...texts(255, 'proxy2', 'instance_id', 'extra_headers', 'user_agent', 'contact_params', 'display')
]
const columns = {
  '4.0.3': first,
  '5': [...first, ...second],
  '6': [...first, ...second, ...third],
  more: [...first, ...second, ...third, ...ours]
}

/** Makes the table, in place of one that is there, and fills it. Columns that a row has not are empty, as Kamailio's defaults are. */
export async function makeUacreg(
  url: string,
  version: UacregVersion,
  rows: readonly UacregRow[],
  table = 'uacreg'
): Promise<void> {
  const store = await openStore<Record<string, UacregRow>>(url, { timeoutMs: 5000, env: {} })
  try {
    await store.db.schema.dropTable(table).ifExists().execute()
    let make: CreateTableBuilder<string, string> = store.db.schema
      .createTable(table)
      .addColumn('id', 'integer', (column) => column.primaryKey().notNull())
    for (const [name, type, empty] of columns[version]) {
      make = make.addColumn(name, sql.raw(type), (column) => column.notNull().defaultTo(sql.raw(empty)))
    }
    await make.addUniqueConstraint(`${table}_l_uuid_idx`, ['l_uuid']).execute()
    for (const [index, row] of rows.entries()) {
      await store.db
        .insertInto(table)
        .values({ id: index + 1, ...row })
        .execute()
    }
  } finally {
    await store.close()
  }
}

/** A row as Kamailio's documentation has it. */
export function uacregRow(uuid: string, more: UacregRow = {}): UacregRow {
  return {
    l_uuid: uuid,
    l_username: `local-${uuid}`,
    l_domain: 'pbx.example.org',
    r_username: uuid,
    r_domain: 'registrar.example.org',
    realm: 'example.org',
    auth_username: uuid,
    auth_password: `pw-${uuid}`,
    auth_proxy: 'sip:10.0.0.1:5060;transport=tcp',
    expires: 360,
    ...more
  }
}
