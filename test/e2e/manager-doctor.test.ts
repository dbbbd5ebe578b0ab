import { expect, it } from 'vitest'
import { guiDatabase } from '../unit/support/gui-database.js'
import { freePort, pbxkit, writeFile } from './support/pbxkit.js'
import { keyText, manager, sniffer, withKey } from './support/sniffer.js'

it('manager doctor says in words that all is well, with status 0', async () => {
  const { port } = await sniffer()
  expect(await manager(port, ['doctor'])).toEqual({
    status: 0,
    signal: null,
    stdout: `127.0.0.1:${port}
  ok       the key from PBXKIT_MANAGER_KEY has 32 bytes, and its IV 16; aes-128-cbc takes 16 and 16
  ok       127.0.0.1:${port} is a sniffer (2026.04.0), and answers encrypted, with this key
`,
    stderr: ''
  })
})

it('manager doctor names what is wrong, with the status of the first error', async () => {
  const { port } = await sniffer()
  const none = await manager(port, ['doctor'], { env: {} })
  expect(none).toMatchObject({
    status: 77,
    stdout: expect.stringMatching(/warning +there is no key here[\s\S]*error +The sniffer answers .* only when/)
  })
  const url = keyText.key.replaceAll(/[+/]/g, '_').replace(/^./, '-')
  const broken = await manager(port, ['doctor', '--json'], { env: { PBXKIT_MANAGER_KEY: url, PBXKIT_MANAGER_IV: keyText.iv } })
  expect(broken.status).toBe(78)
  expect(JSON.parse(broken.stdout).sensors[0].findings[0]).toMatchObject({
    code: 'E_MANAGER_KEY',
    severity: 'error',
    hint: expect.stringContaining('base64url')
  })
  expect(await manager(await freePort(), ['doctor'], { env: withKey })).toMatchObject({ status: 69 })
  const file = writeFile('no socket')
  expect(await pbxkit(['manager', 'doctor', '--socket', file])).toMatchObject({
    status: 74,
    stdout: expect.stringContaining('no socket')
  })
})

it("manager doctor looks at every sensor of the GUI's database", async () => {
  const { port } = await sniffer()
  const { url } = await guiDatabase({ sensors: [[1, 'prague', '127.0.0.1', port]] })
  const { status, stdout } = await pbxkit(['manager', 'doctor', '--sensor', 'all', '--db', url])
  expect({ status, stdout }).toEqual({
    status: 78,
    stdout: expect.stringMatching(/^prague \(127\.0\.0\.1:\d+\)\n {2}error +.*no row "manager_key"[\s\S]*is a sniffer/)
  })
})
