import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { freePort, pbxkit, temporaryFolder, writeFile } from './support/pbxkit.js'
import { exchanges, keyText, manager, sniffer } from './support/sniffer.js'

const lines = (text: string) => text.trimEnd().split('\n')

/** An ssh that goes nowhere: it notes its words and connects to what they name, on this machine. */
function fakeSsh(body = ''): { log: string; env: Record<string, string> } {
  const folder = temporaryFolder()
  const log = path.join(folder, 'words')
  const program = `#!${process.execPath}
const words = process.argv.slice(2)
require('node:fs').appendFileSync(${JSON.stringify(log)}, JSON.stringify(words) + '\\n')
${body}
const [, unix] = /^exec nc -U '(.*)'$/.exec(words.at(-1)) ?? []
const [, port] = /:(\\d+)$/.exec(words[words.indexOf('-W') + 1]) ?? []
const socket = require('node:net').connect(unix ? { path: unix } : { port: Number(port) })
socket.on('error', (error) => { console.error(error.message); process.exit(1) })
process.stdin.pipe(socket).pipe(process.stdout)
socket.on('close', () => process.exit(0))
`
  fs.writeFileSync(path.join(folder, 'ssh'), program, { mode: 0o755 })
  return { log, env: { PATH: `${folder}:${process.env.PATH}` } }
}

describe('several sensors', () => {
  async function three() {
    const first = await sniffer()
    const second = await sniffer({ path: path.join(temporaryFolder(), 'vm.sock') })
    second.calls = { ...second.calls, rows: second.calls.rows.slice(0, 1) }
    const config = writeFile(
      `[sensor prague]\nid = 2\nport = ${first.port}\nkey-file = prague.key\n
[sensor brno]\nsocket = ${second.address.path}\n
[sensor down.example.org]\nhost = 127.0.0.1\nport = ${await freePort()}\n`,
      { name: 'config.ini' }
    )
    fs.writeFileSync(path.join(path.dirname(config), 'prague.key'), JSON.stringify(keyText), { mode: 0o600 })
    return { first, second, run: (...args: string[]) => pbxkit(['manager', ...args, '--config', config]) }
  }

  it('are asked together, with an error for each that fails, and a total', async () => {
    const { run } = await three()
    const { status, stdout, stderr } = await run('listcalls', '--sensor', 'all', '--json', '--columns', 'sensor,caller')
    expect(status).toBe(69)
    expect(JSON.parse(stdout)).toEqual({
      calls: [
        { sensor: 'prague', caller: 'sipuser' },
        { sensor: 'prague', caller: '1002' },
        { sensor: 'brno', caller: 'sipuser' },
        { sensor: 'prague', caller: '420700000101' }
      ],
      total: 4,
      sensors: [
        { name: 'prague', address: expect.any(String), total: 3, rows: 3 },
        { name: 'brno', address: expect.any(String), total: 1, rows: 1 },
        {
          name: 'down.example.org',
          address: expect.any(String),
          total: null,
          rows: 0,
          error: expect.objectContaining({ code: 'E_CONNECT' })
        }
      ]
    })
    expect(stderr).toMatch(/down\.example\.org: Cannot connect/)
  })

  it('are chosen by name or id, and --verbose names where the key is from, never the key', async () => {
    const { run } = await three()
    const { status, stdout, stderr } = await run('totalcalls', '--sensor', '2', '--sensor', 'brno', '--verbose')
    expect({ status, stdout }).toEqual({ status: 0, stdout: '6\n' })
    expect(stderr).toMatch(/prague \(.*config\.ini \[sensor prague\]\): 127\.0\.0\.1:\d+, aes-128-cbc, key from .*prague\.key/)
    expect(stderr).toMatch(/vm\.sock, in clear/)
    expect(stderr).not.toContain(keyText.key.slice(0, 10))
    expect(await run('totalcalls', '--sensor', 'pragu')).toMatchObject({ status: 64, stderr: expect.stringContaining('prague') })
    expect(await run('totalcalls', '--sensor', 'all', '--host', 'x')).toMatchObject({ status: 64 })
  })

  it('may be limited together, and critical when one is down', async () => {
    const { run } = await three()
    const limited = await run(
      'listcalls',
      '--sensor',
      'prague',
      '--sensor',
      '2',
      '--sensor',
      'brno',
      '--limit',
      '2',
      '--format',
      'csv'
    )
    expect(lines(limited.stdout)).toHaveLength(3)
    expect(await run('listcalls', '--sensor', 'all', '--warn', 'calls=100')).toMatchObject({
      status: 2,
      stdout: expect.stringMatching(/^CALLS CRITICAL - down\.example\.org: Cannot connect.* \| calls=4;100 /)
    })
    const { stdout } = await run('listcalls', '--sensor', 'all', '--format', 'prometheus')
    expect(stdout).toContain('voipmonitor_calls_sniffer_up{sensor="down.example.org"} 0\n')
    expect(stdout).toContain('voipmonitor_calls{sensor="brno"} 1\n')
  })

  it('in a section that is wrong are named with it', async () => {
    const run = (section: string) =>
      pbxkit(['manager', 'totalcalls', '--sensor', 'a', '--config', writeFile(`[sensor a]\n${section}`)])
    for (const [section, message] of [
      ['hots = x', /\[sensor a\]: unknown setting "hots"/],
      ['id = 1', /host or socket is missing/],
      ['host = x\nport = 99999', /port is a number up to 65535/],
      ['socket = /x\nhost = y', /socket excludes host/],
      ['host = x\ncipher = aes-128-gcm', /aes-128-gcm is not used/],
      ['ssh = -oProxyCommand=x', /not a destination for ssh/],
      ['host = x\nkey = AAAA', /key and iv go together/]
    ] as const) {
      expect(await run(section), section).toMatchObject({ status: 78, stdout: '', stderr: expect.stringMatching(message) })
    }
  })
})

describe('a unix socket', () => {
  it('is asked in clear without a key, and encrypted with one', async () => {
    const double = await sniffer({ path: path.join(temporaryFolder(), 'vm.sock') })
    const run = (env = {}) => pbxkit(['manager', 'send', 'getversion', '--socket', double.address.path!], { env })
    expect((await run()).stdout).toBe('2026.04.0')
    expect((await run({ PBXKIT_MANAGER_KEY: keyText.key, PBXKIT_MANAGER_IV: keyText.iv })).stdout).toBe('2026.04.0')
  })
})

describe('--ssh', () => {
  it('reaches a socket, and a port, through the ssh of the system', async () => {
    const { log, env } = fakeSsh()
    const double = await sniffer({ path: path.join(temporaryFolder(), 'vm.sock') })
    const overSocket = await pbxkit(
      ['manager', 'listcalls', '--ssh', 'root@sniffer', '--socket', double.address.path!, '--count'],
      { env }
    )
    expect(overSocket).toMatchObject({ status: 0, stdout: '3\n' })
    const tcp = await sniffer()
    const overTcp = await manager(tcp.port, ['send', 'getversion', '--ssh', 'root@sniffer'], {
      env: { ...env, PBXKIT_MANAGER_KEY: keyText.key, PBXKIT_MANAGER_IV: keyText.iv }
    })
    expect(overTcp).toMatchObject({ status: 0, stdout: '2026.04.0' })
    expect(lines(fs.readFileSync(log, 'utf8')).map((line) => JSON.parse(line))).toEqual([
      ['-T', '-o', 'BatchMode=yes', '--', 'root@sniffer', `exec nc -U '${double.address.path}'`],
      ['-T', '-o', 'BatchMode=yes', '-W', `127.0.0.1:${tcp.port}`, '--', 'root@sniffer']
    ])
  })

  it('says what ssh says when it fails', async () => {
    const run = (body: string) => pbxkit(['manager', 'totalcalls', '--ssh', 'root@sniffer'], { env: fakeSsh(body).env })
    expect(await run("console.error('root@sniffer: Permission denied (publickey).'); process.exit(255)")).toMatchObject({
      status: 77,
      stderr: expect.stringContaining('Permission denied (publickey)')
    })
    expect(await run("console.error('ssh: Could not resolve hostname sniffer'); process.exit(255)")).toMatchObject({
      status: 69,
      stderr: expect.stringContaining('Could not resolve hostname')
    })
    expect(await pbxkit(['manager', 'totalcalls', '--ssh', '-oProxyCommand=x'])).toMatchObject({ status: 64 })
  })
})

it('finds the keys of the recordings in every form that they are written in', async () => {
  const { port } = await sniffer()
  const { key, iv } = exchanges.find(({ n }) => n === 46)!.crypto!
  for (const text of [
    JSON.stringify({ key, iv }),
    JSON.stringify({ key, iv }).replaceAll('/', '\\/'),
    `managerport = 5029\nmanager_aes_key = ${key}\nmanager_aes_iv=${iv}\n`,
    `<?php\ndefine('VPMANAGER_AES_KEY', '${key}');\ndefine("VPMANAGER_AES_IV", "${iv}");\n`,
    `export PBXKIT_MANAGER_KEY=${key}\nexport PBXKIT_MANAGER_IV='${iv}'\n`,
    `; a comment\nkey = "${key}"\niv = ${iv}\n`,
    `${key}\n${iv}\n`
  ]) {
    const result = await manager(port, ['send', 'getversion', '--encrypt', 'on', '--key-file', writeFile(text)], { env: {} })
    expect(result, text).toMatchObject({ status: 0, stdout: '2026.04.0', stderr: '' })
  }
})
