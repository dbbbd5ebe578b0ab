import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { callHeaders } from '../../src/lib/agi-call/call-headers.js'
import { type CallReport, type PlayedCall, playCall } from '../../src/lib/agi-call/play-call.js'
import { freePort, pbxkit, type Result, Running, tcpServer, temporaryFolder } from './support/pbxkit.js'

const certificate = path.join(import.meta.dirname, '../fixtures/tls/server')

/** A server of tunnels with one user, `alice`, whose password is `secret`. */
async function serve(...more: string[]): Promise<{ running: Running; port: number; agiPort: number; db: string; users: Result }> {
  const db = `sqlite:${path.join(temporaryFolder(), 'tunnel.db')}`
  const users = await pbxkit(['agi', 'tunnel', 'user', 'add', 'alice', '--db', db, '--protocol-1'], {
    env: { PBXKIT_SECRET: 'secret' }
  })
  const listen = ['--listen', '127.0.0.1:0', '--agi-listen', '127.0.0.1:0', '--connect-grace', '2']
  const running = new Running(['agi', 'tunnel', 'serve', '--db', db, ...listen, ...more])
  const [, port, agiPort] = await running.says(/^ready tunnel=127\.0\.0\.1:(\d+) agi=127\.0\.0\.1:(\d+)/m)
  return { running, port: Number(port), agiPort: Number(agiPort), db, users }
}

function client(port: number, flags: readonly string[], password = 'secret'): Running {
  const login = ['--port', String(port), '--username', 'alice', '--retry-max', '500ms']
  return new Running(['agi', 'tunnel', ...login, ...flags], { env: { PBXKIT_SECRET: password } })
}

/** Asterisk has a call for a user. */
function call(agiPort: number, user = 'alice', onCommand?: (line: string) => void): PlayedCall {
  const socket = net.connect({ port: agiPort, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  return playCall(socket, {
    headers: callHeaders({ url: `agi://127.0.0.1:${agiPort}/` }),
    variables: { SANDBOX_USERNAME: user },
    onCommand: ({ line }) => onCommand?.(line)
  })
}

const outcome = ({ status, variables }: CallReport) => [status, variables.BRIDGE_OUTCOME, variables.BRIDGE_REASON]

/** A FastAGI application that answers, says so, and then does as the test likes. */
function application(then: (socket: net.Socket) => void): Promise<number> {
  return tcpServer((socket) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString()
      if (text.endsWith('\n\n')) socket.write('ANSWER\nSET VARIABLE WORD "hello there"\n')
      if (text.endsWith('200 result=0\n200 result=1\n')) then(socket)
    })
  })
}

describe('the AGI tunnel', () => {
  it('takes a call to a FastAGI application, over TLS, and back', async () => {
    const { running, port, agiPort } = await serve('--tls-cert', `${certificate}.crt`, '--tls-key', `${certificate}.key`)
    const app = await application((socket) => socket.end())
    const tunnel = client(port, ['--app', String(app), '--insecure', '--json'])
    await tunnel.says(/"event":"accepted"/, 'stdout')
    const report = await call(agiPort).ended
    expect(outcome(report)).toEqual(['SUCCESS', 'SUCCESS', undefined])
    expect(report.variables.WORD).toBe('hello there')
    const [line] = await tunnel.says(/.*"event":"call-end".*/, 'stdout')
    expect(JSON.parse(line)).toMatchObject({ event: 'call-end', commands: 2 })
    tunnel.child.kill('SIGTERM')
    expect((await tunnel.exit).status).toBe(0)
    running.child.kill('SIGTERM')
    expect((await running.exit).status).toBe(0)
  })

  it('runs a script for each call, with the arguments of AGI()', async () => {
    const { port, agiPort } = await serve()
    const script = path.join(temporaryFolder(), 'script.sh')
    fs.writeFileSync(
      script,
      '#!/bin/sh\nwhile read -r line && [ -n "$line" ]; do :; done\necho "SET VARIABLE WORD $1"\nread -r reply\n',
      { mode: 0o755 }
    )
    await client(port, ['--exec', script, '--plain']).says(/^ready/m)
    const socket = net.connect({ port: agiPort, host: '127.0.0.1', allowHalfOpen: true })
    const headers = callHeaders({ url: 'agi://127.0.0.1/', args: ['first'] })
    const report = await playCall(socket, { headers, variables: { SANDBOX_USERNAME: 'alice' } }).ended
    expect(outcome(report)).toEqual(['SUCCESS', 'SUCCESS', undefined])
    expect(report.variables.WORD).toBe('first')
  })

  it('says 77 to a wrong password, and 69 to a certificate that is not trusted', async () => {
    const { port } = await serve('--tls-cert', `${certificate}.crt`, '--tls-key', `${certificate}.key`)
    const app = ['--app', '1'] as const
    const pin = `sha256:${'0'.repeat(64)}`
    const ends = [client(port, [...app, '--insecure'], 'wrong'), client(port, app), client(port, [...app, '--pin', pin])]
    expect(await Promise.all(ends.map(async ({ exit }) => (await exit).status))).toEqual([77, 69, 69])
  })

  it('tells the dialplan that nobody is there, that the user is missing, and that the application is not running', async () => {
    const { port, agiPort } = await serve()
    expect(outcome(await call(agiPort).ended)).toEqual(['SUCCESS', 'FAILED', 'not-connected'])
    expect(outcome(await call(agiPort, '').ended)).toEqual(['SUCCESS', 'FAILED', 'no-username'])
    await client(port, ['--plain', '--app', String(await freePort())]).says(/^ready/m)
    expect(outcome(await call(agiPort).ended)).toEqual(['SUCCESS', 'FAILED', 'app-econnrefused'])
  })

  it.each(['2', '1'])('takes a call by protocol %s, and the next', async (protocol) => {
    const { port, agiPort } = await serve('--protocol-1')
    const app = await application((socket) => socket.end())
    await client(port, ['--plain', '--app', String(app), '--protocol', protocol]).says(/^ready/m)
    for (const _ of [1, 2]) expect(outcome(await call(agiPort).ended)).toEqual(['SUCCESS', 'SUCCESS', undefined])
  })

  it('does not let the original in when it is told so, nor users who were not added for it', async () => {
    const { port } = await serve('--no-protocol-1')
    const socket = net.connect({ port, host: '127.0.0.1' })
    onTestFinished(() => void socket.destroy())
    socket.write(`${'0'.repeat(32)}\n`)
    expect(String(await new Promise((resolve) => socket.once('data', resolve)))).toMatch(
      /^upgrade required AGIT\/2 use pbxkit agi tunnel/
    )
    const other = await serve()
    const added = ['agi', 'tunnel', 'user', 'add', 'alice', '--db', other.db]
    expect((await pbxkit(added, { env: { PBXKIT_SECRET: 'secret' } })).status).toBe(0)
    expect((await client(other.port, ['--plain', '--app', '1', '--protocol', '1']).exit).status).toBe(77)
  })

  it('tells the dialplan of a client and of an application that are lost in a call, and goes on', async () => {
    const { port, agiPort } = await serve()
    const lost: (() => void)[] = []
    const app = await application((socket) => lost.shift()!.call(socket))
    const first = client(port, ['--plain', '--app', String(app)])
    await first.says(/^ready/m)
    lost.push(() => first.child.kill('SIGKILL'))
    expect(outcome(await call(agiPort).ended)).toEqual(['FAILURE', 'DROPPED', 'tunnel-lost'])
    await client(port, ['--plain', '--app', String(app)]).says(/^ready/m)
    lost.push(function (this: net.Socket) {
      this.resetAndDestroy()
    } as () => void)
    expect(outcome(await call(agiPort).ended)).toEqual(['FAILURE', 'DROPPED', 'app-lost'])
    lost.push(function (this: net.Socket) {
      this.end()
    } as () => void)
    expect(outcome(await call(agiPort).ended)).toEqual(['SUCCESS', 'SUCCESS', undefined])
  })

  it('stops with a call in it when its time is over, and tells the dialplan', async () => {
    const { running, port, agiPort } = await serve('--drain-timeout', '100ms')
    const app = await application(() => running.child.kill('SIGTERM'))
    const tunnel = client(port, ['--plain', '--app', String(app)])
    await tunnel.says(/^ready/m)
    expect(outcome(await call(agiPort).ended)).toEqual(['FAILURE', 'DROPPED', 'server-shutdown'])
    expect((await running.exit).status).toBe(0)
    await tunnel.says(/retry/)
  })

  it('comes back to a server that was killed', async () => {
    const { running, port, agiPort, db } = await serve()
    const app = await application((socket) => socket.end())
    const tunnel = client(port, ['--plain', '--app', String(app), '--json'])
    await tunnel.says(/"accepted"/, 'stdout')
    running.child.kill('SIGKILL')
    await tunnel.says(/"dropped"/, 'stdout')
    const again = new Running([
      'agi',
      'tunnel',
      'serve',
      '--db',
      db,
      '--listen',
      `127.0.0.1:${port}`,
      '--agi-listen',
      `127.0.0.1:${agiPort}`
    ])
    await again.says(/^ready/m)
    await tunnel.says(/"accepted"[\s\S]*"accepted"/, 'stdout')
    expect(outcome(await call(agiPort).ended)).toEqual(['SUCCESS', 'SUCCESS', undefined])
  })

  it('knows its users', async () => {
    const { db, running, port, users } = await serve()
    expect(users.stderr).toContain('alice: added')
    const user = (...args: string[]) => pbxkit(['agi', 'tunnel', 'user', ...args, '--db', db, '--json'])
    const bob = JSON.parse((await user('add', 'bob', '--generate')).stdout)
    expect(bob).toMatchObject({ username: 'bob', outcome: 'added', password: expect.stringMatching(/^\w{32}$/) })
    expect(JSON.parse((await user('list')).stdout)).toMatchObject([
      { username: 'alice', protocols: [2, 1] },
      { username: 'bob', protocols: [2] }
    ])
    const tunnel = client(port, ['--plain', '--app', '1'])
    await tunnel.says(/^ready/m)
    expect([(await user('rm', 'alice')).status, (await user('rm', 'alice')).status]).toEqual([0, 1])
    running.child.kill('SIGHUP')
    expect((await tunnel.exit).status).toBe(77)
  })

  it('listens for other machines with TLS only, unless it is told to', async () => {
    const { status, stderr } = await pbxkit(['agi', 'tunnel', 'serve', '--check', '--db', 'sqlite::memory:'])
    expect([status, stderr]).toEqual([64, expect.stringContaining('--tls-cert is missing')])
  })
})
