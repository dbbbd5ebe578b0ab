import type { PbxkitError } from '../errors.js'
import type { SqlParameter, SqlValue } from './sql-values.js'
import type { StoreEngine } from './store-url.js'

export type SqlRow = Record<string, SqlValue>

export interface SqlResult {
  rows: SqlRow[]
  /** Rows that an INSERT, UPDATE or DELETE met. */
  affectedRows?: bigint
  insertId?: bigint
}

/** One connection to a database. One statement runs at a time; what it throws is the driver's own error, for `Engine.explain`. */
export interface Session {
  /** It ended by itself or was destroyed: of no use any more. */
  readonly dead: boolean
  /** Runs one statement; parameters never become part of its text. */
  run(sql: string, parameters: readonly SqlParameter[]): Promise<SqlResult>
  /** The rows of one query, a chunk at a time. The consumer's pace is the pace of reading. It may be left early. */
  stream(sql: string, parameters: readonly SqlParameter[], chunkRows: number): AsyncIterable<SqlRow[]>
  /** BEGIN, COMMIT, ROLLBACK, SAVEPOINT and the like: our own text, without parameters. */
  command(sql: string): Promise<void>
  /** Says goodbye. */
  close(): Promise<void>
  /** Cuts the connection; whatever runs on it fails. */
  destroy(): void
}

export interface OpenOptions {
  /** Bound of the connecting, login included. */
  timeoutMs: number
  signal?: AbortSignal | undefined
}

/** How one kind of database is spoken to. */
export interface Engine {
  readonly name: StoreEngine
  /** The target for messages, without secrets. */
  readonly describe: string
  /** How many sessions a store may have at once. */
  readonly maxSessions: number
  readonly beginTransaction: string
  /** @throws the driver's own error */
  open(options: OpenOptions): Promise<Session>
  /** Our error for one of the driver's; it is kept as `cause`. */
  explain(error: unknown): PbxkitError
  /** Whether the statement was refused before it did anything and may be sent again at once. */
  isBusy(error: unknown): boolean
}
