import { randomBytes } from 'node:crypto'
import { DataError } from '../errors.js'
import { formatRecord, parseRecord, type ScramRecord } from '../scram/record.js'
import { columnTypes } from '../store/column-types.js'
import { type Migration, migrate } from '../store/migrate.js'
import type { Store } from '../store/open-store.js'
import { checkUsername } from './username.js'

export interface TunnelTables {
  /** `scram` is empty for who may use protocol 1 only; `token` is the MD5 of protocol 1, and null for who may not use that. */
  tunnel_user: { username: string; scram: string; token: string | null; created_at: string }
  tunnel_setting: { name: string; value: string }
}

/** In bytes: as long as what it keys. */
const inventedSecretBytes = 32

export interface AccountRow {
  username: string
  protocols: number[]
  createdAt: string
}

/** Who may open a tunnel. Names are told apart by case. Each look goes to the database, so that what `add` and `rm` do counts at once. */
export class TunnelAccounts {
  readonly #store: Store<TunnelTables>

  private constructor(store: Store<TunnelTables>) {
    this.#store = store
  }

  /** Brings the tables up to date. @throws what the store throws */
  static async open(store: Store<TunnelTables>): Promise<TunnelAccounts> {
    await migrate(store, 'tunnel', steps(store))
    return new TunnelAccounts(store)
  }

  /** Adds the user or gives the one that is there this password. @param token of protocol 1; undefined: the user may not use it */
  async put(username: string, record: ScramRecord, token: string | undefined): Promise<'added' | 'changed'> {
    checkUsername(username)
    const values = { scram: formatRecord(record), token: token ?? null }
    return this.#store.db.transaction().execute(async (db) => {
      const known = await db.selectFrom('tunnel_user').select('username').where('username', '=', username).executeTakeFirst()
      if (known) await db.updateTable('tunnel_user').set(values).where('username', '=', username).execute()
      else
        await db
          .insertInto('tunnel_user')
          .values({ username, ...values, created_at: new Date().toISOString() })
          .execute()
      return known ? 'changed' : 'added'
    })
  }

  /**
   * Adds many, in one transaction. An empty `scram` is a user of protocol 1 only.
   * @param existing `fail` is for who has looked before: a user who has come since then makes the whole of it fail
   */
  async putAll(
    rows: readonly Pick<TunnelTables['tunnel_user'], 'username' | 'scram' | 'token'>[],
    existing: 'fail' | 'skip' | 'replace'
  ): Promise<{ added: number; changed: number; skipped: number }> {
    return this.#store.db.transaction().execute(async (db) => {
      const counts = { added: 0, changed: 0, skipped: 0 }
      for (const { username, ...values } of rows) {
        const known = await db.selectFrom('tunnel_user').select('username').where('username', '=', username).executeTakeFirst()
        if (!known) {
          await db
            .insertInto('tunnel_user')
            .values({ username, ...values, created_at: new Date().toISOString() })
            .execute()
          counts.added++
        } else if (existing === 'replace') {
          await db.updateTable('tunnel_user').set(values).where('username', '=', username).execute()
          counts.changed++
        } else if (existing === 'skip') counts.skipped++
        else throw new DataError(`There is a user ${username} already`)
      }
      return counts
    })
  }

  /** Which of these users are there already (if that matters), and whose tokens are somebody else's? */
  async conflictsWith(
    users: readonly { line: number; username: string; token: string | undefined }[],
    mustBeNew: boolean
  ): Promise<{ line: number; message: string }[]> {
    const rows = await this.#store.db.selectFrom('tunnel_user').select(['username', 'token']).execute()
    const names = new Set(rows.map(({ username }) => username))
    const byToken = new Map(rows.map(({ username, token }) => [token, username]))
    return users.flatMap(({ line, username, token }) => {
      const holder = token === undefined ? undefined : byToken.get(token)
      return [
        ...(mustBeNew && names.has(username) ? [{ line, message: `there is a user ${JSON.stringify(username)} already` }] : []),
        ...(holder !== undefined && holder !== username
          ? [{ line, message: `the token is that of ${JSON.stringify(holder)}` }]
          : [])
      ]
    })
  }

  /** @returns was there such a user? */
  async remove(username: string): Promise<boolean> {
    const { numDeletedRows } = await this.#store.db
      .deleteFrom('tunnel_user')
      .where('username', '=', username)
      .executeTakeFirstOrThrow()
    return numDeletedRows > 0n
  }

  async list(): Promise<AccountRow[]> {
    const rows = await this.#store.db
      .selectFrom('tunnel_user')
      .select(['username', 'scram', 'token', 'created_at'])
      .orderBy('username')
      .execute()
    return rows.map(({ username, scram, token, created_at: createdAt }) => ({
      username,
      protocols: [...(scram === '' ? [] : [2]), ...(token === null ? [] : [1])],
      createdAt
    }))
  }

  /** Is there such a user, whatever the protocol? */
  async has(username: string): Promise<boolean> {
    const { db } = this.#store
    return (
      (await db.selectFrom('tunnel_user').select('username').where('username', '=', username).executeTakeFirst()) !== undefined
    )
  }

  /** Undefined also for who may use protocol 1 only. @throws DataError for a record that somebody has damaged */
  async findRecord(username: string): Promise<ScramRecord | undefined> {
    const row = await this.#store.db.selectFrom('tunnel_user').select('scram').where('username', '=', username).executeTakeFirst()
    return row?.scram ? parseRecord(row.scram) : undefined
  }

  /** Whose token of protocol 1 is it? */
  async findByToken(token: string): Promise<string | undefined> {
    const row = await this.#store.db.selectFrom('tunnel_user').select('username').where('token', '=', token).executeTakeFirst()
    return row?.username
  }

  /** What the salts of users are made of that there are not: made once, and the same for all servers of this database. */
  async inventedSecret(): Promise<Buffer> {
    const name = 'invented-secret'
    const find = async () =>
      (await this.#store.db.selectFrom('tunnel_setting').select('value').where('name', '=', name).executeTakeFirst())?.value
    const known = await find()
    if (known !== undefined) return Buffer.from(known, 'base64')
    const value = randomBytes(inventedSecretBytes).toString('base64')
    try {
      await this.#store.db.insertInto('tunnel_setting').values({ name, value }).execute()
      return Buffer.from(value, 'base64')
    } catch (error) {
      // Another server was faster.
      const made = await find()
      if (made === undefined) throw error
      return Buffer.from(made, 'base64')
    }
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}

function steps({ engine }: Store<TunnelTables>): Migration[] {
  const types = columnTypes(engine)
  return [
    {
      name: 'make-user',
      up: async (db) => {
        await db.schema
          .createTable('tunnel_user')
          .ifNotExists()
          .addColumn('username', types.key, (column) => column.primaryKey().notNull())
          .addColumn('scram', types.text, (column) => column.notNull())
          // A key: it is looked up by.
          .addColumn('token', types.key, (column) => column.unique())
          .addColumn('created_at', types.text, (column) => column.notNull())
          .execute()
      }
    },
    {
      name: 'make-setting',
      up: async (db) => {
        await db.schema
          .createTable('tunnel_setting')
          .ifNotExists()
          .addColumn('name', types.key, (column) => column.primaryKey().notNull())
          .addColumn('value', types.text, (column) => column.notNull())
          .execute()
      }
    }
  ]
}
