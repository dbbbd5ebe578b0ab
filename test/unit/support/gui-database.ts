import path from 'node:path'
import { onTestFinished } from 'vitest'
import type { GuiTables } from '../../../src/lib/sensors/gui-tables.js'
import { openStore, type Store } from '../../../src/lib/store/open-store.js'
import { sql } from '../../../src/lib/store/sql.js'
import { scratchFolder } from './scratch.js'

/** The two tables as the sniffer makes them, in a file of SQLite: nothing keeps two rows of one type apart. */
export async function guiDatabase({
  keys = [],
  sensors = []
}: {
  keys?: readonly string[]
  sensors?: readonly (readonly [id: number, name: string, host: string | null, port: number | null])[]
}): Promise<{ url: string; store: Store<GuiTables> }> {
  const url = `sqlite:${path.join(scratchFolder(), 'gui.db')}`
  const store = await openStore<GuiTables>(url, { timeoutMs: 5_000 })
  onTestFinished(() => store.close())
  await sql`create table sensors (id_sensor integer primary key, name text, host text, port int)`.execute(store.db)
  await sql`create table system (id integer primary key, type text, cdate date, cdatetime datetime, content text)`.execute(
    store.db
  )
  await sql`insert into system (type, content) values ('other', 'stays')`.execute(store.db)
  for (const content of keys) await sql`insert into system (type, content) values ('manager_key', ${content})`.execute(store.db)
  for (const [id, name, host, port] of sensors)
    await sql`insert into sensors values (${id}, ${name}, ${host}, ${port})`.execute(store.db)
  return { url, store }
}
