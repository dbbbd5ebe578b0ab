import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import https from 'node:https'
import net from 'node:net'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { callHeaders } from '../../src/lib/agi-call/call-headers.js'
import { type CallReport, playCall } from '../../src/lib/agi-call/play-call.js'
import { pbxkit, Running, tcpServer, temporaryFolder, writeFile } from './support/pbxkit.js'
import { hasTerminal, onTerminal } from './support/terminal.js'

const certificate = path.join(import.meta.dirname, '../fixtures/tls/server')
const withTls = ['--tls-cert', `${certificate}.crt`, '--tls-key', `${certificate}.key`]

interface Served {
  running: Running
  port: number
  agiPort: number
  db: string
}

async function addUser(db: string, password: string): Promise<void> {
  const add = ['agi', 'tunnel', 'user', 'add', 'alice', '--db', db, '--protocol-1']
  await pbxkit(add, { env: { PBXKIT_SECRET: password } })
}

/** A server of tunnels with the user alice, whose password is `secret`. */
async function serve(...more: string[]): Promise<Served> {
  const db = `sqlite:${path.join(temporaryFolder(), 'tunnel.db')}`
  await addUser(db, 'secret')
  const listen = ['--listen', '127.0.0.1:0', '--agi-listen', '127.0.0.1:0', '--connect-grace', '5']
  const running = new Running(['agi', 'tunnel', 'serve', '--db', db, ...listen, ...more])
  const [, port, agiPort] = await running.says(/^ready tunnel=127\.0\.0\.1:(\d+) agi=127\.0\.0\.1:(\d+)/m)
  return { running, port: Number(port), agiPort: Number(agiPort), db }
}

/** Asterisk has a call for alice. */
async function call(agiPort: number, args: readonly string[] = []): Promise<CallReport> {
  const socket = net.connect({ port: agiPort, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  const headers = callHeaders({ url: `agi://127.0.0.1:${agiPort}/`, args })
  return playCall(socket, { headers, variables: { SANDBOX_USERNAME: 'alice' } }).ended
}

const outcome = ({ status, variables }: CallReport) => [status, variables.BRIDGE_OUTCOME, variables.BRIDGE_REASON]
const success = ['SUCCESS', 'SUCCESS', undefined]

/** A FastAGI application that says its lines, each when the last was answered. */
function application(lines: readonly string[]): Promise<number> {
  return tcpServer((socket) => {
    let next = 0
    socket.on('data', (chunk) => {
      if (!chunk.toString().endsWith('\n')) return
      if (next < lines.length) socket.write(`${lines[next++]}\n`)
      else socket.end()
    })
  })
}

const events = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('agi tunnel', () => {
  it('takes server, user and password from the settings of the original, one call, and writes it down for agi call', async () => {
    const { port, agiPort } = await serve()
    const app = String(await application(['ANSWER', 'SET VARIABLE WORD "hello there"']))
    const settings = `username: alice\npassword: secret\nconnect_to:\n  host: 127.0.0.1\n  port: ${port}\n`
    const calls = path.join(temporaryFolder(), 'calls')
    const flags = ['--metadata', writeFile(settings, { name: 'sandbox.yml' }), '--plain', '--transcript', `${calls}/`]
    const tunnel = new Running(['agi', 'tunnel', ...flags, '--app', app, '--once', '--json'])
    await tunnel.says(/"accepted"/, 'stdout')
    expect(outcome(await call(agiPort, ['first']))).toEqual(success)
    const { status, stdout } = await tunnel.exit
    expect(status).toBe(0)
    expect(events(stdout).map(({ event }) => event)).toEqual(['connecting', 'accepted', 'call-start', 'call-end'])
    const [transcript] = fs.readdirSync(calls).map((name) => path.join(calls, name))
    expect(fs.statSync(transcript!).mode & 0o777).toBe(0o600)

    const again = await pbxkit(['agi', 'call', `agi://127.0.0.1:${app}`, '--replay', transcript!, '--json'])
    expect(again.status).toBe(0)
    expect(JSON.parse(again.stdout)).toMatchObject({
      differences: [],
      commands: [{ said: '200 result=0\n' }, { said: '200 result=1\n' }]
    })
    const other = await application(['ANSWER', 'SET VARIABLE WORD bye'])
    const differs = await pbxkit(['agi', 'call', `agi://127.0.0.1:${other}`, '--replay', transcript!])
    expect(differs.status).toBe(1)
    expect(differs.stderr).toContain('command 2 was SET VARIABLE WORD "hello there" and is SET VARIABLE WORD bye now')
  })

  it('asks https for the server, and trusts nobody without a reason', async () => {
    const { port, agiPort } = await serve(...withTls)
    const cert = { cert: fs.readFileSync(`${certificate}.crt`), key: fs.readFileSync(`${certificate}.key`) }
    const web = https.createServer(cert, (_, response) => response.end(`connect_to:\n  host: 127.0.0.1\n  port: ${port}\n`))
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      web.closeAllConnections()
      web.close()
    })
    const url = `https://127.0.0.1:${(web.address() as net.AddressInfo).port}/component/2.0`
    const app = String(await application(['ANSWER']))
    const flags = ['agi', 'tunnel', '--metadata', url, '--username', 'alice', '--app', app]
    const env = { PBXKIT_SECRET: 'secret' }
    await new Running([...flags, '--insecure'], { env }).says(/^ready tunnel=127\.0\.0\.1:\d+$/m)
    expect(outcome(await call(agiPort))).toEqual(success)
    expect((await pbxkit(flags, { env })).status).toBe(69)
    const clear = await pbxkit([...flags.with(3, 'http://example.org/component/1.0'), '--insecure'], { env })
    expect(clear.status).toBe(78)
    expect(clear.stderr).toContain('changed by anybody on the way')
  })

  it('keeps a tunnel to each of several servers', async () => {
    const servers = [await serve(), await serve()]
    const app = String(await application(['ANSWER']))
    const hosts = servers.flatMap(({ port }) => ['--host', `127.0.0.1:${port}`])
    const flags = [...hosts, '--plain', '--username', 'alice', '--app', app, '--json', '--retry-max', '200ms']
    const tunnel = new Running(['agi', 'tunnel', ...flags], { env: { PBXKIT_SECRET: 'secret' } })
    await tunnel.says(/"accepted"[\s\S]*"accepted"/, 'stdout')
    for (const { agiPort } of servers) expect(outcome(await call(agiPort))).toEqual(success)
    servers[0]!.running.child.kill('SIGKILL')
    await tunnel.says(/"dropped"/, 'stdout')
    expect(outcome(await call(servers[1]!.agiPort))).toEqual(success)
    await tunnel.says(/("call-end"[\s\S]*){3}/, 'stdout')
    const ended = events(tunnel.stdout.slice(0, tunnel.stdout.lastIndexOf('\n'))).filter(({ event }) => event === 'call-end')
    expect(ended.map(({ server }) => server)).toEqual([0, 1, 1].map((at) => `127.0.0.1:${servers[at]!.port}`))
    tunnel.child.kill('SIGTERM')
    expect((await tunnel.exit).status).toBe(0)
  })

  it('reads its password again at SIGHUP, and keeps the tunnel that it has until another stands', async () => {
    const { port, agiPort, db } = await serve()
    const app = String(await application(['ANSWER']))
    const secretFile = writeFile('secret\n', { name: 'alice.secret' })
    const flags = ['--port', String(port), '--plain', '--username', 'alice', '--secret-file', secretFile, '--app', app, '--json']
    const tunnel = new Running(['agi', 'tunnel', ...flags])
    await tunnel.says(/"accepted"/, 'stdout')
    fs.writeFileSync(secretFile, 'wrong\n')
    tunnel.child.kill('SIGHUP')
    await tunnel.says(/reload failed/)
    expect(outcome(await call(agiPort))).toEqual(success)
    await addUser(db, 'newer')
    fs.writeFileSync(secretFile, 'newer\n')
    tunnel.child.kill('SIGHUP')
    await tunnel.says(/"reloaded"/)
    expect(events(tunnel.stdout).filter(({ event }) => event === 'accepted')).toHaveLength(2)
    expect(outcome(await call(agiPort))).toEqual(success)
  })

  it('writes transcripts of all calls into one file, each to be played by its name', async () => {
    const { port, agiPort } = await serve()
    const app = String(await application(['ANSWER', 'GET VARIABLE SANDBOX_USERNAME']))
    const file = path.join(temporaryFolder(), 'calls.ndjson')
    const flags = ['--port', String(port), '--plain', '--username', 'alice', '--app', app, '--json', '--transcript', file]
    const tunnel = new Running(['agi', 'tunnel', ...flags], { env: { PBXKIT_SECRET: 'secret' } })
    await tunnel.says(/"accepted"/, 'stdout')
    await Promise.all([call(agiPort, ['one']), call(agiPort, ['two'])])
    await tunnel.says(/"call-end"[\s\S]*"call-end"/, 'stdout')
    expect(fs.statSync(file).mode & 0o777).toBe(0o600)
    const ids = events(tunnel.stdout).flatMap(({ event, call: id }) => (event === 'call-end' ? [id] : []))
    for (const id of ids) {
      const replay = ['agi', 'call', `agi://127.0.0.1:${app}`, '--replay', file, '--replay-call', id, '--json']
      const { status, stdout } = await pbxkit(replay)
      expect(status).toBe(0)
      expect(JSON.parse(stdout).commands[1].said).toBe('200 result=1 (alice)\n')
    }
    const missing = await pbxkit(['agi', 'call', 'agi://127.0.0.1:1', '--replay', file, '--replay-call', 'nobody'])
    expect([missing.status, missing.stderr]).toEqual([65, expect.stringContaining(ids[0])])
  })

  it.skipIf(!hasTerminal)(
    'asks for all that it needs when it is called bare on a terminal, and keeps it as a profile',
    async () => {
      const { port } = await serve()
      const app = String(await application(['ANSWER']))
      const home = temporaryFolder()
      const env = { XDG_CONFIG_HOME: home }
      const { status, shown } = await onTerminal(
        ['agi', 'tunnel'],
        [
          ['Server', `127.0.0.1:${port}\r`],
          ['Connection:', '\x1b[B\x1b[B\r'],
          ['User:', 'alice\r'],
          ['Password:', 'secret\r'],
          ['Application', `127.0.0.1:${app}\r`],
          ['Save as profile', 'work.1\r'],
          ['ready tunnel=', '\x03']
        ],
        env
      )
      expect(status).toBe(0)
      expect(shown).toContain('pbxkit agi tunnel --profile work.1')
      expect(shown).toContain('******')
      const config = path.join(home, 'pbxkit/config.ini')
      expect(fs.statSync(config).mode & 0o077).toBe(0)
      expect(fs.statSync(path.join(home, 'pbxkit/work.1.secret')).mode & 0o777).toBe(0o600)
      expect(fs.readFileSync(config, 'utf8')).not.toMatch(/= ?secret$/m)
      const again = new Running(['agi', 'tunnel', '--profile', 'work.1'], { env })
      await again.says(/^ready/m)
    }
  )

  it('finishes the call of a script when Ctrl-C is pressed, which the whole group gets', async () => {
    const { port, agiPort } = await serve()
    const lines = [
      'while read -r line && [ -n "$line" ]; do :; done',
      'echo ANSWER',
      'read -r reply',
      'echo ready >&2',
      'read -r word < "$1"'
    ]
    const wait = path.join(temporaryFolder(), 'wait')
    spawnSync('mkfifo', [wait])
    const script = writeFile(`#!/bin/sh\n${[...lines, 'echo SET VARIABLE WORD "$word"', 'read -r reply'].join('\n')}\n`, {
      mode: 0o755
    })
    const flags = ['--port', String(port), '--plain', '--username', 'alice', '--exec', script]
    const tunnel = new Running(['agi', 'tunnel', ...flags], { env: { PBXKIT_SECRET: 'secret' } }, { detached: true })
    await tunnel.says(/^ready tunnel/m)
    const report = call(agiPort, [wait])
    await tunnel.says(/^ready$/m)
    process.kill(-tunnel.child.pid!, 'SIGINT')
    await tunnel.says(/stopping/)
    fs.writeFileSync(wait, 'whole\n')
    const ended = await report
    expect([...outcome(ended), ended.variables.WORD]).toEqual([...success, 'whole'])
    expect((await tunnel.exit).status).toBe(0)
  })

  it('does not start with a script that cannot be run: 78', async () => {
    const flags = ['--username', 'alice', '--exec', writeFile('#!/bin/sh\n', { mode: 0o644 })]
    const { status, stderr } = await pbxkit(['agi', 'tunnel', ...flags], { env: { PBXKIT_SECRET: 'secret' } })
    expect([status, stderr]).toEqual([78, expect.stringContaining('it is not executable')])
  })

  it('asks nothing in a pipe: 64', async () => {
    const { status, stderr } = await pbxkit(['agi', 'tunnel'])
    expect([status, stderr]).toEqual([64, expect.stringContaining('--username is missing')])
  })
})

describe('agi call', () => {
  it('plays faults, and a transcript of agi serve', async () => {
    const file = path.join(temporaryFolder(), 'calls.ndjson')
    const flags = ['--answer', '--play', 'beep', '--hangup', '--transcript', file, '--json']
    const server = new Running(['agi', 'serve', '--listen', '127.0.0.1:0', ...flags])
    const url = `agi://127.0.0.1:${await server.ready()}`
    const faults = await pbxkit(['agi', 'call', url, '--missing-file', 'beep', '--reply', 'ANSWER=511 no', '--json'])
    expect(faults.status).toBe(1)
    const { status, commands } = JSON.parse(faults.stdout)
    expect(status).toBe('FAILURE')
    expect(commands.map(({ said }: { said: string }) => said)).toEqual([
      '511 no\n',
      '200 result=-1 endpos=0\n',
      '200 result=1\nHANGUP\n'
    ])
    await server.says(/"event":"end"/, 'stdout')
    const replay = await pbxkit(['agi', 'call', url, '--replay', file, '--json'])
    expect(replay.status).toBe(0)
    expect(JSON.parse(replay.stdout)).toMatchObject({ differences: [], status: 'HANGUP' })
    expect(JSON.parse(replay.stdout).commands[0].said).toBe('511 no\n')
  })

  it('gives a call up that does not end: 75', async () => {
    const app = await tcpServer((socket) => socket.resume())
    expect((await pbxkit(['agi', 'call', `agi://127.0.0.1:${app}`, '--call-timeout', '200ms'])).status).toBe(75)
  })

  it('says of what is no transcript that it is none: 65', async () => {
    const { status, stderr } = await pbxkit(['agi', 'call', 'agi://127.0.0.1', '--replay', writeFile('nonsense\n')])
    expect([status, stderr]).toEqual([65, expect.stringContaining('Line 1 of the transcript')])
  })
})
