import fs from 'node:fs'
import { pathToFileURL } from 'node:url'
import type Database from 'libsql'
import { ConfigError, IoError, type PbxkitError } from '../errors.js'
import { untilFree } from './limits.js'
import type { Engine, Session, SqlResult, SqlRow } from './session.js'
import { exactInteger, isWhole, type SqlParameter, type SqlValue } from './sql-values.js'
import { explainSqlite } from './sqlite-errors.js'
import { describeTarget, type FileTarget } from './store-url.js'

type Connection = InstanceType<typeof Database>

export interface SqliteOptions {
  readOnly: boolean
  /** Make the file when it is not there. */
  create: boolean
}

/** Rows between two looks at the event loop: reading blocks it, and a thousand rows take 1 to 2 ms. */
const rowsPerTurn = 1000

/** Commands have some tens of statements. */
const maxStatements = 64

/** SQLite inside this process (libsql). It runs in this thread: a statement holds everything else up until it is done. */
export async function sqliteEngine(target: FileTarget, options: SqliteOptions): Promise<Engine> {
  const { default: Libsql } = await import('libsql')
  const describe = describeTarget(target)
  return {
    name: 'sqlite',
    describe,
    // A memory database is its connection; for a file, a second one of ours would only wait for the first.
    maxSessions: 1,
    // A transaction that turns from reading to writing fails at once when another process wrote in between.
    beginTransaction: options.readOnly ? 'begin' : 'begin immediate',
    // Another process may be about to make the same file.
    open: ({ timeoutMs }) => untilFree(timeoutMs, isBusy, async () => openFile(Libsql, target.file, options)),
    explain: (error): PbxkitError => explainSqlite(error, describe),
    isBusy
  }
}

function isBusy(error: unknown): boolean {
  return /^SQLITE_BUSY/.test((error as { code?: string } | undefined)?.code ?? '')
}

function openFile(Libsql: typeof Database, file: string | undefined, options: SqliteOptions): Session {
  const made = file !== undefined && prepareFile(file, options)
  const name = file === undefined ? ':memory:' : options.readOnly ? `${pathToFileURL(file).href}?mode=ro` : file
  const connection = new Libsql(name)
  try {
    // SQLite's own waiting would block the thread, and with it the transaction of ours that we may be waiting for: the driver
    // above us tries again instead.
    connection.pragma('busy_timeout=0')
    // Readers and the writer do not block each other. It stays with the file, so a file of somebody else keeps its mode.
    if (made) connection.pragma('journal_mode=WAL')
    connection.pragma('foreign_keys=ON')
    // The first look into the file: whether it is a database is known only now.
    connection.pragma('schema_version')
  } catch (error) {
    connection.close()
    throw error
  }
  return new SqliteSession(connection)
}

/** Makes the file, for its owner only (SQLite gives its -wal and -shm files the same mode). @returns whether it is new */
function prepareFile(file: string, { readOnly, create }: SqliteOptions): boolean {
  try {
    if (!readOnly && create) {
      fs.closeSync(fs.openSync(file, 'wx', 0o600))
      return true
    }
    fs.accessSync(file, readOnly ? fs.constants.R_OK : fs.constants.R_OK | fs.constants.W_OK)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' && !create) {
      throw new ConfigError(`There is no database ${file}`, {
        cause,
        hint: 'Is its path right? sqlite:PATH is relative to this folder.'
      })
    }
    if (code !== 'EEXIST') throw new IoError(`Cannot open the database ${file}: ${message}`, { cause })
  }
  if (!fs.statSync(file).isFile())
    throw new ConfigError(`The database ${file} is not a file`, { hint: 'Name a file with sqlite:PATH.' })
  // Empty, whoever made it: nobody has chosen its journal mode yet.
  return !readOnly && fs.statSync(file).size === 0
}

class SqliteSession implements Session {
  dead = false
  readonly #connection: Connection
  /** By their text, the last used at the end: what is prepared is memory outside of the heap, which no collector hurries to free. */
  readonly #statements = new Map<string, ReturnType<Connection['prepare']>>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async run(sql: string, parameters: readonly SqlParameter[]): Promise<SqlResult> {
    const statement = this.#prepare(sql)
    const bound = parameters.map(bindable)
    if (statement.reader) return { rows: statement.all(bound).map(tidyRow) }
    const { changes, lastInsertRowid } = statement.run(bound)
    return { rows: [], affectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  async *stream(sql: string, parameters: readonly SqlParameter[], chunkRows: number): AsyncGenerator<SqlRow[]> {
    const rows = this.#prepare(sql).iterate(parameters.map(bindable))
    let chunk: SqlRow[] = []
    let count = 0
    try {
      for (let next = rows.next(); !next.done; next = rows.next()) {
        chunk.push(tidyRow(next.value))
        if (++count % rowsPerTurn === 0) await new Promise((resolve) => setImmediate(resolve))
        if (chunk.length < chunkRows) continue
        yield chunk
        chunk = []
      }
      if (chunk.length > 0) yield chunk
    } finally {
      // libsql ends a statement at its last row or when it is collected, and until then it locks its tables.
      if (!this.dead) while (!rows.next().done);
    }
  }

  async command(sql: string): Promise<void> {
    this.#connection.exec(sql)
  }

  #prepare(sql: string): ReturnType<Connection['prepare']> {
    const statement = this.#statements.get(sql) ?? this.#connection.prepare(sql).safeIntegers(true)
    this.#statements.delete(sql)
    this.#statements.set(sql, statement)
    if (this.#statements.size > maxStatements) this.#statements.delete(this.#statements.keys().next().value!)
    return statement
  }

  /** libsql keeps its files open until its statements are collected: what is in the -wal file is brought home before. */
  async close(): Promise<void> {
    if (this.dead) return
    try {
      this.#connection.pragma('wal_checkpoint(TRUNCATE)')
    } catch {
      // Others read, or it is for reading only: SQLite does it another time.
    }
    this.destroy()
  }

  destroy(): void {
    if (this.dead) return
    this.dead = true
    this.#statements.clear()
    // For the same reason a transaction would go on after the end of its connection, and lock the file.
    if (this.#connection.inTransaction) this.#connection.exec('rollback')
    this.#connection.close()
  }
}

/** libsql binds numbers as REAL, and ends the process (a Rust panic) on a boolean. */
function bindable(value: SqlParameter): unknown {
  if (typeof value === 'boolean') return value ? 1n : 0n
  return isWhole(value) ? BigInt(value) : value
}

/** Changes the row in place: bigint and ArrayBuffer are libsql's forms of what we give as number and Buffer. */
function tidyRow(row: unknown): SqlRow {
  const values = row as Record<string, SqlValue | ArrayBuffer>
  for (const name in values) {
    const value = values[name]
    if (typeof value === 'bigint') values[name] = exactInteger(value)
    else if (value instanceof ArrayBuffer) values[name] = Buffer.from(value)
  }
  return values as SqlRow
}
