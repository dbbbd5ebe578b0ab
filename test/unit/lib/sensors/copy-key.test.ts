import { describe, expect, it } from 'vitest'
import { copyManagerKey } from '../../../../src/lib/sensors/copy-key.js'
import type { GuiStore } from '../../../../src/lib/sensors/gui-tables.js'
import { sql } from '../../../../src/lib/store/sql.js'
import { guiDatabase } from '../../support/gui-database.js'
import { recordedKeyText } from '../../support/replayed-sniffer.js'

const { key, iv } = recordedKeyText
const content = JSON.stringify({ key, iv, more: 1 })
const other = JSON.stringify({ key: Buffer.alloc(32, 1).toString('base64'), iv })
const withCode = (code: string) => expect.objectContaining({ code })

const rowsOf = async ({ db }: GuiStore) =>
  (await sql<{ content: string }>`select content from system where type = 'manager_key' order by id`.execute(db)).rows.map(
    (row) => row.content
  )

async function databases(from: string[], to: string[]) {
  return { from: (await guiDatabase({ keys: from })).store, to: (await guiDatabase({ keys: to })).store }
}

describe('a key is copied', () => {
  it.each([
    ['where there is no row', [], 'inserted', false],
    ['over another key', [other], 'updated', true],
    ['over a row that is none', ['{'], 'updated', false],
    ['not again', [content], 'unchanged', false]
  ] as const)('%s', async (_, before, result, hasOld) => {
    const { from, to } = await databases([content], [...before])
    const copy = await copyManagerKey(from, to)
    expect({ result: copy.result, hasOld: copy.replaced !== undefined }).toEqual({ result, hasOld })
    expect(copy.key.key.toString('base64')).toBe(key)
    expect(await rowsOf(to)).toEqual([content])
    expect((await sql`select * from system where type = 'other'`.execute(to.db)).rows).toHaveLength(1)
  })

  it.each([
    ['from two rows', [content, content], [], 'E_SEVERAL_KEY_ROWS'],
    ['from none', [], [other], 'E_NO_KEY_ROW'],
    ['from what is no key', ['{}'], [other], 'E_KEY_ROW'],
    ['from what the column would not give back', [JSON.stringify({ key, iv, name: 'ž' })], [other], 'E_DATA'],
    ['onto two rows', [content], [other, other], 'E_SEVERAL_KEY_ROWS']
  ] as const)('never %s', async (_, source, target, code) => {
    const { from, to } = await databases([...source], [...target])
    await expect(copyManagerKey(from, to)).rejects.toEqual(withCode(code))
    expect(await rowsOf(to)).toEqual(target)
  })

  it('and what the database makes something else of is taken back', async () => {
    const { from, to } = await databases([content], [other])
    await sql`create trigger t after update on system begin update system set content = 'x' where id = new.id; end`.execute(to.db)
    await expect(copyManagerKey(from, to)).rejects.toEqual(withCode('E_KEY_NOT_KEPT'))
    expect(await rowsOf(to)).toEqual([other])
  })
})
