import { sql } from 'kysely'
import type { StoreEngine } from './store-url.js'

/**
 * Column types of our own tables that mean the same to all engines. MariaDB's text compares "Alice" and "alice" as equal by
 * default, and its TEXT cannot be a key: a key is at most 190 characters (767 bytes of an index, in its older row format).
 */
export function columnTypes(engine: StoreEngine) {
  return {
    key: engine === 'mysql' ? sql`varchar(190) character set utf8mb4 collate utf8mb4_bin` : sql`text`,
    text: engine === 'mysql' ? sql`mediumtext character set utf8mb4 collate utf8mb4_bin` : sql`text`,
    bytes: engine === 'mysql' ? sql`mediumblob` : engine === 'postgres' ? sql`bytea` : sql`blob`,
    integer: engine === 'sqlite' ? sql`integer` : sql`bigint`
  }
}
