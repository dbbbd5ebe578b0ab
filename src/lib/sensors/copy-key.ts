import { DataError } from '../errors.js'
import type { ManagerKey } from '../voipmonitor/encryption.js'
import { KeyNotKeptError } from './errors.js'
import { checkSingle, type GuiStore, keyFingerprint, parseKeyRow, readKeyRow, readKeyRows } from './gui-tables.js'

export interface KeyCopy {
  /** `unchanged`: it was there already, and nothing was written. */
  readonly result: 'inserted' | 'updated' | 'unchanged'
  readonly key: ManagerKey
  /** What was replaced, where that was a key. */
  readonly replaced?: ManagerKey | undefined
}

/**
 * Copies the manager's key from one database of the GUI to another: reads and checks it, writes the row in a transaction (where there is none it is
 * made), and reads it back there and once more after the commit. When anything fails before the commit nothing has changed.
 * The content is copied as it is, so that whatever else stands in it stays.
 * @throws NoKeyRowError, SeveralKeyRowsError (of either database), KeyRowError, DataError, KeyNotKeptError, what the store throws
 */
export async function copyManagerKey(from: GuiStore, to: GuiStore): Promise<KeyCopy> {
  const source = await readKeyRow(from)
  const key = parseKeyRow(source, from.describe)
  // The column is latin1, and base64 and its JSON are less than that: what is not would not come back.
  if (!/^[\x20-\x7e\s]*$/.test(source.content)) throw new DataError(`The key's row of ${from.describe} is not plain ASCII`)
  const before = await to.db.transaction().execute(async (transaction) => {
    const inside = { ...to, db: transaction }
    const rows = await readKeyRows(inside, { lock: true })
    checkSingle(rows, to.describe)
    const [row] = rows
    if (row?.content === source.content) return row
    const values = { content: source.content }
    if (row) await transaction.updateTable('system').set(values).where('id', '=', row.id).execute()
    else
      await transaction
        .insertInto('system')
        .values({ ...values, type: 'manager_key' } as never)
        .execute()
    await checkKept(inside, source.content, 'nothing was changed')
    return row
  })
  await checkKept(to, source.content, 'somebody else has changed it since')
  const result = before === undefined ? 'inserted' : before.content === source.content ? 'unchanged' : 'updated'
  return { result, key, replaced: before && result === 'updated' ? oldKey(before, key, to.describe) : undefined }
}

async function checkKept(store: GuiStore, content: string, otherwise: string): Promise<void> {
  const rows = await readKeyRows(store)
  if (rows.length === 1 && rows[0]!.content === content) return
  throw new KeyNotKeptError(`${store.describe} does not give back the key that was written; ${otherwise}`, {
    hint: 'Is there a trigger on its table system, or another program that writes keys?'
  })
}

/** Undefined for what never was a key, or is the same one in other words. */
function oldKey(row: { id: number; content: string }, key: ManagerKey, describe: string): ManagerKey | undefined {
  try {
    const old = parseKeyRow(row, describe)
    return keyFingerprint(old) === keyFingerprint(key) ? undefined : old
  } catch {
    return undefined
  }
}
