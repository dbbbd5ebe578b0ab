import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { ConfigError, IoError } from '../../../../src/lib/errors.js'
import { DatabaseBusyError, NotADatabaseError } from '../../../../src/lib/store/errors.js'
import { openStore, type StoreOptions } from '../../../../src/lib/store/open-store.js'
import { sql } from '../../../../src/lib/store/sql.js'
import { scratchFile, scratchFolder } from '../../support/scratch.js'
import { describeStore } from './support/store-behaviour.js'

interface Tables {
  t: { a: number }
}

async function open(file: string, options: Partial<StoreOptions> = {}) {
  const store = await openStore<Tables>(`sqlite:${file}`, { timeoutMs: 2000, ...options })
  onTestFinished(() => store.close())
  return store
}
const mode = (file: string) => (fs.statSync(file).mode & 0o777).toString(8)
const pragma = async (store: Awaited<ReturnType<typeof open>>, name: string) =>
  Object.values((await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(store.db)).rows[0]!)[0]

describe('SQLite', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-store-'))
  afterAll(() => fs.rmSync(folder, { recursive: true }))
  describeStore(async () => `sqlite:${path.join(folder, 'store.db')}`)
})

describe('a file of SQLite', () => {
  it('is made for its owner only, with its companions, and for readers beside a writer', async () => {
    const file = path.join(scratchFolder(), 'new ?#%41.db')
    const umask = process.umask(0)
    onTestFinished(() => void process.umask(umask))
    const store = await open(file)
    await sql`create table t (a)`.execute(store.db)
    expect([mode(file), mode(`${file}-wal`), mode(`${file}-shm`)]).toEqual(['600', '600', '600'])
    expect([await pragma(store, 'journal_mode'), await pragma(store, 'foreign_keys')]).toEqual(['wal', 1])
    await store.close()
    expect([fs.readFileSync(file, 'latin1').slice(0, 15), fs.statSync(`${file}-wal`).size]).toEqual(['SQLite format 3', 0])
  })

  it('of somebody else keeps its mode and its journal', async () => {
    const file = scratchFile('other.db', '', 0o640)
    const before = await open(file)
    await sql`pragma journal_mode=delete`.execute(before.db)
    await sql`create table t (a)`.execute(before.db)
    await before.close()
    const store = await open(file)
    await store.db.insertInto('t').values({ a: 1 }).execute()
    expect([mode(file), await pragma(store, 'journal_mode')]).toEqual(['640', 'delete'])
  })

  it.each(['x'.repeat(5000), 'short', '<html>'])(
    'that holds something else is no database, and stays as it is: %.6s',
    async (text) => {
      const file = scratchFile('letter.txt', text)
      const opening = open(file)
      await expect(opening).rejects.toThrow(NotADatabaseError)
      await expect(opening).rejects.toThrow(file)
      await expect(opening).rejects.toMatchObject({ exit: 78 })
      expect(fs.readFileSync(file, 'utf8')).toBe(text)
    }
  )

  it('that is not there is made only for who writes and wants it', async () => {
    const file = path.join(scratchFolder(), 'missing.db')
    await expect(open(file, { readOnly: true })).rejects.toThrow(ConfigError)
    await expect(open(file, { create: false })).rejects.toThrow(/There is no database/)
    expect(fs.existsSync(file)).toBe(false)
  })

  it('cannot be a folder, nor be in one that is not there', async () => {
    const folder = scratchFolder()
    await expect(open(folder)).rejects.toThrow(/is not a file/)
    await expect(open(path.join(folder, 'no', 'x.db'))).rejects.toThrow(IoError)
  })

  it.each(['http://127.0.0.1:1/x', 'libsql://127.0.0.1:1/x', 'file:x?mode=memory'])('is never an address: %s', async (name) => {
    const folder = scratchFolder()
    const opening = open(path.join(folder, name))
    await (name.startsWith('file:') ? opening : expect(opening).rejects.toThrow(IoError))
    expect(fs.existsSync(path.join(folder, name))).toBe(name.startsWith('file:'))
  })

  it('that another process keeps locked is busy in the end, and this process lives on meanwhile', async () => {
    const file = path.join(scratchFolder(), 'busy.db')
    const holder = await open(file)
    await sql`create table t (a)`.execute(holder.db)
    const transaction = await holder.db.startTransaction().execute()
    const store = await open(file, { timeoutMs: 200 })
    let ticks = 0
    const timer = setInterval(() => ticks++, 5)
    await expect(store.db.insertInto('t').values({ a: 1 }).execute()).rejects.toThrow(DatabaseBusyError)
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(5)
    await transaction.rollback().execute()
    await store.db.insertInto('t').values({ a: 1 }).execute()
  })

  it('is free as soon as a store that was writing is closed', async () => {
    const file = path.join(scratchFolder(), 'closed.db')
    const writer = await open(file)
    await sql`create table t (a)`.execute(writer.db)
    const transaction = await writer.db.startTransaction().execute()
    await transaction.insertInto('t').values({ a: 1 }).execute()
    const store = await open(file, { timeoutMs: 50 })
    await writer.close()
    await store.db.insertInto('t').values({ a: 2 }).execute()
    expect(await store.db.selectFrom('t').selectAll().execute()).toEqual([{ a: 2 }])
  })

  it('whose table changes gives its new columns', async () => {
    const store = await open(':memory:')
    const rows = async () => (await sql`select * from t`.execute(store.db)).rows
    await sql`create table t (a)`.execute(store.db)
    await store.db.insertInto('t').values({ a: 1 }).execute()
    expect(await rows()).toEqual([{ a: 1 }])
    await sql`alter table t add column b default 2`.execute(store.db)
    expect(await rows()).toEqual([{ a: 1, b: 2 }])
  })

  it('can be read while it is written', async () => {
    const file = path.join(scratchFolder(), 'wal.db')
    const writer = await open(file)
    await sql`create table t (a)`.execute(writer.db)
    const transaction = await writer.db.startTransaction().execute()
    await transaction.insertInto('t').values({ a: 1 }).execute()
    const reader = await open(file, { readOnly: true, timeoutMs: 200 })
    expect(await reader.db.selectFrom('t').selectAll().execute()).toEqual([])
    await transaction.rollback().execute()
  })

  it('in memory is there as long as its store', async () => {
    const store = await open(':memory:')
    await sql`create table t (a)`.execute(store.db)
    await store.db.insertInto('t').values({ a: 1 }).execute()
    expect(await store.db.selectFrom('t').selectAll().execute()).toEqual([{ a: 1 }])
    expect(store.describe).toBe('sqlite::memory:')
    await expect((await open(':memory:')).db.selectFrom('t').selectAll().execute()).rejects.toThrow(/no such table/)
  })
})
