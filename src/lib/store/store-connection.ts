import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import { TimeoutError, UsageError } from '../errors.js'
import { untilFree, withLimits } from './limits.js'
import type { Session, SqlRow } from './session.js'
import { checkParameters } from './sql-values.js'
import type { StoreContext } from './store-dialect.js'

/** A server ends a slow statement itself, and keeps the connection; only when it does not is the connection cut, this much later. */
const serverGraceMs = 500

/** A session while it is lent out: with time-outs, with our errors, and with its transaction ended before it goes back. */
export class StoreConnection implements DatabaseConnection {
  readonly #context: StoreContext
  readonly #session: Session
  #inTransaction = false

  constructor(context: StoreContext, session: Session) {
    this.#context = context
    this.#session = session
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const bound = checkParameters(parameters)
    const { rows, affectedRows, insertId } = await this.#limited(() => this.#session.run(sql, bound))
    return {
      rows: rows as R[],
      ...(affectedRows !== undefined && { numAffectedRows: affectedRows }),
      ...(insertId !== undefined && { insertId })
    }
  }

  async *streamQuery<R>({ sql, parameters }: CompiledQuery, chunkRows = 500): AsyncGenerator<QueryResult<R>> {
    const bound = checkParameters(parameters)
    const chunks = this.#session.stream(sql, bound, chunkRows)[Symbol.asyncIterator]()
    try {
      for (;;) {
        const { value, done } = await this.#limited<IteratorResult<SqlRow[]>>(() => chunks.next())
        if (done) return
        yield { rows: value as R[] }
      }
    } finally {
      // Of a session that was cut nobody knows whether it still gives an answer.
      const left = chunks.return?.().catch(() => this.#session.destroy())
      if (!this.#session.dead) await left
    }
  }

  async begin(): Promise<void> {
    await this.#limited(() => this.#session.command(this.#context.engine.beginTransaction))
    this.#inTransaction = true
  }

  async commit(): Promise<void> {
    await this.#limited(() => this.#session.command('commit'))
    this.#inTransaction = false
  }

  /** Never fails: where it cannot be said, the connection is cut, and the server does it. */
  async rollback(): Promise<void> {
    this.#inTransaction = false
    if (this.#session.dead) return
    try {
      await this.#limited(() => this.#session.command('rollback'))
    } catch {
      this.#session.destroy()
    }
  }

  async savepoint(words: string, name: string): Promise<void> {
    if (!/^\w{1,60}$/.test(name))
      throw new UsageError(`"${name}" is no name of a savepoint`, { hint: 'Use letters, digits and _.' })
    await this.#limited(() => this.#session.command(`${words} ${name}`))
  }

  async release(): Promise<void> {
    if (this.#inTransaction) await this.rollback()
    this.#context.pool.put(this.#session)
  }

  /** @throws the signal's reason, or what the engine makes of the driver's error */
  async #limited<T>(run: () => Promise<T>): Promise<T> {
    const { engine, timeoutMs, signal } = this.#context
    const isBusy = (error: unknown) => !this.#session.dead && engine.isBusy(error)
    try {
      return await withLimits(untilFree(timeoutMs, isBusy, run), {
        timeoutMs: timeoutMs + serverGraceMs,
        signal,
        late: () =>
          new TimeoutError(`${engine.describe} did not answer within ${timeoutMs / 1000} s`, {
            hint: 'Try again, or allow more with --timeout.'
          }),
        giveUp: () => this.#session.destroy()
      })
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error
      throw engine.explain(error)
    }
  }
}
