import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from './servers/command.js'
import { type RunningMariadb, startMariadb } from './servers/mariadb.js'
import { describeLab } from './support/lab.js'
import { pbxkit } from './support/program.js'

/** As the sniffer makes it: nothing keeps two rows of one type apart. */
const table =
  'CREATE TABLE `system` (id INT AUTO_INCREMENT PRIMARY KEY, type TEXT, cdate DATE, cdatetime DATETIME, content TEXT) DEFAULT CHARSET=latin1'

await describeLab(
  'the SQL of keygen --type voipmonitor, in MariaDB',
  () => {
    let mariadb: RunningMariadb

    const sql = async (text: string) => {
      const how = ['--no-defaults', `--socket=${mariadb.socket}`, '--user=root', '--batch', '--raw', '--skip-column-names']
      return String(await run('mariadb', [...how, '--execute', text, 'pbxkit']))
    }
    const newKey = async () => {
      const { stdout } = await pbxkit(['keygen', '--type', 'voipmonitor', '--format', 'sql'])
      const text = stdout.toString()
      return { text, content: /content = '(.*?)'/.exec(text)![1]! }
    }

    beforeAll(async () => {
      mariadb = await startMariadb({ name: 'keygen' })
      await sql(`${table}; INSERT INTO \`system\` (type, content) VALUES ('other', 'stays')`)
    })

    afterAll(() => mariadb?.stop())

    it('makes the row where there is none, and changes it where there is one', async () => {
      const rows = () => sql("SELECT content FROM `system` WHERE type = 'manager_key'")
      for (const { text, content } of [await newKey(), await newKey()]) {
        await sql(text)
        expect((await rows()).trim()).toBe(content)
        expect(JSON.parse(content)).toEqual({ key: expect.stringMatching(/=$/), iv: expect.stringMatching(/==$/) })
      }
      expect((await sql("SELECT content FROM `system` WHERE type = 'other'")).trim()).toBe('stays')
    })
  },
  'mariadb'
)
