import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ConnectError, ConnectionLostError, LoginError, type PbxkitError, TimeoutError, TlsError } from '../../src/lib/errors.js'
import { DatabaseRightsError, RefusedValueError, UnknownDatabaseError } from '../../src/lib/store/errors.js'
import { openStore, type Store, type StoreOptions } from '../../src/lib/store/open-store.js'
import { sql } from '../../src/lib/store/sql.js'
import { describeStore } from '../unit/lib/store/support/store-behaviour.js'
import { selfSigned } from './servers/certificate.js'
import { run } from './servers/command.js'
import type { RunningServer } from './servers/instance.js'
import { startMariadb } from './servers/mariadb.js'
import { startPostgresql } from './servers/postgresql.js'
import { describeLab } from './support/lab.js'

/** What the two servers have in common, for the tests. */
interface Server extends RunningServer {
  readonly port: number
  readonly url: string
}

interface Kind {
  start(certificate: Certificate): Promise<Server>
  /** Where its unix socket is. */
  socketOf(server: Server): string
  /** Statements that make a user `limited` with the password, who may do nothing but log in. */
  limited: string[]
  sleep(seconds: number): ReturnType<typeof sql>
  /** What the server is busy with, apart from this question. */
  busy: ReturnType<typeof sql<{ count: number }>>
  /** A million rows, in brackets. */
  million: ReturnType<typeof sql<{ n: number }>>
}

interface Certificate {
  certFile: string
  keyFile: string
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-store-lab-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))
const password = `it's "long" \\ %25 ž`

async function certificate(owner?: string): Promise<Certificate> {
  const dir = fs.mkdtempSync(path.join(folder, 'tls-'))
  const { cert, key } = await selfSigned(dir)
  const files = { certFile: path.join(dir, 'tls.crt'), keyFile: path.join(dir, 'tls.key') }
  fs.writeFileSync(files.certFile, cert)
  fs.writeFileSync(files.keyFile, key, { mode: 0o600 })
  if (owner) {
    fs.chmodSync(folder, 0o755)
    await run('chown', ['-R', owner, dir])
  }
  return files
}

const mariadb: Kind = {
  start: ({ certFile, keyFile }) => startMariadb({ name: 'store', args: [`--ssl-cert=${certFile}`, `--ssl-key=${keyFile}`] }),
  socketOf: ({ dir }) => path.join(dir, 'mariadb.sock'),
  limited: [
    `create user limited@'%' identified by 'it''s "long" \\\\ %25 ž'`,
    'grant usage on pbxkit.* to limited',
    'grant select on pbxkit.account to limited'
  ],
  sleep: (seconds) => sql`select sleep(${seconds})`,
  busy: sql`select count(*) as count from information_schema.processlist where command in ('Query', 'Execute') and id <> connection_id()`,
  million: sql`(select seq as n from seq_1_to_1000000)`
}

const postgresql: Kind = {
  start: ({ certFile, keyFile }) =>
    startPostgresql({
      name: 'store',
      args: ['-c', 'ssl=on', '-c', `ssl_cert_file=${certFile}`, '-c', `ssl_key_file=${keyFile}`]
    }),
  socketOf: ({ dir }) => dir,
  limited: [`create role limited login password 'it''s "long" \\ %25 ž'`],
  sleep: (seconds) => sql`select pg_sleep(${seconds})`,
  busy: sql`select count(*) as count from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and backend_type = 'client backend'`,
  million: sql`(select n from generate_series(1, 1000000) n)`
}

await describeLab('the store on MariaDB', () => suite(mariadb), 'mariadb')
await describeLab('the store on PostgreSQL', () => suite(postgresql, 'postgres'), 'postgresql')

function suite(kind: Kind, owner?: string): void {
  let server: Server
  let tls: Certificate
  beforeAll(async () => {
    tls = await certificate(owner)
    server = await kind.start(tls)
  })
  afterAll(() => server?.stop())

  async function open(options: Partial<StoreOptions> & { url?: string } = {}): Promise<Store<Record<string, never>>> {
    const { url = server.url, ...rest } = options
    const store = await openStore<Record<string, never>>(url, { timeoutMs: 5000, env: {}, ...rest })
    onTestFinished(() => store.close())
    return store
  }
  const url = (user: string, rest = '', database = 'pbxkit') =>
    `${new URL(server.url).protocol}//${user}@127.0.0.1:${server.port}/${database}${rest}`
  const million = ({ db }: Store<Record<string, never>>) => db.selectFrom(kind.million.as('numbers')).select('n').stream(500)
  const count = async (store: Store<Record<string, never>>) => Number((await kind.busy.execute(store.db)).rows[0]!.count)

  describe('does what every store does:', () => describeStore(async () => server.url))

  if (kind === mariadb) {
    it('refuses a value that does not fit, also where the server would cut it', async () => {
      const root = await open()
      await sql`set global sql_mode = ''`.execute(root.db)
      const store = await open()
      await sql`create temporary table small (a varchar(3))`.execute(store.db)
      await expect(sql`insert into small values (${'long'})`.execute(store.db)).rejects.toThrow(RefusedValueError)
      await sql`set global sql_mode = default`.execute(root.db)
    })
  }

  describe('who comes in', () => {
    beforeAll(async () => {
      const store = await openStore<Record<string, never>>(server.url, { timeoutMs: 5000, env: {} })
      for (const statement of kind.limited) await sql.raw(statement).execute(store.db)
      await store.close()
      if (kind === postgresql) await asksForPasswords(server)
    })

    it('has the right password, from the environment or a file', async () => {
      const passwordFile = path.join(folder, 'password')
      fs.writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
      await open({ url: url('limited'), passwordFile })
      await open({ url: url('limited'), env: { PBXKIT_DB_PASSWORD: password } })
      await open({ url: url(`limited:${encodeURIComponent(password)}`), urlSource: 'private' })
    })

    it.each([
      ['a wrong one', 'wrong'],
      ['none', '']
    ])('is refused with %s', async (_, wrong) => {
      const opening = open({ url: url('limited'), env: { PBXKIT_DB_PASSWORD: wrong } })
      await expect(opening).rejects.toThrow(LoginError)
      await expect(opening).rejects.toMatchObject({ exit: 77, hint: expect.stringContaining('PBXKIT_DB_PASSWORD') })
    })

    it('asks for a database that is there', async () => {
      const opening = open({ url: url(new URL(server.url).username, '', 'nowhere') })
      await expect(opening).rejects.toThrow(UnknownDatabaseError)
      await expect(opening).rejects.toMatchObject({ exit: 78, message: expect.stringContaining('nowhere') })
    })

    it('does what it may', async () => {
      const store = await open({ url: url('limited'), env: { PBXKIT_DB_PASSWORD: password } })
      const writing = sql`delete from account`.execute(store.db)
      await expect(writing).rejects.toThrow(DatabaseRightsError)
      await expect(writing).rejects.toMatchObject({ exit: 77 })
    })

    it('may come through the unix socket', async () => {
      const store = await open({ url: url(new URL(server.url).username, `?socket=${kind.socketOf(server)}`) })
      await sql`select 1 as one`.execute(store.db)
      expect(store.describe).toContain('?socket=')
      await expect(open({ url: url('x', '?socket=/nowhere') })).rejects.toThrow(ConnectError)
    })
  })

  describe('TLS', () => {
    const encrypted = async (store: Store<Record<string, never>>) => {
      const statement =
        kind === mariadb
          ? sql`show session status like 'Ssl_version'`
          : sql`select version as "Value" from pg_stat_ssl where pid = pg_backend_pid()`
      return String((await statement.execute(store.db)).rows.map((row) => (row as { Value: unknown }).Value))
    }
    const me = () => new URL(server.url).username

    it('is verified when it is asked for', async () => {
      const opening = open({ url: url(me(), '?tls=verify') })
      await expect(opening).rejects.toThrow(TlsError)
      await expect(opening).rejects.toMatchObject({ exit: 69, hint: expect.stringContaining('tls-ca') })
      await expect(open({ tls: {} })).rejects.toThrow(TlsError)
    })

    it('trusts the authority that is named, by name and by address', async () => {
      expect(await encrypted(await open({ url: url(me(), `?tls-ca=${tls.certFile}`) }))).toMatch(/^TLSv1/)
      const byName = url(me(), `?tls=verify&tls-ca=${tls.certFile}`).replace('127.0.0.1', 'localhost')
      expect(await encrypted(await open({ url: byName }))).toMatch(/^TLSv1/)
    })

    it('refuses the certificate of somebody else', async () => {
      const address = '127.0.0.2'
      const relay = await relayTo(server.port, address)
      const other = url(me(), `?tls-ca=${tls.certFile}`).replace(`127.0.0.1:${server.port}`, `${address}:${relay}`)
      await expect(open({ url: other })).rejects.toThrow(TlsError)
    })

    it('takes any certificate where that is asked for, and is not used where it is not', async () => {
      expect(await encrypted(await open({ url: url(me(), '?tls=insecure') }))).toMatch(/^TLSv1/)
      expect(await encrypted(await open())).not.toMatch(/TLS/)
      expect(await encrypted(await open({ url: url(me(), '?tls=verify'), tls: false }))).not.toMatch(/TLS/)
    })
  })

  describe('a server', () => {
    it('that is not there is unreachable', async () => {
      const free = await freePort()
      const opening = open({ url: server.url.replace(`:${server.port}`, `:${free}`) })
      await expect(opening).rejects.toThrow(ConnectError)
      await expect(opening).rejects.toMatchObject({ exit: 69 })
    })

    it('that says nothing is given up in time', async () => {
      const silent = await listenOn(() => {})
      await expect(open({ url: server.url.replace(`:${server.port}`, `:${silent}`), timeoutMs: 200 })).rejects.toThrow(
        TimeoutError
      )
    })

    it.each([
      ['a web server', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'],
      ['nobody at all', '']
    ])('that is %s gives an error of ours', async (_, answer) => {
      const port = await listenOn((socket) => socket.end(answer))
      const failed = await open({ url: server.url.replace(`:${server.port}`, `:${port}`), timeoutMs: 1000 }).catch(
        (error) => error
      )
      expect((failed as PbxkitError).exit).toBeGreaterThan(64)
      expect((failed as PbxkitError).exit).not.toBe(70)
    })

    it('stops a slow statement in time, and the connection is as good as before', async () => {
      const watcher = await open()
      const store = await open({ timeoutMs: 300 })
      const slow = kind.sleep(30).execute(store.db)
      // MariaDB's sleep() ends early without an error; a statement that works does not.
      const slower = kind === mariadb ? sql`select count(*) from seq_1_to_1000000 a, seq_1_to_1000000 b`.execute(store.db) : slow
      await Promise.allSettled([slow])
      await expect(slower).rejects.toThrow(TimeoutError)
      await expect(slower).rejects.toMatchObject({ exit: 75 })
      expect(await count(watcher)).toBe(0)
      await sql`select 1 as one`.execute(store.db)
    })

    it('loses what runs when the store is closed', async () => {
      const store = await open()
      const statement = kind.sleep(30).execute(store.db)
      const rows = million(store)
      await rows.next()
      const rest = drain(rows)
      await Promise.all([
        expect(statement).rejects.toThrow(ConnectionLostError),
        expect(rest).rejects.toThrow(ConnectionLostError),
        store.close()
      ])
      await expect(kind.sleep(0).execute(store.db)).rejects.toThrow(/destroyed/)
    })

    it('may take longer than that for a whole stream', async () => {
      // Long enough for the first row on a machine that does something else as well.
      const store = await open({ timeoutMs: 1_000 })
      let rows = 0
      const begun = performance.now()
      for await (const _ of million(store)) {
        if (++rows % 100_000 === 0) await new Promise((resolve) => setTimeout(resolve, 120))
      }
      expect(rows).toBe(1_000_000)
      expect(performance.now() - begun).toBeGreaterThan(1_000)
    })
  })

  it('streams in bounded memory', async () => {
    const store = await open()
    const before = process.memoryUsage().rss
    let most = 0
    let rows = 0
    for await (const _ of million(store)) {
      if (++rows % 1000 === 0) most = Math.max(most, process.memoryUsage().rss - before)
    }
    expect(rows).toBe(1_000_000)
    // A million rows as objects are well above 100 MB; what V8 leaves uncollected for a while is a part of that.
    expect(most / 1e6).toBeLessThan(80)
  })

  // The last ones: they end the server.
  it('that is killed in the middle of a stream, a transaction and a statement is lost, never at its end', async () => {
    const store = await open()
    const transaction = await store.db.startTransaction().execute()
    const stream = million(store)
    await stream.next()
    const statement = kind.sleep(30).execute(store.db)
    statement.catch(() => {})
    const watcher = await open()
    while ((await count(watcher)) === 0);
    await server.kill('SIGKILL')
    await expect(statement).rejects.toThrow(ConnectionLostError)
    await expect(drain(stream)).rejects.toThrow(ConnectionLostError)
    await expect(transaction.commit().execute()).rejects.toThrow(ConnectionLostError)
    await expect(kind.sleep(0).execute(store.db)).rejects.toThrow(ConnectError)
    await server.restart()
    await kind.sleep(0).execute(store.db)
  })
}

async function drain(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of rows);
}

async function listenOn(answer: (socket: net.Socket) => void, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<net.Socket>()
  const listener = net.createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    answer(socket)
  })
  await new Promise<void>((resolve) => listener.listen(0, host, resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    listener.close()
  })
  return (listener.address() as net.AddressInfo).port
}

async function freePort(): Promise<number> {
  const listener = net.createServer()
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as net.AddressInfo
  await new Promise((resolve) => listener.close(resolve))
  return port
}

/** The same server at an address that its certificate does not have. */
function relayTo(port: number, host: string): Promise<number> {
  return listenOn((client) => {
    const upstream = net.connect(port, '127.0.0.1')
    upstream.on('error', () => client.destroy())
    client.on('close', () => upstream.destroy())
    client.pipe(upstream).pipe(client)
  }, host)
}

/** The lab's PostgreSQL trusts everybody on loopback: from now on, all but one. */
async function asksForPasswords(server: Server): Promise<void> {
  const file = path.join(server.dir, 'data', 'pg_hba.conf')
  fs.writeFileSync(file, `host all limited 127.0.0.1/32 scram-sha-256\n${fs.readFileSync(file, 'utf8')}`)
  const store = await openStore<Record<string, never>>(server.url, { timeoutMs: 5000, env: {} })
  await sql`select pg_reload_conf()`.execute(store.db)
  await store.close()
}
