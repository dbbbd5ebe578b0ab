import fs from 'node:fs'
import net from 'node:net'
import { describe, expect, it } from 'vitest'
import { asAdmin, pbxkit, program, Running, secret, tcpServer, writeFile } from './support/pbxkit.js'

const simulate = ['ami', 'simulate', '--listen', '127.0.0.1:0']
const demo = ['proxy', 'serve', '--demo', '--listen', '127.0.0.1:0']

describe.each([
  ['ami simulate', simulate],
  ['proxy serve', demo]
])('%s', (_, args) => {
  it('says ready with its address once it serves, keeps stdout empty, and ends with 0 at SIGTERM', async () => {
    const service = new Running(args)
    const port = await service.ready()
    expect(await pbxkit(['ami', 'send', 'Ping', ...asAdmin(port)], { env: secret })).toMatchObject({ status: 0 })
    service.child.kill('SIGTERM')
    expect(await service.exit).toMatchObject({ status: 0, signal: null, stdout: '' })
  })

  it('ends with 0 at SIGINT, at once after ready', async () => {
    const service = new Running(args)
    await service.ready()
    service.child.kill('SIGINT')
    expect(await service.exit).toMatchObject({ status: 0, signal: null, stdout: '' })
  })

  it('goes on at SIGHUP', async () => {
    const service = new Running(args)
    const port = await service.ready()
    service.child.kill('SIGHUP')
    await service.says(/reload/)
    expect(await pbxkit(['ami', 'send', 'Ping', ...asAdmin(port)], { env: secret })).toMatchObject({ status: 0 })
  })

  it('checks its settings and exits with --check, without listening', async () => {
    const taken = await tcpServer(() => {})
    const result = await pbxkit([...args.slice(0, -1), `127.0.0.1:${taken}`, '--check'])
    expect(result).toMatchObject({ status: 0, stdout: '', stderr: expect.stringContaining('the settings are valid') })
    expect(await pbxkit([...args, '--users', writeFile('broken'), '--check'])).toMatchObject({ status: 78, stdout: '' })
  })

  it('writes the ready line to --ready-fd, too, and closes it', async () => {
    const service = new Running([...args, '--ready-fd', '3'], {}, { stdio: ['pipe'] })
    let text = ''
    const pipe = service.child.stdio[3] as NodeJS.ReadableStream
    pipe.on('data', (chunk) => {
      text += chunk
    })
    await new Promise((resolve) => pipe.once('end', resolve))
    expect(text).toMatch(/^ready \w+=127\.0\.0\.1:\d+\n$/)
    expect(service.child.exitCode).toBeNull()
  })

  it('listens on every --listen', async () => {
    const service = new Running([...args, '--listen', '127.0.0.1:0'])
    const [, ...ports] = await service.says(/^ready \w+=127\.0\.0\.1:(\d+) \w+=127\.0\.0\.1:(\d+)$/m)
    for (const port of ports)
      expect(await pbxkit(['ami', 'send', 'Ping', ...asAdmin(Number(port))], { env: secret })).toMatchObject({ status: 0 })
  })

  it('logs JSON lines on stderr when that is no terminal', async () => {
    const service = new Running([...args, '--log-level', 'debug'])
    await service.ready()
    service.child.kill('SIGTERM')
    const { stderr } = await service.exit
    const records = stderr.split('\n').filter((line) => line.startsWith('{'))
    expect(records.length).toBeGreaterThan(0)
    for (const record of records)
      expect(JSON.parse(record)).toMatchObject({ level: expect.any(String), time: expect.any(String), msg: expect.any(String) })
  })
})

describe('a second signal', () => {
  it('ends a drain at once, with 130', async () => {
    const upstream = await tcpServer((socket) => {
      socket.write('Asterisk Call Manager/11.0.0\r\n')
      socket.on('data', (chunk) => {
        const id = /ActionID: (.*)\r/.exec(chunk.toString())?.[1]
        if (/Action: (Challenge|Login)/.test(chunk.toString()))
          socket.write(`Response: Success\r\nActionID: ${id}\r\nChallenge: 1\r\n\r\nEvent: FullyBooted\r\n\r\n`)
      })
    })
    const proxy = new Running(
      [
        'proxy',
        'serve',
        '--host',
        '127.0.0.1',
        '--port',
        String(upstream),
        '--username',
        'p',
        '--auth',
        'plain',
        '--no-auth-required',
        '--listen',
        '127.0.0.1:0',
        '--drain-timeout',
        '10m'
      ],
      { env: secret }
    )
    const port = await proxy.ready()
    await proxy.says(/server connected/)
    const client = net.connect(port, '127.0.0.1').on('error', () => {})
    let received = ''
    client.on('data', (chunk) => {
      received += chunk
    })
    client.write('Action: Ping\r\n\r\nAction: Events\r\nEventMask: on\r\nActionID: mark\r\n\r\n')
    await new Promise<void>((resolve) => client.on('data', () => received.includes('ActionID: mark') && resolve()))
    proxy.child.kill('SIGTERM')
    await new Promise<void>((resolve) => client.on('data', () => received.includes('Event: Shutdown') && resolve()))
    expect(proxy.child.exitCode).toBeNull()
    proxy.child.kill('SIGTERM')
    expect(await proxy.exit).toMatchObject({ status: 130, stdout: '' })
    client.destroy()
  })
})

describe('secrets', () => {
  it('never appear in the log of a proxy, not even with --log-level trace, nor in its arguments', async () => {
    const users = writeFile('ann = ann-secret-1\n')
    const upstream = new Running([...simulate, '--users', writeFile('proxy = upstream-secret-1\n')])
    const upstreamPort = await upstream.ready()
    const proxy = new Running([
      'proxy',
      'serve',
      '--host',
      '127.0.0.1',
      '--port',
      String(upstreamPort),
      '--username',
      'proxy',
      '--secret-file',
      writeFile('upstream-secret-1\n'),
      '--users',
      users,
      '--listen',
      '127.0.0.1:0',
      '--log-level',
      'trace',
      '--auth',
      'plain'
    ])
    const port = await proxy.ready()
    await proxy.says(/server connected/)
    const send = (auth: string, value: string) =>
      pbxkit(['ami', 'send', 'Ping', '--port', String(port), '--username', 'ann', '--auth', auth, '--log-level', 'trace'], {
        env: { PBXKIT_SECRET: value }
      })
    for (const result of [
      await send('plain', 'ann-secret-1'),
      await send('md5', 'ann-secret-1'),
      await send('plain', 'guessed-secret-1')
    ]) {
      expect(result.stderr).toContain('> Action: Login')
      expect(result.stdout + result.stderr).not.toMatch(/secret-1/)
      expect(result.stderr).not.toMatch(/Key: [0-9a-f]/)
    }
    await proxy.says(/login refused/)
    if (fs.existsSync('/proc/self/cmdline'))
      expect(fs.readFileSync(`/proc/${proxy.child.pid}/cmdline`, 'utf8')).not.toMatch(/secret-1/)
    proxy.child.kill('SIGTERM')
    const { stderr } = await proxy.exit
    expect(stderr).toContain('client logged in')
    expect(stderr).not.toMatch(/secret-1/)
    expect(upstream.stderr).not.toMatch(/secret-1/)
    expect(program).toMatch(/run\.js$/)
  })
})
