import type { Kysely } from 'kysely'
import { choosePassword, type UrlSource } from './password.js'
import type { StoreTls } from './server-socket.js'
import type { Engine } from './session.js'
import { parseStoreUrl, type StoreEngine } from './store-url.js'

export interface StoreOptions {
  /** Bound of the opening, of the wait for a free connection, and of each statement. A stream may wait so long for each chunk. */
  timeoutMs: number
  /** A file whose first line is the password. */
  passwordFile?: string | undefined
  /** Where PBXKIT_DB_PASSWORD is looked up. Default: the environment of the process. */
  env?: Readonly<Record<string, string | undefined>> | undefined
  /** Default `argv`: a password in the URL is refused. `private`: it comes from a file or the environment. */
  urlSource?: UrlSource | undefined
  /** Nothing can be written through this store, by mistake either. Default false. */
  readOnly?: boolean | undefined
  /** SQLite: make the file, 0600, when it is not there. Default: unless `readOnly`. */
  create?: boolean | undefined
  /** Default: as the URL has it, else none. */
  tls?: StoreTls | false | undefined
  /** Ends the opening and what runs, and closes the store. */
  signal?: AbortSignal | undefined
}

export interface Store<Tables> {
  readonly db: Kysely<Tables>
  readonly engine: StoreEngine
  /** The URL for messages, without password. */
  readonly describe: string
  /** Ends the idle connections, and cuts those in use. */
  close(): Promise<void>
}

/**
 * Opens a database by URL (`parseStoreUrl` has the forms), and looks whether it answers. The drivers are loaded now, and only
 * the one that is needed. What the store throws is always a PbxkitError, or the signal's reason.
 * @throws UsageError, ConfigError, NotADatabaseError, ConnectError, TlsError, LoginError, UnknownDatabaseError, TimeoutError, …
 */
export async function openStore<Tables>(url: string, options: StoreOptions): Promise<Store<Tables>> {
  const { timeoutMs, signal } = options
  signal?.throwIfAborted()
  const engine = await engineOf(url, options)
  const [{ Kysely }, { StoreDialect }, { SessionPool }] = await Promise.all([
    import('kysely'),
    import('./store-dialect.js'),
    import('./session-pool.js')
  ])
  const pool = new SessionPool(engine, timeoutMs, signal)
  const db = new Kysely<Tables>({ dialect: new StoreDialect({ engine, pool, timeoutMs, signal }) })
  const abort = () => pool.destroy()
  signal?.addEventListener('abort', abort, { once: true })
  const close = async () => {
    signal?.removeEventListener('abort', abort)
    await db.destroy()
  }
  try {
    await db.connection().execute(async () => {})
  } catch (error) {
    await close()
    throw error
  }
  return { db, engine: engine.name, describe: engine.describe, close }
}

async function engineOf(url: string, options: StoreOptions): Promise<Engine> {
  const { timeoutMs, passwordFile, env = process.env, urlSource = 'argv', readOnly = false, create = !readOnly, tls } = options
  const target = parseStoreUrl(url)
  if (target.engine === 'sqlite') {
    const { sqliteEngine } = await import('./sqlite.js')
    return await sqliteEngine(target, { readOnly, create })
  }
  const password = choosePassword(target.password, urlSource, { passwordFile, env })
  const server = { password, tls, readOnly, statementTimeoutMs: timeoutMs }
  if (target.engine === 'mysql') {
    const { mysqlEngine } = await import('./mysql.js')
    return await mysqlEngine(target, server)
  }
  const { postgresEngine } = await import('./postgres.js')
  return await postgresEngine(target, server)
}
