import { createHash } from 'node:crypto'
import { ConfigError, type PbxkitError } from '../errors.js'
import type { Store } from '../store/open-store.js'
import { type ManagerKey, parseManagerKey } from '../voipmonitor/encryption.js'
import { KeyRowError, NoKeyRowError, SeveralKeyRowsError } from './errors.js'
import { defaultManagerPort, type KnownSensor } from './sensor.js'

/** The tables of the GUI's database that tell of sensors and of their key, as far as we look at them. The sniffer makes them (release 2026.04). */
export interface GuiTables {
  sensors: { id_sensor: number; name: string | null; host: string | null; port: number | null }
  /** `type` has no unique key. */
  system: { id: number; type: string | null; content: string | null }
}

export type GuiStore = Pick<Store<GuiTables>, 'db' | 'engine' | 'describe'>

const keyType = 'manager_key'
/** Far more than anybody has; the GUI itself numbers them with 16 bits in its tables of calls. */
const maxSensors = 65_536

/**
 * The sniffers of the table `sensors`. One without a host cannot be asked and is left out with a word; without a port it is 5029.
 * @throws what the store throws
 */
export async function readGuiSensors({ db, describe }: GuiStore, warn: (message: string) => void): Promise<KnownSensor[]> {
  const columns = ['id_sensor', 'name', 'host', 'port'] as const
  const rows = await db.selectFrom('sensors').select(columns).orderBy('id_sensor').limit(maxSensors).execute()
  return rows.flatMap(({ id_sensor: id, name, host, port }): KnownSensor[] => {
    const at = { host: host?.trim() ?? '', port: Number(port ?? defaultManagerPort) || defaultManagerPort }
    if (!/^[^\s\0-\x1f]+$/.test(at.host) || at.port > 65_535) {
      warn(`sensor ${id} of ${describe} has no host and port that can be reached`)
      return []
    }
    return [
      {
        name: name?.trim() || `sensor ${id}`,
        id: Number(id),
        address: { kind: 'tcp', ...at },
        source: `${describe} table sensors`
      }
    ]
  })
}

/** A key as it stands in the table `system`. */
export interface KeyRow {
  readonly id: number
  /** The text, to be copied as it is. */
  readonly content: string
}

/** The rows with a key; of more than two only that there are more. @param lock until the transaction's end, where the database can */
export async function readKeyRows({ db, engine }: GuiStore, { lock = false } = {}): Promise<KeyRow[]> {
  const query = db.selectFrom('system').select(['id', 'content']).where('type', '=', keyType).orderBy('id').limit(3)
  const rows = await (lock && engine === 'mysql' ? query.forUpdate() : query).execute()
  return rows.map(({ id, content }) => ({ id: Number(id), content: content ?? '' }))
}

/**
 * The one row with a key.
 * @throws NoKeyRowError, SeveralKeyRowsError, what the store throws
 */
export async function readKeyRow(store: GuiStore): Promise<KeyRow> {
  const rows = await readKeyRows(store)
  checkSingle(rows, store.describe)
  const [row] = rows
  if (row) return row
  throw new NoKeyRowError(`${store.describe} has no key of the manager: no row "${keyType}" in its table system`, {
    hint: 'Make one with pbxkit keygen --type voipmonitor --format sql, or copy one with pbxkit manager key copy; --plain asks in clear.'
  })
}

/** @throws SeveralKeyRowsError */
export function checkSingle(rows: readonly KeyRow[], describe: string): void {
  if (rows.length < 2) return
  throw new SeveralKeyRowsError(`${describe} has more than one key: several rows "${keyType}" in its table system`, {
    details: { ids: rows.map(({ id }) => id) },
    hint: 'The sniffer takes whichever row comes first. Find out which one is in use, and delete the others.'
  })
}

/**
 * Reads the JSON of such a row: `{"key":"…","iv":"…"}` in base64.
 * @throws KeyRowError, which never repeats the text
 */
export function parseKeyRow({ id, content }: KeyRow, describe: string): ManagerKey {
  const where = `The row "${keyType}" (id ${id}) of ${describe}`
  let json: unknown
  try {
    json = JSON.parse(content)
  } catch {
    // The parser's message would repeat the text, which is a secret.
    throw new KeyRowError(`${where} is no JSON`, { hint: 'The sniffer takes such a row for no key at all.' })
  }
  const { key, iv } = (json ?? {}) as { key?: unknown; iv?: unknown }
  if (typeof key !== 'string' || typeof iv !== 'string' || key === '' || iv === '') {
    throw new KeyRowError(`${where} has no key with its IV`, { hint: 'The sniffer takes such a row for no key at all.' })
  }
  try {
    return parseManagerKey({ key, iv })
  } catch (cause) {
    const { message, hint } = cause as PbxkitError
    throw new KeyRowError(`${where}: ${message}`, { cause, ...(hint && { hint }) })
  }
}

/** A name for a key that does not give it away, the same wherever it is kept: 48 bits of the SHA-256 of key and IV. */
export function keyFingerprint({ key, iv }: ManagerKey): string {
  return createHash('sha256').update(key).update(iv).digest('hex').slice(0, 12)
}

/** @throws ConfigError for a database that is no server of the GUI's kind */
export function checkGuiUrl(url: string): string {
  if (/^(mysql|mariadb|sqlite3?):/.test(url)) return url
  throw new ConfigError("The GUI's database is MySQL or MariaDB", { hint: 'Write mysql://USER@HOST/voipmonitor.' })
}
