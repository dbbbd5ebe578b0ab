import {
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings
} from 'kysely'
import { UsageError } from '../errors.js'
import type { Engine } from './session.js'
import type { SessionPool } from './session-pool.js'
import { StoreConnection } from './store-connection.js'

const parts = {
  sqlite: { Adapter: SqliteAdapter, Introspector: SqliteIntrospector, QueryCompiler: SqliteQueryCompiler },
  mysql: { Adapter: MysqlAdapter, Introspector: MysqlIntrospector, QueryCompiler: MysqlQueryCompiler },
  postgres: { Adapter: PostgresAdapter, Introspector: PostgresIntrospector, QueryCompiler: PostgresQueryCompiler }
}

/** What one store's connections share. */
export interface StoreContext {
  engine: Engine
  pool: SessionPool
  timeoutMs: number
  signal: AbortSignal | undefined
}

/**
 * kysely's words for each engine's SQL over a driver of our own, one for all three. kysely's drivers would put values into
 * MySQL's text, cannot stream from PostgreSQL without another package, take a cut stream of MySQL for a whole one, and know
 * no time-outs.
 */
export class StoreDialect implements Dialect {
  readonly #context: StoreContext

  constructor(context: StoreContext) {
    this.#context = context
  }

  createDriver(): Driver {
    return new StoreDriver(this.#context)
  }

  createQueryCompiler() {
    return new parts[this.#context.engine.name].QueryCompiler()
  }

  createAdapter() {
    return new parts[this.#context.engine.name].Adapter()
  }

  // biome-ignore lint/suspicious/noExplicitAny: the type that kysely's Dialect has
  createIntrospector(db: Kysely<any>) {
    return new parts[this.#context.engine.name].Introspector(db)
  }
}

class StoreDriver implements Driver {
  readonly #context: StoreContext

  constructor(context: StoreContext) {
    this.#context = context
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<StoreConnection> {
    const { engine, pool } = this.#context
    try {
      return new StoreConnection(this.#context, await pool.take())
    } catch (error) {
      this.#context.signal?.throwIfAborted()
      throw engine.explain(error)
    }
  }

  async beginTransaction(connection: DatabaseConnection, { isolationLevel, accessMode }: TransactionSettings): Promise<void> {
    if (isolationLevel || accessMode) {
      throw new UsageError('A transaction of the store has no settings', {
        hint: 'They mean different things to the three engines.'
      })
    }
    await own(connection).begin()
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return own(connection).commit()
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return own(connection).rollback()
  }

  savepoint(connection: DatabaseConnection, name: string): Promise<void> {
    return own(connection).savepoint('savepoint', name)
  }

  rollbackToSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    return own(connection).savepoint('rollback to savepoint', name)
  }

  releaseSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    return own(connection).savepoint('release savepoint', name)
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    await own(connection).release()
  }

  destroy(): Promise<void> {
    return this.#context.pool.close()
  }
}

function own(connection: DatabaseConnection): StoreConnection {
  return connection as StoreConnection
}
