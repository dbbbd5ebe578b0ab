import { type Kysely, sql, type Transaction } from 'kysely'
import { DatabaseBusyError, SchemaVersionError, UnknownTableError } from './errors.js'
import type { Store } from './open-store.js'

/** One step of a schema. Steps are never changed once released: what they made is out there. */
export interface Migration {
  /** For people who look into the table of migrations: `make-account`. */
  readonly name: string
  /**
   * Makes the change. On SQLite and PostgreSQL it happens whole or not at all. MySQL and MariaDB commit at every CREATE and
   * ALTER: a step that was interrupted there runs again, so it has to bear that (`ifNotExists`).
   */
  // biome-ignore lint/suspicious/noExplicitAny: the tables of an older schema have no types
  readonly up: (db: Transaction<any>) => Promise<void>
}

interface MigrationTables {
  pbxkit_migration: { component: string; version: number; name: string }
}

/** A store's facts, whatever its tables are. */
type Place = Pick<Store<never>, 'engine' | 'describe'>

/** Any number, but everybody's same: the lock of PostgreSQL ("pbxk"). */
const postgresLock = 0x7062786b
/** Somebody else's migration is short, unless a large table is altered: so long we wait for it, and so often we look. */
const lockWaitMs = 60_000
const lockPauseMs = 50

/**
 * Brings the tables of one component to the newest version: runs the steps that the database does not have yet, each in a
 * transaction. Several processes may do so at once: one works, the others wait and find it done. Where nothing is to be done
 * the right to read is enough.
 * @param component whose tables these are (`tunnel`); several can live in one database
 * @returns the names of the steps that were run
 * @throws SchemaVersionError when a newer pbxkit, or another history, has made the tables; what a step throws
 */
export async function migrate<T>(store: Store<T>, component: string, steps: readonly Migration[]): Promise<string[]> {
  const db = store.db as unknown as Kysely<MigrationTables>
  const history = { place: { engine: store.engine, describe: store.describe }, component, steps }
  if ((await versionOrNone(db, history)) === steps.length) return []
  return await db.connection().execute(async (connection) => {
    if (store.engine !== 'mysql') return await runSteps(connection, history)
    // The lock ends with its connection, so a crash leaves none behind. Its name is the server's, and has 64 characters at most.
    const name = sql`concat('pbxkit:', md5(database()))`
    await untilLocked(store, () => isOne(connection, sql`select get_lock(${name}, 0) as got`))
    try {
      // Outside of the steps' transactions, which it would end.
      await makeHistory(connection)
      return await runSteps(connection, history)
    } finally {
      await sql`select release_lock(${name})`.execute(connection).catch(() => {})
    }
  })
}

interface History {
  place: Place
  component: string
  steps: readonly Migration[]
}

async function runSteps(connection: Kysely<MigrationTables>, history: History): Promise<string[]> {
  const done: string[] = []
  for (;;) {
    const name = await connection.transaction().execute((transaction) => runNext(transaction, history))
    if (name === undefined) return done
    done.push(name)
  }
}

/** @returns the name of the step, or undefined when none is left */
async function runNext(transaction: Transaction<MigrationTables>, history: History): Promise<string | undefined> {
  const { place, component, steps } = history
  // SQLite's transaction has locked the whole file already, and MySQL's lock is the connection's.
  if (place.engine === 'postgres') {
    await untilLocked(place, () => isOne(transaction, sql`select pg_try_advisory_xact_lock(${postgresLock})::int as got`))
  }
  if (place.engine !== 'mysql') await makeHistory(transaction)
  const version = await currentVersion(transaction, history)
  const step = steps[version]
  if (!step) return undefined
  await step.up(transaction)
  await transaction
    .insertInto('pbxkit_migration')
    .values({ component, version: version + 1, name: step.name })
    .execute()
  return step.name
}

async function makeHistory(db: Kysely<MigrationTables>): Promise<void> {
  await db.schema
    .createTable('pbxkit_migration')
    .ifNotExists()
    .addColumn('component', 'varchar(64)', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('name', 'varchar(190)', (column) => column.notNull())
    .addPrimaryKeyConstraint('pbxkit_migration_key', ['component', 'version'])
    .execute()
}

async function versionOrNone(db: Kysely<MigrationTables>, history: History): Promise<number | undefined> {
  try {
    return await currentVersion(db, history)
  } catch (error) {
    if (error instanceof UnknownTableError) return undefined
    throw error
  }
}

/** How many of the steps the database has. */
async function currentVersion(db: Kysely<MigrationTables>, { place, component, steps }: History): Promise<number> {
  const rows = await db
    .selectFrom('pbxkit_migration')
    .select(['version', 'name'])
    .where('component', '=', component)
    .orderBy('version')
    .execute()
  for (const [index, { version, name }] of rows.entries()) {
    if (version === index + 1 && name === steps[index]?.name) continue
    throw new SchemaVersionError(
      `The tables of ${component} in ${place.describe} are not of this release: step ${version} is "${name}"`,
      { hint: 'They were made by a newer pbxkit: update this one, or name another database.' }
    )
  }
  return rows.length
}

async function isOne(db: Kysely<MigrationTables>, query: ReturnType<typeof sql>): Promise<boolean> {
  const { rows } = await query.execute(db)
  return (rows[0] as { got: unknown } | undefined)?.got === 1
}

async function untilLocked({ describe }: Pick<Place, 'describe'>, tryLock: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + lockWaitMs
  while (!(await tryLock())) {
    if (performance.now() >= deadline) {
      throw new DatabaseBusyError(`${describe} is being migrated by another process`, {
        hint: 'Try again when that one is done.'
      })
    }
    await new Promise((resolve) => setTimeout(resolve, lockPauseMs))
  }
}
