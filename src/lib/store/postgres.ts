import type { Socket } from 'node:net'
import type { Client, ClientConfig, QueryResult } from 'pg'
import { explainPostgres } from './postgres-errors.js'
import { type DriverTls, driverTls, maxServerSessions, openSocket, type ServerOptions } from './server-socket.js'
import type { Engine, OpenOptions, Session, SqlResult, SqlRow } from './session.js'
import { exactInteger, type SqlParameter } from './sql-values.js'
import { describeTarget, type ServerTarget } from './store-url.js'

/** PostgreSQL, through pg. Every statement goes through the extended protocol: one statement, values apart from its text. */
export async function postgresEngine(target: ServerTarget, options: ServerOptions): Promise<Engine> {
  const { default: driver } = await import('pg')
  const describe = describeTarget(target)
  const tls = driverTls(target, options.tls)
  return {
    name: 'postgres',
    describe,
    maxSessions: maxServerSessions,
    beginTransaction: 'begin',
    open: (limits) => openSession(driver, target, options, tls, limits),
    explain: (error) => explainPostgres(error, describe),
    isBusy: () => false
  }
}

async function openSession(
  driver: { Client: typeof Client; types: { getTypeParser(oid: number): (text: string) => unknown } },
  target: ServerTarget,
  options: ServerOptions,
  tls: DriverTls | undefined,
  limits: OpenOptions
): Promise<Session> {
  const socket = alreadyConnected(await openSocket(target, limits))
  const bytes = driver.types.getTypeParser(17) as (text: string) => Buffer
  // All that pg would otherwise take from PG… variables of the environment and from ~/.pgpass.
  const config: ClientConfig & { client_encoding: string } = {
    stream: () => socket,
    host: target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    password: () => options.password,
    ssl: tls ?? false,
    application_name: 'pbxkit',
    client_encoding: 'UTF8',
    connectionTimeoutMillis: limits.timeoutMs,
    types: { getTypeParser: (oid: number) => parserOf(oid, bytes) as never }
  }
  const client = new driver.Client(config)
  const session = new PostgresSession(client, socket)
  const abort = () => session.destroy()
  limits.signal?.addEventListener('abort', abort, { once: true })
  try {
    await client.connect()
    await session.command(`set statement_timeout = ${options.statementTimeoutMs}`)
    if (options.readOnly) await session.command('set default_transaction_read_only = on')
    return session
  } catch (error) {
    session.destroy()
    throw error
  } finally {
    limits.signal?.removeEventListener('abort', abort)
  }
}

/** pg wants to connect the socket that it is given: it is told that this is done. */
function alreadyConnected(socket: Socket): Socket {
  socket.connect = () => {
    queueMicrotask(() => socket.emit('connect'))
    return socket
  }
  return socket
}

/** Type numbers of pg_type whose text becomes something else; the text of all others is given as it is. */
function parserOf(oid: number, bytes: (text: string) => Buffer): (text: string) => unknown {
  switch (oid) {
    case 16: // bool
      return (text) => text === 't'
    case 17: // bytea
      return bytes
    case 20: // int8
      return exactInteger
    case 21: // int2
    case 23: // int4
    case 26: // oid
    case 700: // float4
    case 701: // float8
      return Number
    default:
      return (text) => text
  }
}

class PostgresSession implements Session {
  dead = false
  readonly #client: Client
  readonly #socket: Socket
  #cursors = 0

  constructor(client: Client, socket: Socket) {
    this.#client = client
    this.#socket = socket
    const die = () => {
      this.dead = true
    }
    // Without a listener, a server that goes away would end our process.
    client.on('error', die).on('end', die)
  }

  async run(sql: string, parameters: readonly SqlParameter[]): Promise<SqlResult> {
    const { rows, rowCount, command } = await this.#query(sql, parameters)
    const changes = /^(INSERT|UPDATE|DELETE|MERGE)$/.test(command)
    return { rows, ...(changes && { affectedRows: BigInt(rowCount ?? 0) }) }
  }

  /** A cursor of the server's, which lives in a transaction: in the one that is open, else in one of its own. */
  async *stream(sql: string, parameters: readonly SqlParameter[], chunkRows: number): AsyncGenerator<SqlRow[]> {
    const own = this.#client.getTransactionStatus() !== 'T'
    const cursor = `pbxkit_${++this.#cursors}`
    let failed = true
    if (own) await this.command('begin')
    try {
      await this.#query(`declare ${cursor} no scroll cursor for ${sql}`, parameters)
      for (;;) {
        const { rows } = await this.#query(`fetch ${chunkRows} from ${cursor}`, [])
        if (rows.length > 0) {
          failed = false
          yield rows
          failed = true
        }
        if (rows.length < chunkRows) break
      }
      failed = false
    } finally {
      if (!this.dead) await this.#endStream(own, failed, cursor)
    }
  }

  async #endStream(own: boolean, failed: boolean, cursor: string): Promise<void> {
    // In a transaction that failed nothing more can be said, and its end takes the cursor along.
    const goodbye = own ? (failed ? 'rollback' : 'commit') : failed ? undefined : `close ${cursor}`
    try {
      if (goodbye) await this.command(goodbye)
    } catch {
      this.destroy()
    }
  }

  async command(sql: string): Promise<void> {
    await this.#query(sql, [])
  }

  async close(): Promise<void> {
    if (this.dead) return
    this.dead = true
    await this.#client.end()
  }

  destroy(): void {
    this.dead = true
    this.#socket.destroy()
  }

  #query(text: string, values: readonly SqlParameter[]): Promise<QueryResult<SqlRow>> {
    return this.#client.query<SqlRow>({ text, values: [...values], queryMode: 'extended' } as { text: string; values: unknown[] })
  }
}
