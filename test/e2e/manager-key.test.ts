import { describe, expect, it } from 'vitest'
import { parseManagerKey } from '../../src/lib/voipmonitor/encryption.js'
import { guiDatabase } from '../unit/support/gui-database.js'
import { pbxkit, writeFile } from './support/pbxkit.js'
import { keyText, sniffer, withKey } from './support/sniffer.js'

const { key, iv } = keyText
const content = JSON.stringify({ key, iv })
const oldText = { key: Buffer.alloc(32, 1).toString('base64'), iv: Buffer.alloc(16, 2).toString('base64') }
const run = (args: string[], env: Record<string, string> = {}) => pbxkit(['manager', 'key', ...args], { env })

describe('manager key show', () => {
  it('masks the key unless it is to be shown, and names its source', async () => {
    const { url } = await guiDatabase({ keys: [content] })
    const masked = await run(['show', '--db', url])
    expect(masked).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/table system\s+[0-9a-f]{12}\s+\*{8}\s+\*{8}\s+32\s+16/)
    })
    expect(masked.stdout).not.toContain(key)
    const shown = await run(['show', '--db', url, '--reveal', '--json'])
    expect(JSON.parse(shown.stdout)).toMatchObject([{ key, iv, keyBytes: 32, ivBytes: 16, cipher: 'aes-128-cbc' }])
  })

  it('says "no" where there is none', async () => {
    expect(await run(['show'])).toMatchObject({ status: 1, stderr: expect.stringContaining('no key for 127.0.0.1:5029') })
  })
})

describe('manager key check', () => {
  it('asks every sensor of the database, and names the one with another key', async () => {
    const [good, bad] = [await sniffer(), await sniffer({ key: parseManagerKey(oldText) })]
    const { url } = await guiDatabase({
      keys: [content],
      sensors: [
        [1, 'good', '127.0.0.1', good.port],
        [2, 'bad', '127.0.0.1', bad.port]
      ]
    })
    const { status, stdout, stderr } = await run(['check', '--db', url])
    expect({ status, good: good.ran, bad: bad.ran }).toEqual({ status: 77, good: ['getversion'], bad: [] })
    expect(stdout).toMatch(/good\s+true\s+2026\.04\.0/)
    expect(stderr).toMatch(/bad: .*another key or IV\n.*voipmonitor\.conf/)
    expect(await run(['check', '--db', url, '--sensor', 'good'])).toMatchObject({ status: 0 })
  })

  it('asks the others when there is no key for one', async () => {
    const { port } = await sniffer()
    const file = writeFile(`${keyText.key}\n${keyText.iv}\n`)
    const sensor = (name: string, more: string) => `[sensor ${name}]\nhost = 127.0.0.1\nport = ${port}\n${more}`
    const config = writeFile(`${sensor('keyless', '')}${sensor('good', `key-file = ${file}\n`)}`)
    const { status, stdout, stderr } = await run(['check', '--config', config, '--sensor', 'all'])
    expect({ status, stderr }).toEqual({ status: 64, stderr: expect.stringContaining('no key to encrypt with for keyless') })
    expect(stdout).toMatch(/keyless\s+false[\s\S]*good\s+true\s+2026/)
  })

  it('needs a key', async () => {
    const { port } = await sniffer()
    expect(await run(['check', '--port', String(port)])).toMatchObject({ status: 64 })
    expect(await run(['check', '--port', String(port)], withKey)).toMatchObject({ status: 0 })
  })
})

describe('manager key copy', () => {
  it('copies, and proves it on each sensor: the new key is taken, the old one is not', async () => {
    const { port } = await sniffer()
    const from = await guiDatabase({ keys: [content] })
    const to = await guiDatabase({ keys: [JSON.stringify(oldText)], sensors: [[1, 'prague', '127.0.0.1', port]] })
    const { status, stdout, stderr } = await run(['copy', '--from', from.url, '--to', to.url])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(
      /^updated: key [0-9a-f]{12} of .*, which had [0-9a-f]{12}\nprague: takes the key, and the old one no more \(2026\.04\.0\)\n$/
    )
    expect(stdout).not.toContain(key.slice(0, 12))
    const again = await run(['copy', '--from', from.url, '--to', to.url, '--json'])
    expect(JSON.parse(again.stdout)).toMatchObject({
      result: 'unchanged',
      replaced: null,
      sensors: [{ sensor: 'prague', version: '2026.04.0' }]
    })
  })

  it('says which sensor does not take it', async () => {
    const { port } = await sniffer({ key: parseManagerKey(oldText) })
    const from = await guiDatabase({ keys: [content] })
    const to = await guiDatabase({ sensors: [[1, 'prague', '127.0.0.1', port]] })
    expect(await run(['copy', '--from', from.url, '--to', to.url])).toMatchObject({
      status: 77,
      stdout: expect.stringMatching(/^inserted: /),
      stderr: expect.stringMatching(/prague: .*another key/)
    })
  })

  it('refuses what it cannot do, each with its status', async () => {
    const one = await guiDatabase({ keys: [content] })
    const two = await guiDatabase({ keys: [content, content] })
    const none = await guiDatabase({})
    expect(await run(['copy', '--from', one.url])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('--to is missing')
    })
    expect(await run(['copy', '--from', one.url, '--to', one.url])).toMatchObject({ status: 64 })
    expect(await run(['copy', '--from', none.url, '--to', one.url])).toMatchObject({ status: 78 })
    expect(await run(['copy', '--from', two.url, '--to', one.url])).toMatchObject({ status: 65 })
    expect(await run(['copy', '--from', one.url, '--to', two.url])).toMatchObject({ status: 65, stdout: '' })
  })
})
