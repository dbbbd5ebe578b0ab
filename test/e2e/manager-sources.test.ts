import { describe, expect, it } from 'vitest'
import { guiDatabase } from '../unit/support/gui-database.js'
import { pbxkit, writeFile } from './support/pbxkit.js'
import { keyText, sniffer } from './support/sniffer.js'

const { key, iv } = keyText
const content = JSON.stringify({ key, iv })
const php = `<?php\ndefine('VPMANAGER_AES_KEY', '${key}');\ndefine('VPMANAGER_AES_IV', '${iv}');\n`
const version = (...args: string[]) => pbxkit(['manager', 'send', 'getversion', '--verbose', ...args])

describe('sensors and their key come', () => {
  it("from the GUI's database, chosen by id, by name, or all", async () => {
    const { port } = await sniffer()
    const { url } = await guiDatabase({ keys: [content], sensors: [[2, 'prague', '127.0.0.1', port]] })
    for (const name of ['2', 'prague', 'all']) {
      const { status, stdout, stderr } = await pbxkit([
        'manager',
        'listcalls',
        '--sensor',
        name,
        '--db',
        url,
        '--count',
        '--verbose'
      ])
      expect({ status, stdout }, stderr).toEqual({ status: 0, stdout: '3\n' })
      expect(stderr).toMatch(/prague \(sqlite:.* table sensors\): 127\.0\.0\.1:\d+, aes-128-cbc, key from sqlite:.* table system/)
      expect(stderr).not.toContain(key.slice(0, 10))
    }
    expect(await version('--sensor', '3', '--db', url)).toMatchObject({
      status: 64,
      stderr: expect.stringMatching(/no sensor "3"/)
    })
  })

  it('from voipmonitor.conf: the address and the key', async () => {
    const { port } = await sniffer()
    const conf = writeFile(`[general]\nmanagerport = ${port}\nmanager_aes_key = ${key}\nmanager_aes_iv = ${iv}\n`)
    for (const args of [[], ['--sensor', 'local'], ['--sensor=-1']]) {
      const result = await version('--voipmonitor-conf', conf, '--encrypt', 'on', ...args)
      expect(result).toMatchObject({ status: 0, stdout: '2026.04.0', stderr: expect.stringContaining(`key from ${conf}`) })
    }
  })

  it('from configuration.php: the key', async () => {
    const { port } = await sniffer()
    const file = writeFile(php)
    const result = await version('--port', String(port), '--encrypt', 'on', '--gui-config', file)
    expect(result).toMatchObject({ status: 0, stdout: '2026.04.0', stderr: expect.stringContaining(`key from ${file}`) })
  })

  it('from a file before all others, which are then not looked at', async () => {
    const { port } = await sniffer()
    const file = writeFile(content)
    const { url } = await guiDatabase({})
    const result = await version('--port', String(port), '--key-file', file, '--db', url, '--gui-config', '/no/such.php')
    expect(result).toMatchObject({ status: 0, stderr: expect.stringContaining(`key from ${file}`) })
  })
})

describe('what is wrong with a database has its own message and status, and nothing is asked in clear', () => {
  it.each([
    ['without the row', [], 78, /no row "manager_key"/],
    ['with two', [content, content], 65, /several rows "manager_key"/],
    ['with a row that is no key', ['{"key":""}'], 65, /has no key with its IV/]
  ] as const)('%s', async (_, keys, status, message) => {
    const double = await sniffer()
    const { url } = await guiDatabase({ keys })
    expect(await version('--port', String(double.port), '--db', url)).toMatchObject({
      status,
      stdout: '',
      stderr: expect.stringMatching(message)
    })
    expect(double.ran).toEqual([])
  })

  it('a password on the command line, a server that is not there', async () => {
    expect(await version('--db', 'mysql://root:geheim@127.0.0.1/x')).toMatchObject({
      status: 64,
      stderr: expect.not.stringContaining('geheim')
    })
    expect(await version('--db', 'mysql://root@127.0.0.1:1/x')).toMatchObject({ status: 69 })
  })
})
