import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openStore } from '../../src/lib/store/open-store.js'
import { sql } from '../../src/lib/store/sql.js'
import type { RunningServer } from './servers/instance.js'
import { type RunningKamailio, startKamailio } from './servers/kamailio.js'
import { startMariadb } from './servers/mariadb.js'
import { startPostgresql } from './servers/postgresql.js'
import { describeLab } from './support/lab.js'
import { Program, pbxkit, scratchFolder } from './support/program.js'

type Server = RunningServer & { readonly url: string }

// Kamailio's own table, version 5, as kamdbctl makes it; both servers understand this form.
const columns = [
  ...['l_uuid', 'l_username', 'l_domain', 'r_username', 'r_domain', 'realm', 'auth_username', 'auth_password'].map(
    (name) => `${name} VARCHAR(64) DEFAULT '' NOT NULL`
  ),
  "auth_ha1 VARCHAR(128) DEFAULT '' NOT NULL",
  "auth_proxy VARCHAR(255) DEFAULT '' NOT NULL",
  ...['expires', 'flags', 'reg_delay'].map((name) => `${name} INT DEFAULT 0 NOT NULL`),
  "contact_addr VARCHAR(255) DEFAULT '' NOT NULL",
  "socket VARCHAR(128) DEFAULT '' NOT NULL"
]

async function describeServer(name: 'mariadb' | 'postgresql', start: () => Promise<Server>): Promise<void> {
  await describeLab(
    `uac register with Kamailio's table in ${name}`,
    () => {
      let server: Server
      let kamailio: RunningKamailio
      const run = async (...texts: string[]) => {
        const store = await openStore(server.url, { timeoutMs: 10_000, urlSource: 'private' })
        try {
          for (const text of texts) await sql.raw(text).execute(store.db)
        } finally {
          await store.close()
        }
      }
      const insert = (user: string, password = `pw-${user}`) =>
        `INSERT INTO uacreg (id, l_uuid, l_username, l_domain, r_username, r_domain, auth_username, auth_password, auth_proxy, expires)
VALUES (${user.length}, '${user}', '${user}', 'pbx.local', '${user}', '127.0.0.1', '${user}', '${password}', 'sip:127.0.0.1:${kamailio.port}', 60)`

      beforeAll(async () => {
        server = await start()
        kamailio = await startKamailio({ name: `sql-${name}` })
        await run(`CREATE TABLE uacreg (id INT PRIMARY KEY, ${columns.join(', ')})`, insert('al'), insert('bob'))
      }, 300_000)

      afterAll(async () => {
        await server?.stop()
        await kamailio?.stop()
      })

      it('registers it, follows what changes in it, and keeps all while the database is away', async () => {
        const control = `${scratchFolder('control')}/uac.sock`
        const program = new Program([
          ...['uac', 'register', '--db', server.url, '--reload-interval', '300ms'],
          ...['--json', '--control', control]
        ])
        onTestFinished(() => program.kill('SIGKILL'))
        const event = (kind: string, uuid: string) =>
          program.prints(() => program.documents.find((one) => one.event === kind && one.l_uuid === uuid), `${kind} ${uuid}`)
        await event('registered', 'al')
        await event('registered', 'bob')
        await run(
          insert('carol'),
          "DELETE FROM uacreg WHERE l_uuid = 'bob'",
          "UPDATE uacreg SET auth_password = 'wrong' WHERE l_uuid = 'al'"
        )
        await event('registered', 'carol')
        await event('removed', 'bob')
        await event('rejected', 'al')
        await server.kill('SIGKILL')
        await program.says(/reload failed; the accounts stay/)
        const status = await pbxkit(['uac', 'status', '--control', control, '--json'])
        expect(JSON.parse(status.stdout.toString())).toMatchObject({ regtotal: 2 })
        await server.restart()
        await run("UPDATE uacreg SET auth_password = 'pw-al' WHERE l_uuid = 'al'")
        await program.prints(
          () => program.documents.filter((one) => one.l_uuid === 'al' && one.code === 200).length >= 2,
          'al again'
        )
        program.kill('SIGTERM')
        expect((await program.end()).status).toBe(0)
      }, 120_000)
    },
    name
  )
}

await describeServer('mariadb', () => startMariadb({ name: 'uacreg' }))
await describeServer('postgresql', () => startPostgresql({ name: 'uacreg' }))
