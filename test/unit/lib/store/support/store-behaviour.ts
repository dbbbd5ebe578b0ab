import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { DataError, TimeoutError } from '../../../../../src/lib/errors.js'
import { columnTypes } from '../../../../../src/lib/store/column-types.js'
import {
  NotUniqueError,
  ReadOnlyError,
  RefusedValueError,
  SchemaVersionError,
  UnknownColumnError,
  UnknownTableError
} from '../../../../../src/lib/store/errors.js'
import { type Migration, migrate } from '../../../../../src/lib/store/migrate.js'
import { openStore, type Store, type StoreOptions } from '../../../../../src/lib/store/open-store.js'
import { sql } from '../../../../../src/lib/store/sql.js'

export interface Tables {
  account: { name: string; note: string | null; size: number | bigint | null; ratio: number | null; record: Uint8Array | null }
  many: { id: number; text: string }
}

type Open = (options?: Partial<StoreOptions>) => Promise<Store<Tables>>

const makeAccount: Migration = {
  name: 'make-account',
  up: async (db) => {
    const types = columnTypes(engineOf)
    await db.schema
      .createTable('account')
      .ifNotExists()
      .addColumn('name', types.key, (column) => column.notNull().primaryKey())
      .addColumn('note', types.text)
      .addColumn('size', types.integer)
      .addColumn('ratio', 'double precision')
      .addColumn('record', types.bytes)
      .execute()
  }
}
let engineOf: Store<Tables>['engine'] = 'sqlite'

/** What every engine has to do alike. @param url asked once; the database may hold anything, our tables are dropped first */
export function describeStore(url: () => Promise<string>): void {
  let address = ''
  let store: Store<Tables>
  const open: Open = async (options = {}) => {
    const opened = await openStore<Tables>(address, { timeoutMs: 5000, env: {}, ...options })
    onTestFinished(() => opened.close())
    return opened
  }

  beforeAll(async () => {
    address = await url()
    store = await openStore<Tables>(address, { timeoutMs: 5000, env: {} })
    engineOf = store.engine
    for (const table of ['account', 'many', 'pbxkit_migration']) await store.db.schema.dropTable(table).ifExists().execute()
    await migrate(store, 'test', [makeAccount])
  })
  afterAll(() => store?.close())
  beforeEach(async () => {
    await store.db.deleteFrom('account').execute()
  })

  const row = { name: 'alice', note: null, size: null, ratio: null, record: null }
  const names = async (from = store.db) =>
    (await from.selectFrom('account').select('name').orderBy('name').execute()).map(({ name }) => name)

  describe('values', () => {
    it.each<[string, Partial<Tables['account']>]>([
      ['nothing', {}],
      ['text of four-byte characters, quotes and backslashes', { note: `\u{1F4DE} ž 电话 ' " \\ \\' ; -- % _ \r\n\t` }],
      ['an empty text', { note: '' }],
      ['text that looks like a number', { note: '0042' }],
      ['small numbers', { size: -7, ratio: 0.1 }],
      ['the largest exact number', { size: Number.MAX_SAFE_INTEGER, ratio: -1e300 }],
      ['numbers that only a bigint holds', { size: 2n ** 63n - 1n }],
      ['the smallest integer', { size: -(2n ** 63n) }],
      ['bytes', { record: Buffer.from([0, 1, 0x27, 0x5c, 0xff, 0]) }],
      ['no bytes', { record: Buffer.alloc(0) }]
    ])('come back as they were: %s', async (_, values) => {
      await store.db
        .insertInto('account')
        .values({ ...row, ...values })
        .execute()
      expect(await store.db.selectFrom('account').selectAll().execute()).toEqual([{ ...row, ...values }])
    })

    it('are whole numbers in a text column when they were whole numbers', async () => {
      const note = sql<string>`cast(${Number.MAX_SAFE_INTEGER} as char(16))`
      await store.db
        .insertInto('account')
        .values({ ...row, note })
        .execute()
      expect(await store.db.selectFrom('account').select('note').executeTakeFirstOrThrow()).toEqual({ note: '9007199254740991' })
    })

    it('are found by parameters of every kind, and in a limit', async () => {
      const record = new Uint8Array([1, 2, 3]).subarray(1)
      await store.db
        .insertInto('account')
        .values({ ...row, size: 2n ** 60n, ratio: 0.5, record })
        .execute()
      const found = await store.db
        .selectFrom('account')
        .select('record')
        .where('size', '=', 2n ** 60n)
        .where('ratio', '=', 0.5)
        .where('record', '=', record)
        .limit(1)
        .execute()
      expect(found).toEqual([{ record: Buffer.from([2, 3]) }])
    })

    it('are counted as numbers', async () => {
      await store.db
        .insertInto('account')
        .values([row, { ...row, name: 'bob' }])
        .execute()
      const { count } = await store.db.selectFrom('account').select(sql<number>`count(*)`.as('count')).executeTakeFirstOrThrow()
      expect(count).toBe(2)
    })

    it.each<[string, unknown]>([
      ['NUL', 'a\0b'],
      ['half of a surrogate pair', 'a\ud800b'],
      ['NaN', Number.NaN],
      ['a date', new Date(0)],
      ['an array', [1]],
      ['an object', { toString: () => 'x' }],
      ['65 bits', 2n ** 64n]
    ])('that an engine would change or choke on are refused: %s', async (_, value) => {
      const wrong = store.db
        .updateTable('account')
        .set({ note: value as string })
        .where('name', '=', 'alice')
        .execute()
      await expect(wrong).rejects.toThrow(DataError)
    })

    it('may be true and false where the column is a number or a boolean', async () => {
      const { yes, no } = await store.db
        .selectNoFrom([
          sql<unknown>`cast(${true} as ${booleanType()})`.as('yes'),
          sql<unknown>`cast(${false} as ${booleanType()})`.as('no')
        ])
        .executeTakeFirstOrThrow()
      expect([Number(yes), Number(no)]).toEqual([1, 0])
    })

    it('never become part of the statement', async () => {
      await store.db
        .insertInto('account')
        .values({ ...row, note: "'); drop table account; --" })
        .execute()
      expect(await names()).toEqual(['alice'])
      // MySQL's own escaping fails in this mode, which is why nothing is escaped.
      if (store.engine === 'mysql') {
        const connected = store.db.connection().execute(async (db) => {
          await sql`set session sql_mode = 'NO_BACKSLASH_ESCAPES'`.execute(db)
          await db
            .insertInto('account')
            .values({ ...row, name: `\\' or 1=1 -- ` })
            .execute()
          return await names(db)
        })
        expect(await connected).toContain(`\\' or 1=1 -- `)
      }
    })
  })

  function booleanType() {
    return store.engine === 'mysql' ? sql`signed` : store.engine === 'postgres' ? sql`boolean` : sql`integer`
  }

  describe('writing', () => {
    it('says how many rows it met, also those that were so before', async () => {
      await store.db
        .insertInto('account')
        .values([row, { ...row, name: 'bob', size: 1 }])
        .execute()
      const [{ numUpdatedRows }] = (await store.db.updateTable('account').set({ size: 1 }).execute()) as [
        { numUpdatedRows: bigint }
      ]
      const [{ numDeletedRows }] = (await store.db.deleteFrom('account').where('name', '=', 'nobody').execute()) as [
        { numDeletedRows: bigint }
      ]
      expect([numUpdatedRows, numDeletedRows]).toEqual([2n, 0n])
    })

    it('of the same key is not unique, and the connection is as good as before', async () => {
      await store.db.insertInto('account').values(row).execute()
      const again = store.db.insertInto('account').values(row).execute()
      await expect(again).rejects.toThrow(NotUniqueError)
      await expect(again).rejects.toMatchObject({ exit: 65, cause: expect.any(Error) })
      expect(await names()).toEqual(['alice'])
    })

    it('of keys that differ in case or accent is unique', async () => {
      const keys = ['Alice', 'Zoé', 'alice', 'zoe']
      await store.db
        .insertInto('account')
        .values(keys.map((name) => ({ ...row, name })))
        .execute()
      expect((await names()).sort()).toEqual(keys.sort())
    })

    it('of nothing where something has to be is refused', async () => {
      const wrong = store.db
        .insertInto('account')
        .values({ ...row, name: null as never })
        .execute()
      await expect(wrong).rejects.toThrow(RefusedValueError)
    })

    it('to a missing table or column names it', async () => {
      const db = store.db as unknown as Store<{ nowhere: { a: number }; account: { nothing: string } }>['db']
      const table = db.selectFrom('nowhere').select('a').execute()
      await expect(table).rejects.toThrow(UnknownTableError)
      await expect(table).rejects.toThrow(/nowhere/)
      const column = db.selectFrom('account').select('nothing').execute()
      await expect(column).rejects.toThrow(UnknownColumnError)
      await expect(column).rejects.toMatchObject({ exit: 78, message: expect.stringContaining('nothing') })
    })

    it('through a store that is only for reading is refused', async () => {
      const reader = await open({ readOnly: true })
      await expect(reader.db.insertInto('account').values(row).execute()).rejects.toThrow(ReadOnlyError)
      const inside = reader.db.transaction().execute((db) => db.insertInto('account').values(row).execute())
      await expect(inside).rejects.toThrow(ReadOnlyError)
      expect(await names(reader.db)).toEqual([])
    })
  })

  describe('a transaction', () => {
    it('that fails in the middle leaves nothing', async () => {
      const failing = store.db.transaction().execute(async (db) => {
        await db.insertInto('account').values(row).execute()
        await db
          .insertInto('account')
          .values({ ...row, name: 'bob' })
          .execute()
        expect(await names(db)).toEqual(['alice', 'bob'])
        await db.insertInto('account').values(row).execute()
      })
      await expect(failing).rejects.toThrow(NotUniqueError)
      expect(await names()).toEqual([])
    })

    it('is not seen by others before its end', async () => {
      const other = await open({ readOnly: true })
      await store.db.transaction().execute(async (db) => {
        await db.insertInto('account').values(row).execute()
        expect(await names(other.db)).toEqual([])
      })
      expect(await names(other.db)).toEqual(['alice'])
    })

    it('can go back to a savepoint', async () => {
      const transaction = await store.db.startTransaction().execute()
      await transaction.insertInto('account').values(row).execute()
      const saved = await transaction.savepoint('before_bob').execute()
      await saved
        .insertInto('account')
        .values({ ...row, name: 'bob' })
        .execute()
      await saved.rollbackToSavepoint('before_bob').execute()
      await saved.commit().execute()
      expect(await names()).toEqual(['alice'])
    })

    it('whose store is closed in the middle is undone', async () => {
      const other = await openStore<Tables>(address, { timeoutMs: 5000, env: {} })
      const transaction = await other.db.startTransaction().execute()
      await transaction.insertInto('account').values(row).execute()
      await other.close()
      expect(await names()).toEqual([])
      await store.db.insertInto('account').values(row).execute()
    })

    it('that is left open is undone before somebody else gets its connection', async () => {
      await store.db.connection().execute(async (db) => {
        const forgotten = await db.startTransaction().execute()
        await forgotten.insertInto('account').values(row).execute()
      })
      expect(await names()).toEqual([])
    })

    it('that waits for one of another store gets its turn', async () => {
      const other = await open()
      const first = await store.db.startTransaction().execute()
      await first.insertInto('account').values(row).execute()
      const second = other.db.transaction().execute((db) => db.updateTable('account').set({ size: 2 }).execute())
      const order: string[] = []
      const both = second.then(() => order.push('second'))
      await new Promise((resolve) => setImmediate(resolve))
      order.push('first')
      await first.commit().execute()
      await both
      expect(order).toEqual(['first', 'second'])
    })

    it('that waits for a connection that never comes free ends in time', async () => {
      const small = await open({ timeoutMs: 300 })
      const waits: Promise<unknown>[] = []
      // More than any engine's connections.
      const held = await Promise.all(
        Array.from({ length: small.engine === 'sqlite' ? 1 : 4 }, () => small.db.startTransaction().execute())
      )
      waits.push(small.db.selectFrom('account').selectAll().execute())
      await expect(waits[0]).rejects.toThrow(TimeoutError)
      for (const transaction of held) await transaction.rollback().execute()
      expect(await names(small.db)).toEqual([])
    })
  })

  describe('a stream', () => {
    const count = 20_000
    beforeAll(async () => {
      const { key, integer } = columnTypes(store.engine)
      await store.db.schema.createTable('many').addColumn('id', integer).addColumn('text', key).execute()
      await store.db.transaction().execute(async (db) => {
        for (let id = 0; id < count; id += 500) {
          const rows = Array.from({ length: 500 }, (_, index) => ({ id: id + index, text: `row ${id + index}` }))
          await db.insertInto('many').values(rows).execute()
        }
      })
    })
    const everything = (db = store.db, from = 0) => db.selectFrom('many').selectAll().where('id', '>=', from).orderBy('id')

    it('gives all rows in order', async () => {
      let next = 0
      for await (const { id, text } of everything().stream(100)) {
        if (id !== next || text !== `row ${next}`) throw new Error(`row ${id} instead of ${next}`)
        next++
      }
      expect(next).toBe(count)
    })

    it('of nothing ends at once', async () => {
      for await (const row of everything(store.db, count).stream()) throw new Error(`row ${row.id}`)
    })

    it('can be left early, again and again, and the table can be changed afterwards', async () => {
      for (let round = 0; round < 12; round++) {
        for await (const { id } of store.db.selectFrom('many').selectAll().where('id', '>=', round).stream(10))
          if (id === 15) break
      }
      await store.db.schema.createIndex('many_id').on('many').column('id').execute()
      const { changed } = {
        changed: await store.db.updateTable('many').set({ text: 'row 0' }).where('id', '=', 0).executeTakeFirst()
      }
      expect(changed.numUpdatedRows).toBe(1n)
    })

    it('of a statement that is wrong fails, and the connection is as good as before', async () => {
      const wrong = (store.db as unknown as Store<{ nowhere: { a: number } }>['db']).selectFrom('nowhere').select('a').stream()
      await expect(wrong.next()).rejects.toThrow(UnknownTableError)
      expect(await names()).toEqual([])
    })

    it('works inside a transaction, which goes on after it', async () => {
      let seen = 0
      const failing = store.db.transaction().execute(async (db) => {
        await db.insertInto('account').values(row).execute()
        for await (const _ of everything(db).stream(1000)) seen++
        await db
          .insertInto('account')
          .values({ ...row, name: 'bob' })
          .execute()
        expect(await names(db)).toEqual(['alice', 'bob'])
        throw new Error('changed my mind')
      })
      await expect(failing).rejects.toThrow('changed my mind')
      expect(await names()).toEqual([])
      expect(seen).toBe(count)
    })

    it('lets timers run', async () => {
      let ticks = 0
      const timer = setInterval(() => ticks++, 1)
      for await (const _ of everything().stream(1000));
      clearInterval(timer)
      expect(ticks).toBeGreaterThan(1)
    })
  })

  describe('migrations', () => {
    beforeEach(async () => {
      await store.db.schema.dropTable('step_one').ifExists().execute()
      const db = store.db as unknown as Store<{ pbxkit_migration: { component: string } }>['db']
      await db.deleteFrom('pbxkit_migration').where('component', '=', 'steps').execute()
    })
    const one: Migration = {
      name: 'one',
      up: async (db) => {
        await db.schema.createTable('step_one').addColumn('a', 'integer').execute()
      }
    }
    const two: Migration = {
      name: 'two',
      up: async (db) => {
        await db.insertInto('step_one').values({ a: 1 }).execute()
      }
    }
    const rowsOf = async () => (await sql<{ a: number }>`select a from step_one`.execute(store.db)).rows

    it('run once, and later ones follow', async () => {
      expect(await migrate(store, 'steps', [one])).toEqual(['one'])
      expect(await migrate(store, 'steps', [one])).toEqual([])
      expect(await migrate(store, 'steps', [one, two])).toEqual(['two'])
      expect(await migrate(store, 'steps', [one, two])).toEqual([])
      expect(await rowsOf()).toEqual([{ a: 1 }])
    })

    it('run once when several start at the same time', async () => {
      const others = await Promise.all([open(), open(), open()])
      const done = await Promise.all(others.map((other) => migrate(other, 'steps', [one, two])))
      expect(done.flat()).toEqual(['one', 'two'])
      expect(await rowsOf()).toEqual([{ a: 1 }])
    })

    it('that fail are not recorded, and what they wrote is undone', async () => {
      const failing: Migration = {
        name: 'two',
        up: async (db) => {
          await two.up(db)
          await db.insertInto('nowhere').values({ a: 1 }).execute()
        }
      }
      await expect(migrate(store, 'steps', [one, failing])).rejects.toThrow(UnknownTableError)
      expect(await rowsOf()).toEqual([])
      expect(await migrate(store, 'steps', [one, two])).toEqual(['two'])
    })

    it('of a newer release or another history are refused', async () => {
      await migrate(store, 'steps', [one, two])
      await expect(migrate(store, 'steps', [one])).rejects.toThrow(SchemaVersionError)
      await expect(migrate(store, 'steps', [one, { ...two, name: 'other' }])).rejects.toThrow(/step 2 is "two"/)
    })

    it('need no right to write when there is nothing to do', async () => {
      await migrate(store, 'steps', [one])
      expect(await migrate(await open({ readOnly: true }), 'steps', [one])).toEqual([])
    })
  })

  describe('a signal', () => {
    it('that came before it ends the opening', async () => {
      const reason = new Error('enough')
      await expect(open({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    })

    it('ends what waits, and closes the store', async () => {
      const stop = new AbortController()
      const reason = new Error('enough')
      const opened = await open({ signal: stop.signal })
      const transaction = await opened.db.startTransaction().execute()
      await transaction.insertInto('account').values(row).execute()
      stop.abort(reason)
      await expect(transaction.selectFrom('account').selectAll().execute()).rejects.toBe(reason)
      await expect(opened.db.selectFrom('account').selectAll().execute()).rejects.toBe(reason)
      expect(await names()).toEqual([])
    })
  })
}
