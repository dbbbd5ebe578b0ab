import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readSite } from '../../src/lib/site/read-site.js'
import { openStore } from '../../src/lib/store/open-store.js'
import { sql } from '../../src/lib/store/sql.js'
import type { RunningServer } from './servers/instance.js'
import { startMariadb } from './servers/mariadb.js'
import { startPostgresql } from './servers/postgresql.js'
import { describeLab } from './support/lab.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-site-lab-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

type Server = RunningServer & { readonly url: string }

/** In both servers the rows are the same, whatever the collation. */
async function describeServer(name: 'mariadb' | 'postgresql', start: () => Promise<Server>): Promise<void> {
  await describeLab(
    `users and trunks of a site in ${name}`,
    () => {
      let server: Server
      const run = async (...texts: string[]) => {
        const store = await openStore(server.url, { timeoutMs: 10_000, urlSource: 'private' })
        try {
          for (const text of texts) await sql.raw(text).execute(store.db)
        } finally {
          await store.close()
        }
      }
      const read = () => {
        const file = path.join(folder, 'privatedial.ini')
        fs.writeFileSync(file, '[site]\ndomain = pbx.example.com\ncountry_code = 46\n', { mode: 0o600 })
        return readSite({ file, users: [`${server.url}#staff`], trunks: [server.url], timeoutMs: 10_000 })
      }

      beforeAll(async () => {
        server = await start()
        await run(
          'CREATE TABLE staff (id INT PRIMARY KEY, name VARCHAR(80), number VARCHAR(40), display VARCHAR(80), secret VARCHAR(80), max_contacts INT, hired DATE)',
          'CREATE TABLE trunks (name VARCHAR(80), hosts VARCHAR(80), register BOOLEAN)',
          "INSERT INTO trunks VALUES ('itsp', '192.0.2.10, 192.0.2.11', FALSE)",
          "INSERT INTO staff VALUES (1, 'zoe', '+46701234568', 'Zoë Ångström', 'correct-horse-8', 3, '2020-01-01'), (2, 'anna', '+46701234567', NULL, 'correct-horse-9', NULL, NULL)"
        )
      })

      afterAll(() => server?.stop())

      it('are read, with their numbers, booleans and letters', async () => {
        const { users, trunks } = (await read()).site
        expect(trunks).toMatchObject([{ name: 'itsp', hosts: ['192.0.2.10', '192.0.2.11'], register: false }])
        expect(users).toMatchObject([
          { name: 'anna', display: 'anna', maxContacts: 10, trunk: 'itsp', source: { line: 1 } },
          { name: 'zoe', display: 'Zoë Ångström', maxContacts: 3, source: { line: 2 } }
        ])
        expect(users[0]!.source.file).toMatch(/#staff$/)
      })

      it('with what would be written into a file are refused by row', async () => {
        await run("INSERT INTO staff VALUES (3, 'bo', '+46701234569', 'Bo\n[x]', 'correct;horse-7', 30, NULL)")
        const error = await read().catch((one) => one)
        expect(error.problems.map(({ line, code }: { line: number; code: string }) => [line, code])).toEqual([
          [2, 'characters'],
          [2, 'secret'],
          [2, 'value']
        ])
        expect(error.message).not.toContain('correct')
      })
    },
    name
  )
}

await describeServer('mariadb', () => startMariadb({ name: 'site' }))
await describeServer('postgresql', () => startPostgresql({ name: 'site' }))
