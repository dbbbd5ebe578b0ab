import { describe, expect, it } from 'vitest'
import { freePort, pbxkit, tcpServer, temporaryFolder, writeFile } from './support/pbxkit.js'
import { exchanges, keyText, manager, sniffer } from './support/sniffer.js'

const listcalls = (port: number, args: string[] = [], env?: Record<string, string>) =>
  manager(port, ['listcalls', ...args], { ...(env && { env }) })
const fails = (status: number, message: RegExp) => ({ status, stdout: '', stderr: expect.stringMatching(message) })

describe('what cannot work has its own message and status', () => {
  it.each([
    ['a filter that is no JSON', ['--filter', '{"caller":'], 65, /The filter is not JSON/],
    ['a filter with a key that the sniffer would ignore', ['--filter', '{"callr":"1"}'], 65, /"callr".*Did you mean caller/],
    ['a filter that is none', ['--filter', 'caller'], 64, /not a filter term/],
    ['a column that is not there', ['--columns', 'callr'], 64, /no column "callr"/],
    ['a codec that is not there', ['--codec', 'PCMB'], 65, /PCMB.*\n.*PCMA/],
    ['an order by nothing', ['--sort', 'nothing'], 65, /no column "nothing"/]
  ] as const)('%s', async (_, args, status, message) => {
    const double = await sniffer()
    expect(await listcalls(double.port, [...args])).toEqual({ signal: null, ...fails(status, message) })
    expect(double.ran).toEqual([])
  })

  it('a wrong key, a wrong IV, no key', async () => {
    const { port } = await sniffer()
    const other = Buffer.alloc(32, 7).toString('base64')
    expect(await listcalls(port, [], { PBXKIT_MANAGER_KEY: other, PBXKIT_MANAGER_IV: keyText.iv })).toMatchObject(
      fails(77, /another key or IV/)
    )
    const iv = Buffer.alloc(16, 9).toString('base64')
    expect(await listcalls(port, [], { PBXKIT_MANAGER_KEY: keyText.key, PBXKIT_MANAGER_IV: iv })).toMatchObject(
      fails(77, /The key is right and the IV is not/)
    )
    expect(await listcalls(port, [], {})).toMatchObject(fails(77, /only when it is encrypted/))
    expect(await listcalls(port, ['--encrypt', 'on'], {})).toMatchObject(fails(64, /There is no key to encrypt with/))
  })

  it('a key in base64url, one that is too short, one without its IV, a file without any', async () => {
    const { port } = await sniffer()
    const inFile = (text: string) => listcalls(port, ['--key-file', writeFile(text)], {})
    expect(await inFile(`key = ++-_${keyText.key.slice(4)}\niv = ${keyText.iv}\n`)).toMatchObject(fails(78, /base64url/))
    const short = Buffer.alloc(16, 7).toString('base64')
    expect(
      await listcalls(port, ['--cipher', 'aes-256-cbc'], { PBXKIT_MANAGER_KEY: short, PBXKIT_MANAGER_IV: keyText.iv })
    ).toMatchObject(fails(78, /takes a key of 32 bytes, and this one has 16/))
    expect(await inFile(`manager_aes_key = ${keyText.key}\n`)).toMatchObject(fails(78, /no key with its IV/))
    expect(await listcalls(port, [], { PBXKIT_MANAGER_KEY: keyText.key })).toMatchObject(
      fails(78, /PBXKIT_MANAGER_IV is missing/)
    )
    expect(await listcalls(port, ['--key-file', '/no/such/file'], {})).toMatchObject(fails(78, /Cannot read the key file/))
  })

  it('nobody there, a web server, an answer that is cut', async () => {
    expect(await listcalls(await freePort())).toMatchObject(fails(69, /Cannot connect/))
    const web = await tcpServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
    expect(await listcalls(web)).toMatchObject(fails(76, /is a web server/))
    expect(await listcalls(web, ['--plain'])).toMatchObject(fails(76, /is a web server/))
    const { replyBytes } = exchanges.find(({ n }) => n === 136)!
    const cut = await tcpServer((socket) => socket.once('data', () => socket.end(replyBytes.subarray(0, 900))))
    expect(await listcalls(cut, ['--format', 'csv'])).toMatchObject(fails(76, /is cut/))
  })

  it('a cut that shows only after rows leaves a whole JSON document that says so', async () => {
    const { replyBytes } = exchanges.find(({ n }) => n === 226)!
    const cut = await tcpServer((socket) => socket.once('data', () => socket.end(replyBytes.subarray(0, 500_000))))
    const { status, stdout, stderr } = await listcalls(cut, ['--plain', '--json'])
    const { calls, sensors } = JSON.parse(stdout)
    expect(calls.length).toBeGreaterThan(900)
    expect(sensors).toMatchObject([{ total: null, rows: calls.length, error: { code: 'E_CUT_REPLY', exit: 76 } }])
    expect({ status, stderr }).toEqual({ status: 76, stderr: expect.stringContaining('is cut') })
  })

  it('a socket path that is a file, one that is nothing, a sniffer that waits for its database', async () => {
    const at = (path: string) => pbxkit(['manager', 'listcalls', '--socket', path])
    expect(await at(writeFile('x'))).toMatchObject(fails(69, /is no socket but a file/))
    expect(await at(temporaryFolder())).toMatchObject(fails(69, /is no socket but a directory/))
    expect(await at('/no/such/socket')).toMatchObject(fails(69, /no such socket file/))
    const double = await sniffer()
    double.hangs = true
    expect(await listcalls(double.port, ['--timeout', '0.2'])).toMatchObject(
      fails(75, /no whole answer within 0.2 s[\s\S]*unix socket/)
    )
  })
})

describe('manager send', () => {
  it('prints the answer byte by byte', async () => {
    const { port } = await sniffer()
    const stdoutOf = async (...words: string[]) => (await manager(port, ['send', ...words])).stdout
    expect(await stdoutOf('getversion')).toBe('2026.04.0')
    expect(await stdoutOf('help', 'listcalls')).toBe('listcalls ... lists active calls.\n\n')
    expect(JSON.parse(await stdoutOf('getverbuild', '--json'))).toMatchObject([{ reply: '2026.04.0 (local_build)' }])
  })

  it('sends nothing that the sniffer would take for something else', async () => {
    const double = await sniffer()
    expect(await manager(double.port, ['send', 'getversoin'])).toMatchObject(fails(64, /Did you mean getversion/))
    expect(await manager(double.port, ['send', 'getversion\nreload'])).toMatchObject(fails(64, /one line/))
    expect(await manager(double.port, ['send', 'listcalls', 'text'])).toMatchObject(fails(65, /not JSON/))
    expect(await manager(double.port, ['send', 'please', 'reload', '--force'])).toMatchObject(
      fails(64, /it runs "reload"[\s\S]*--yes/)
    )
    expect(await manager(double.port, ['send'])).toMatchObject(fails(64, /The command is missing/))
    expect(double.ran).toEqual([])
  })

  it('sends what is dangerous only with --yes', async () => {
    const double = await sniffer()
    expect(await manager(double.port, ['send', 'reload'])).toMatchObject(fails(64, /reload is dangerous/))
    expect(double.ran).toEqual([])
    expect(await manager(double.port, ['send', 'reload', '--yes'])).toMatchObject({ status: 0 })
    expect(double.ran).toEqual(['reload'])
  })

  it('lists the commands without asking anybody', async () => {
    const { stdout } = await pbxkit(['manager', 'send', '--list', '--json'])
    expect(JSON.parse(stdout)).toHaveLength(158)
  })
})
