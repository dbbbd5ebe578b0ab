import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { Connection, ConnectionOptions, FieldPacket, QueryResult, ResultSetHeader, TypedParameter } from 'mysql2'
import { explainMysql } from './mysql-errors.js'
import { type DriverTls, driverTls, maxServerSessions, openSocket, type ServerOptions } from './server-socket.js'
import type { Engine, OpenOptions, Session, SqlResult, SqlRow } from './session.js'
import { exactInteger, isWhole, type SqlParameter } from './sql-values.js'
import { describeTarget, type ServerTarget } from './store-url.js'

/** Commands have some tens of statements; each one prepared is memory in the server. */
const maxPreparedStatements = 128
/** A consumer of a stream that is slower than this between two reads is taken for dead by the server. */
const slowReaderS = 600
/** The protocol's number of BIGINT. */
const LONGLONG = 8
/** ER_UNSUPPORTED_PS: a statement that the server does not prepare. */
const notPreparable = 1295

interface Driver {
  createConnection(options: ConnectionOptions): Connection
  TypedParameter: TypedParameter
}

/** MySQL and MariaDB, through mysql2. Statements are prepared by the server: no value is ever part of their text. */
export async function mysqlEngine(target: ServerTarget, options: ServerOptions): Promise<Engine> {
  const { default: driver } = await import('mysql2')
  const describe = describeTarget(target)
  const tls = driverTls(target, options.tls)
  return {
    name: 'mysql',
    describe,
    maxSessions: maxServerSessions,
    beginTransaction: 'start transaction',
    open: (limits) => openSession(driver, target, options, tls, limits),
    explain: (error) => explainMysql(error, describe),
    isBusy: () => false
  }
}

async function openSession(
  driver: Driver,
  target: ServerTarget,
  options: ServerOptions,
  tls: DriverTls | undefined,
  limits: OpenOptions
): Promise<Session> {
  const socket = await openSocket(target, limits)
  // mysql2 leaves it to node's tls to know the host, and over a given socket node knows it by this. Without it node would
  // compare the certificate with "localhost", and refuse.
  Object.assign(socket, { _host: target.host })
  const connection = driver.createConnection({
    stream: socket,
    host: target.host,
    user: target.user,
    password: options.password,
    database: target.database,
    connectTimeout: limits.timeoutMs,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    jsonStrings: true,
    maxPreparedStatements,
    // Otherwise it compiles a parser from what the server calls its columns.
    disableEval: true,
    ...(tls && { ssl: { ...tls, verifyIdentity: tls.rejectUnauthorized } as ConnectionOptions['ssl'] & object })
  })
  const session = new MysqlSession(connection, driver.TypedParameter)
  const abort = () => session.destroy()
  limits.signal?.addEventListener('abort', abort, { once: true })
  try {
    await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())))
    await session.prepare(options)
    return session
  } catch (error) {
    session.destroy()
    throw error
  } finally {
    limits.signal?.removeEventListener('abort', abort)
  }
}

class MysqlSession implements Session {
  dead = false
  readonly #connection: Connection
  readonly #typed: TypedParameter
  #streaming: Readable | undefined
  #setLimit = ''
  #clearLimit = ''

  constructor(connection: Connection, typed: TypedParameter) {
    this.#connection = connection
    this.#typed = typed
    // mysql2 leaves the stream of a connection that is lost waiting for ever.
    const die = (error?: Error) => {
      this.dead = true
      this.#streaming?.destroy(error ?? lost('the rows ended in the middle'))
    }
    // Without a listener, a server that goes away would end our process.
    connection.on('error', die).on('end', () => die())
  }

  /** Settings of the session: the same strictness, limits and rights everywhere, whatever the server's defaults. */
  async prepare({ readOnly, statementTimeoutMs }: ServerOptions): Promise<void> {
    const [{ version } = { version: '' }] = (await this.#query('select version() as version')).rows
    const mariadb = /mariadb/i.test(String(version))
    // MySQL bounds only SELECT so.
    const limit = mariadb ? 'max_statement_time' : 'max_execution_time'
    this.#setLimit = `set session ${limit} = ${mariadb ? statementTimeoutMs / 1000 : statementTimeoutMs}, net_write_timeout = default`
    this.#clearLimit = `set session ${limit} = 0, net_write_timeout = ${slowReaderS}`
    // A value that does not fit is an error, never cut without a word. A wait for somebody's lock ends with our patience.
    await this.command(
      `set session sql_mode = concat_ws(',', nullif(@@sql_mode, ''), 'STRICT_ALL_TABLES'), ` +
        `innodb_lock_wait_timeout = ${Math.max(1, Math.ceil(statementTimeoutMs / 1000))}`
    )
    await this.command(this.#setLimit)
    if (readOnly) await this.command('set session transaction read only')
  }

  async run(sql: string, parameters: readonly SqlParameter[]): Promise<SqlResult> {
    const values = this.#bind(parameters)
    try {
      return await new Promise<SqlResult>((resolve, reject) => {
        this.#connection.execute(sql, values, (error, result, fields) =>
          error ? reject(error) : resolve(tidyResult(result, fields))
        )
      })
    } catch (error) {
      if ((error as { errno?: number }).errno !== notPreparable || values.length > 0) throw error
      return await this.#query(sql)
    }
  }

  async *stream(sql: string, parameters: readonly SqlParameter[], chunkRows: number): AsyncGenerator<SqlRow[]> {
    // The server's limit counts the time that the reader takes, too.
    await this.command(this.#clearLimit)
    let bigColumns: string[] = []
    let complete = false
    const command = this.#connection.execute(sql, this.#bind(parameters))
    const rows = command.stream({ highWaterMark: chunkRows })
    this.#streaming = rows
    command.on('end', () => {
      this.#streaming = undefined
    })
    rows.on('fields', (fields: FieldPacket[]) => {
      bigColumns = bigColumnsOf(fields)
    })
    try {
      let chunk: SqlRow[] = []
      for await (const row of rows) {
        if (chunk.push(tidyRow(row, bigColumns)) < chunkRows) continue
        yield chunk
        chunk = []
      }
      if (chunk.length > 0) yield chunk
      complete = true
    } catch (error) {
      // A statement that the server refused leaves a good connection behind.
      complete = (error as { sqlState?: string }).sqlState !== undefined
      throw error
    } finally {
      this.#streaming = undefined
      // Left early: the rest of the rows is on its way, and nobody wants to read it.
      if (!complete) this.destroy()
      else if (!this.dead) await this.command(this.#setLimit)
    }
  }

  async command(sql: string): Promise<void> {
    await this.#query(sql)
  }

  close(): Promise<void> {
    if (this.dead) return Promise.resolve()
    this.dead = true
    return new Promise((resolve) => {
      this.#connection.once('end', () => resolve())
      this.#connection.end(() => resolve())
    })
  }

  destroy(): void {
    this.dead = true
    // With an error, so that whatever runs hears of it: mysql2's own destroy() says goodbye to a server that may not listen,
    // and leaves its statements without an answer.
    const { stream } = this.#connection as unknown as { stream: Socket }
    stream.destroy(lost('it was closed here'))
  }

  #query(sql: string): Promise<SqlResult> {
    return new Promise((resolve, reject) => {
      this.#connection.query(sql, (error: unknown, result: QueryResult, fields: FieldPacket[]) =>
        error ? reject(error) : resolve(tidyResult(result, fields))
      )
    })
  }

  /** mysql2 would send numbers as DOUBLE: LIMIT refuses that, and an index on text or large integers is not used. */
  #bind(parameters: readonly SqlParameter[]): ReturnType<TypedParameter['BIGINT']>[] {
    const { BIGINT } = this.#typed
    const bound = parameters.map((value) => {
      if (isWhole(value)) return BIGINT(value)
      if (typeof value === 'bigint') return value < 2n ** 63n ? BIGINT(value) : BIGINT.unsigned(value)
      if (typeof value === 'boolean') return value ? 1 : 0
      return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.length) : value
    })
    return bound as ReturnType<TypedParameter['BIGINT']>[]
  }
}

function tidyResult(result: QueryResult, fields: FieldPacket[] | undefined): SqlResult {
  if (!Array.isArray(result)) {
    const { affectedRows, insertId } = result as ResultSetHeader
    return { rows: [], affectedRows: BigInt(affectedRows), insertId: BigInt(insertId) }
  }
  const bigColumns = bigColumnsOf(fields ?? [])
  return { rows: result.map((row) => tidyRow(row, bigColumns)) }
}

function bigColumnsOf(fields: FieldPacket[]): string[] {
  return fields.filter(({ columnType }) => columnType === LONGLONG).map(({ name }) => name)
}

/** Changes the row in place. */
function tidyRow(row: unknown, bigColumns: readonly string[]): SqlRow {
  const values = row as SqlRow
  for (const name of bigColumns) {
    const value = values[name]
    if (typeof value === 'string') values[name] = exactInteger(value)
  }
  return values
}

function lost(message: string): Error {
  return Object.assign(new Error(message), { code: 'PROTOCOL_CONNECTION_LOST' })
}
