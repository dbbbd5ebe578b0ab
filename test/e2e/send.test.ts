import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { asAdmin, pbxkit, program, secret, simulator, tcpServer } from './support/pbxkit.js'

const send = (port: number, args: string[], options = {}) =>
  pbxkit(['ami', 'send', ...args, ...asAdmin(port)], { env: secret, ...options })

/** A simulator with one call up. */
async function withCall() {
  const { port } = await simulator({ callSeconds: 600 })
  const result = await send(port, [
    'Originate',
    '-F',
    'Channel=Local/s@demo',
    '-F',
    'Application=Wait',
    '-F',
    'Data=600',
    '-F',
    'Async=true',
    '--wait-for',
    'Event=OriginateResponse'
  ])
  expect(result).toMatchObject({ status: 0, stdout: expect.stringContaining('Event: OriginateResponse\n') })
  return port
}

/** A server that logs everybody in and answers everything with one block. */
function answering(block: string): Promise<number> {
  return tcpServer((socket) => {
    socket.write('Asterisk Call Manager/11.0.0\r\n')
    socket.on('data', (chunk) => {
      const id = /ActionID: (.*)\r/.exec(chunk.toString())?.[1]
      const login = /Action: (Challenge|Login)/.test(chunk.toString())
      socket.write(
        login ? `Response: Success\r\nActionID: ${id}\r\nChallenge: 1\r\n\r\n` : block.replace('ID', `ActionID: ${id}`)
      )
    })
  })
}

describe('the rows of a list', () => {
  it('come as table, JSON, NDJSON and CSV with the same values', async () => {
    const port = await withCall()
    const as = async (format: string) =>
      (await send(port, ['CoreShowChannels', '--format', format, '--columns', 'Channel,Application'])).stdout
    const rows = JSON.parse(await rowsOf(as('ndjson')))
    expect(rows.length).toBeGreaterThan(0)
    expect(rows[0]).toEqual({ Channel: expect.stringMatching(/^Local\/s@demo-00000000;\d$/), Application: expect.any(String) })
    const csv = (await as('csv')).split('\r\n')
    expect(csv[0]).toBe('Channel,Application')
    expect(csv[1]).toBe(`${rows[0].Channel},${rows[0].Application}`)
    const table = (await as('table')).split('\n')
    expect(table[0]).toMatch(/^CHANNEL +APPLICATION$/)
    expect(table[1]!.split(/ {2,}/)).toEqual([rows[0].Channel, rows[0].Application].filter(Boolean))
    const all = JSON.parse((await send(port, ['CoreShowChannels', '--json'])).stdout)
    expect(all.items).toHaveLength(rows.length)
    expect(all.items[0].Channel).toBe(rows[0].Channel)
  })

  async function rowsOf(ndjson: Promise<string>): Promise<string> {
    return `[${(await ndjson).trimEnd().split('\n').join(',')}]`
  }

  it('of an empty list are no rows, and no error', async () => {
    const { port } = await simulator()
    expect(await send(port, ['CoreShowChannels', '--format', 'ndjson'])).toMatchObject({ status: 0, stdout: '' })
  })
})

describe('what is sent', () => {
  it('--dry-run prints exactly, and needs no server', async () => {
    const result = await pbxkit([
      'ami',
      'send',
      'Originate',
      '-F',
      'Channel=Local/s@demo',
      '-F',
      'Variable=b=2',
      '-F',
      'Variable=a=1',
      '-F',
      'CallerID="Иван" <1>',
      '--server',
      'pbx-a',
      '--dry-run'
    ])
    expect(result).toEqual({
      status: 0,
      signal: null,
      stderr: '',
      stdout:
        'Action: Originate\r\nChannel: Local/s@demo\r\nVariable: b=2\r\nVariable: a=1\r\nCallerID: "Иван" <1>\r\nServer: pbx-a\r\n\r\n'
    })
  })

  it('is held against the catalogue, unless --no-validate says otherwise', async () => {
    const { port } = await simulator()
    expect(await send(port, ['Pnig'])).toMatchObject({
      status: 64,
      stdout: '',
      stderr: expect.stringMatching(/Did you mean .*Ping[\s\S]*--no-validate/)
    })
    expect(await send(port, ['Getvar'])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('needs the field Variable')
    })
    expect(await send(port, ['Pnig', '--no-validate'])).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('Invalid/unknown command')
    })
  })

  for (const value of ['a\r\nAction: Logoff', 'a\nb', 'a\rb']) {
    it(`is refused with a line break in it (${JSON.stringify(value)})`, async () => {
      const { port, ...rest } = await simulator()
      const result = await send(port, ['Setvar', '-F', 'Variable=X', '-F', `Value=${value}`])
      expect(result).toMatchObject({ status: 65, stdout: '', stderr: expect.stringContaining('line break') })
      expect(rest.sessions).toBe(0)
    })
  }
})

describe('what comes back', () => {
  it('of a Command is printed as asterisk -rx prints it', async () => {
    const { port } = await simulator()
    const { stdout, status } = await send(port, ['Command', '-F', 'Command=core show uptime'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^System uptime: .*\nLast reload: .*\n$/)
  })

  it('is shown with terminal escapes escaped, and in JSON exactly', async () => {
    const port = await answering('Response: Success\r\nID\r\nMessage: \x1b[31mred\x07 \x9b2J\r\n\r\n')
    const { stdout } = await send(port, ['Ping'])
    expect(stdout).toContain('Message: \\x1b[31mred\\x07')
    expect(stdout).not.toContain('\x1b')
    const json = (await send(port, ['Ping', '--json'])).stdout
    expect(json).not.toContain('\x1b')
    expect(JSON.stringify(JSON.parse(json))).toContain('\\u001b[31mred\\u0007')
  })

  it('may fail to come: 75 after --timeout, with the action’s name', async () => {
    const port = await answering('')
    expect(await send(port, ['Ping', '--timeout', '0.1'])).toMatchObject({
      status: 75,
      stdout: '',
      stderr: expect.stringContaining('did not answer Ping within 0.1 s')
    })
  })

  it('has no colours in a pipe, FORCE_COLOR adds them, NO_COLOR wins', async () => {
    const { port } = await simulator()
    const run = async (env: Record<string, string>, args: string[] = []) =>
      (await send(port, ['Ping', ...args], { env: { ...secret, ...env } })).stdout
    expect(await run({})).not.toContain('\x1b')
    expect(await run({ FORCE_COLOR: '1' })).toContain('\x1b[')
    expect(await run({ FORCE_COLOR: '1', NO_COLOR: '1' })).not.toContain('\x1b')
    expect(await run({ FORCE_COLOR: '1' }, ['--no-color'])).not.toContain('\x1b')
  })
})

describe('a reader that goes (| head -1)', () => {
  it('ends a stream at once and quietly', async () => {
    const { port } = await simulator({ rate: 1000 })
    const child = spawn(process.execPath, [program, 'ami', 'events', ...asAdmin(port)], {
      env: { ...process.env, ...secret },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    await once(child.stdout, 'data')
    child.stdout.destroy()
    const [status] = await once(child, 'close')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})
