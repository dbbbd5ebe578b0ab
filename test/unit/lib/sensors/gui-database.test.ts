import { describe, expect, it } from 'vitest'
import { GuiDatabase } from '../../../../src/lib/sensors/gui-database.js'
import { keyFingerprint, parseKeyRow } from '../../../../src/lib/sensors/gui-tables.js'
import { guiDatabase } from '../../support/gui-database.js'
import { recordedKeyText } from '../../support/replayed-sniffer.js'

const { key, iv } = recordedKeyText
const content = JSON.stringify({ key, iv })
const withCode = (code: string, exit: number) => expect.objectContaining({ code, exit })

async function reading(tables: Parameters<typeof guiDatabase>[0]) {
  const { url } = await guiDatabase(tables)
  return new GuiDatabase(url, { timeoutMs: 5_000 })
}

describe("the GUI's database", () => {
  it('gives sensors with their address, 5029 where there is no port', async () => {
    const database = await reading({
      sensors: [
        [2, 'prague', '10.0.0.1', 5030],
        [3, '', 'brno.example.org', null],
        [4, 'nowhere', null, null],
        [5, 'odd', 'two words', 1]
      ]
    })
    const warnings: string[] = []
    const sensors = await database.sensors((message) => warnings.push(message))
    expect(sensors.map(({ name, id, address }) => ({ name, id, address }))).toEqual([
      { name: 'prague', id: 2, address: { kind: 'tcp', host: '10.0.0.1', port: 5030 } },
      { name: 'sensor 3', id: 3, address: { kind: 'tcp', host: 'brno.example.org', port: 5029 } }
    ])
    expect(warnings).toEqual([expect.stringContaining('sensor 4 '), expect.stringContaining('sensor 5 ')])
    await database.close()
  })

  it('gives the key, as PHP escapes it too, and names the database as its source', async () => {
    const database = await reading({ keys: [content.replaceAll('/', '\\/')] })
    const found = await database.key()
    expect({ ...found, key: found.key.key.toString('base64') }).toEqual({
      key,
      source: expect.stringMatching(/^sqlite:.*system$/)
    })
    await database.close()
  })

  it('without the row, with two, and with one that is no key each fails in its own way', async () => {
    const fault = async (keys: string[]) => (await reading({ keys })).key()
    await expect(fault([])).rejects.toEqual(withCode('E_NO_KEY_ROW', 78))
    await expect(fault([content, content])).rejects.toEqual(withCode('E_SEVERAL_KEY_ROWS', 65))
    for (const broken of ['', '{', '[]', 'null', `{"key":"${key}"}`, `{"key":"${key}","iv":""}`, '{"key":"AAAA","iv":"AAAA"}']) {
      await expect(fault([broken]), broken).rejects.toEqual(withCode('E_KEY_ROW', 65))
    }
  })

  it('is no PostgreSQL', () => {
    expect(() => new GuiDatabase('postgres://x/y', { timeoutMs: 1 })).toThrow(withCode('E_CONFIG', 78))
  })
})

it('a key row that is wrong is never repeated in the message', () => {
  const secret = 'c2VjcmV0LXNlY3JldC1zZWNyZXQ'
  for (const text of [`{"key":"${secret}"`, `{"key":"${secret}","iv":"${secret}"}`]) {
    expect(() => parseKeyRow({ id: 1, content: text }, 'db')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('c2Vj') })
    )
  }
})

it('a fingerprint tells keys and IVs apart, and does not hold them', () => {
  const one = parseKeyRow({ id: 1, content }, 'db')
  expect(keyFingerprint(one)).toMatch(/^[0-9a-f]{12}$/)
  expect(keyFingerprint({ ...one, iv: Buffer.alloc(16) })).not.toBe(keyFingerprint(one))
  expect(keyFingerprint({ ...one, key: Buffer.alloc(32) })).not.toBe(keyFingerprint(one))
})
