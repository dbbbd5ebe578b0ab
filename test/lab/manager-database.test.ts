import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { generateManagerKey } from '../../src/lib/keygen/voipmonitor.js'
import { parseManagerKey } from '../../src/lib/voipmonitor/encryption.js'
import { type SnifferDouble, startSnifferDouble } from '../unit/support/sniffer-double.js'
import { readExchanges } from '../unit/support/voipmonitor-exchanges.js'
import { run } from './servers/command.js'
import { type RunningMariadb, startMariadb } from './servers/mariadb.js'
import { describeLab } from './support/lab.js'
import { pbxkit } from './support/program.js'

/** As the sniffer (2026.04.0) makes them. */
const tables = [
  'CREATE TABLE `system` (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, type TEXT, cdate DATE, cdatetime DATETIME, content TEXT) ENGINE=InnoDB DEFAULT CHARSET=latin1',
  `CREATE TABLE sensors (id_sensor INT UNSIGNED NOT NULL PRIMARY KEY, name VARCHAR(256) NULL, host VARCHAR(255) NULL, port INT NULL,
    timezone_name VARCHAR(64) NULL, timezone_offset INT NULL, timezone_save_at DATETIME NULL) ENGINE=InnoDB DEFAULT CHARSET=latin1`
]

const exchanges = readExchanges()
const newKey = () => {
  const { key, iv } = generateManagerKey().facts as { key: string; iv: string }
  return { key, iv, content: JSON.stringify({ key, iv }) }
}

async function sniffer({ key, iv }: { key: string; iv: string }): Promise<SnifferDouble & { port: number }> {
  const double = await startSnifferDouble({ exchanges, key: parseManagerKey({ key, iv }) })
  onTestFinished(() => double.close())
  return Object.assign(double, { port: double.address.port })
}

await describeLab(
  'the key of the GUI in MariaDB',
  () => {
    let one: RunningMariadb
    let two: RunningMariadb

    const sql = async (server: RunningMariadb, ...texts: string[]) => {
      const how = ['--no-defaults', `--socket=${server.socket}`, '--user=root', '--batch', '--raw', '--skip-column-names']
      return String(await run('mariadb', [...how, '--execute', texts.join(';\n'), 'pbxkit'])).trim()
    }
    const put = (server: RunningMariadb, ...contents: string[]) =>
      sql(server, ...contents.map((content) => `INSERT INTO \`system\` (type, content) VALUES ('manager_key', '${content}')`))
    /** All that is in the table, so that nothing else can have changed either. */
    const all = (server: RunningMariadb) => sql(server, 'SELECT id, type, content FROM `system` ORDER BY id')
    const manager = async (...args: string[]) => {
      const { status, stdout, stderr } = await pbxkit(['manager', ...args])
      return { status, stdout: stdout.toString(), stderr: stderr.toString() }
    }
    const copy = (...more: string[]) => manager('key', 'copy', '--from', one.url, '--to', two.url, ...more)

    beforeAll(async () => {
      one = await startMariadb({ name: 'gui-one' })
      two = await startMariadb({ name: 'gui-two' })
    })

    afterAll(async () => {
      await one?.stop()
      await two?.stop()
    })

    beforeEach(async () => {
      for (const server of [one, two]) {
        await sql(server, 'DROP TABLE IF EXISTS `system`, sensors', ...tables)
        await sql(server, "INSERT INTO `system` (type, content) VALUES ('other', 'stays')")
      }
    })

    describe('is copied', () => {
      it('into a row that is made, and into one that is there; each sensor proves it', async () => {
        const [first, second] = [newKey(), newKey()]
        await put(one, first.content)
        const before = await sniffer(first)
        await sql(two, `INSERT INTO sensors (id_sensor, name, host, port) VALUES (2, 'prague', '127.0.0.1', ${before.port})`)
        const inserted = await copy()
        expect(inserted).toMatchObject({ status: 0, stdout: expect.stringMatching(/^inserted: .*\nprague: takes the key/) })
        expect(await all(two)).toBe(`1\tother\tstays\n2\tmanager_key\t${first.content}`)

        await sql(one, `UPDATE \`system\` SET content = '${second.content.replaceAll('/', '\\\\/')}' WHERE type = 'manager_key'`)
        const after = await sniffer(second)
        await sql(two, `UPDATE sensors SET port = ${after.port}`)
        const updated = await copy('--json')
        expect(updated.status, updated.stderr).toBe(0)
        expect(JSON.parse(updated.stdout)).toMatchObject({
          result: 'updated',
          sensors: [{ sensor: 'prague', oldKeyFails: true }]
        })
        expect(await all(two)).toBe(`1\tother\tstays\n2\tmanager_key\t${second.content.replaceAll('/', '\\/')}`)
        expect(JSON.parse((await copy('--json')).stdout)).toMatchObject({ result: 'unchanged' })
      })
    })

    it('is not doubled by two that copy at the same time', async () => {
      await put(one, newKey().content)
      const statuses = (await Promise.all([copy(), copy()])).map(({ status }) => status)
      expect(statuses).toContain(0)
      expect((await all(two)).split('\n')).toHaveLength(2)
    })

    describe('is not half copied', () => {
      const old = newKey()

      it.each(['UPDATE', 'INSERT'])('when the database fails after %s', async (event) => {
        await put(one, newKey().content)
        if (event === 'UPDATE') await put(two, old.content)
        // The row has been written when this fails.
        await sql(
          two,
          `CREATE TRIGGER t AFTER ${event} ON \`system\` FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'`
        )
        const before = await all(two)
        expect(await copy()).toMatchObject({ status: 76, stdout: '' })
        expect(await all(two)).toBe(before)
      })

      it.each(['UPDATE', 'INSERT'])('when it keeps something else at %s', async (event) => {
        await put(one, newKey().content)
        if (event === 'UPDATE') await put(two, old.content)
        await sql(two, `CREATE TRIGGER t BEFORE ${event} ON \`system\` FOR EACH ROW SET NEW.content = 'cut'`)
        const before = await all(two)
        expect(await copy()).toMatchObject({ status: 74, stdout: '', stderr: expect.stringContaining('nothing was changed') })
        expect(await all(two)).toBe(before)
      })

      it('when the connection is cut in the middle', async () => {
        await put(one, newKey().content)
        await put(two, old.content)
        // The row has been written when it sleeps.
        await sql(two, 'CREATE TRIGGER t AFTER UPDATE ON `system` FOR EACH ROW SET @x = SLEEP(30)')
        const copying = copy()
        const busy = () => sql(two, "SELECT id FROM information_schema.processlist WHERE state = 'User sleep' LIMIT 1")
        let id = ''
        await expect.poll(async () => (id = await busy()), { timeout: 10_000 }).not.toBe('')
        await sql(two, `KILL ${id}`)
        expect(await copying).toMatchObject({ status: 69, stdout: '' })
        expect(await all(two)).toBe(`1\tother\tstays\n2\tmanager_key\t${old.content}`)
      })

      it('from or onto two rows, or from none', async () => {
        expect(await copy()).toMatchObject({ status: 78, stderr: expect.stringContaining('no row "manager_key"') })
        await put(one, old.content)
        await put(two, old.content, newKey().content)
        const before = await all(two)
        expect(await copy()).toMatchObject({ status: 65, stderr: expect.stringContaining('several rows') })
        expect(await all(two)).toBe(before)
      })
    })

    describe('is what sensors of the database are asked with', () => {
      it('by id, with the port that they have', async () => {
        const key = newKey()
        const { port } = await sniffer(key)
        await put(one, key.content)
        await sql(
          one,
          `INSERT INTO sensors (id_sensor, name, host, port) VALUES (2, 'prague', '127.0.0.1', ${port}), (3, 'x', NULL, NULL)`
        )
        const listed = await manager('listcalls', '--sensor', '2', '--db', one.url, '--count', '--verbose')
        expect(listed).toMatchObject({
          status: 0,
          stdout: '3\n',
          stderr: expect.stringMatching(/key from mysql:.* table system/)
        })
        expect(await manager('key', 'check', '--db', one.url)).toMatchObject({
          status: 0,
          stderr: expect.stringContaining('sensor 3')
        })
        await sql(one, "DELETE FROM `system` WHERE type = 'manager_key'")
        expect(await manager('listcalls', '--sensor', '2', '--db', one.url)).toMatchObject({ status: 78 })
        await put(one, key.content, key.content)
        expect(await manager('listcalls', '--sensor', '2', '--db', one.url)).toMatchObject({ status: 65 })
      })
    })
  },
  'mariadb'
)
