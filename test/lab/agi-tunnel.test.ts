import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createRecord } from '../../src/lib/scram/record.js'
import { openStore } from '../../src/lib/store/open-store.js'
import { tokenOf } from '../../src/lib/tunnel/protocol-1-messages.js'
import { TunnelAccounts } from '../../src/lib/tunnel-server/accounts.js'
import { ensureBuilt, program } from '../e2e/support/pbxkit.js'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { AMI_ADMIN, defaultFiles } from './servers/asterisk-config.js'
import { AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'
import { Watched } from './support/limit.js'

const certificate = path.join(import.meta.dirname, '../fixtures/tls/server')

/** For Asterisk to put together. */
const question = `GET FULL VARIABLE "\${CHANNEL(language)} \${EXTEN}"\n`

const dialplan = `
[tunnel]
exten => run,1,Answer()
 same => n,Set(SANDBOX_USERNAME=\${TUNNEL_USER})
 same => n,AGI(\${AGI_URL},one,two)
 same => n,UserEvent(AfterAGI,Status: \${AGISTATUS},Outcome: \${BRIDGE_OUTCOME},Reason: \${BRIDGE_REASON},Word: \${WORD})
 same => n,Hangup()
`

/** The built program, with what it has said. */
class Program {
  readonly child: ChildProcess
  readonly #watched = new Watched()
  #text = ''

  constructor(args: readonly string[]) {
    const env = { ...process.env, PBXKIT_SECRET: 'secret', XDG_RUNTIME_DIR: folder }
    this.child = spawn(process.execPath, [program, 'agi', 'tunnel', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.on('data', (chunk: Buffer) => {
        this.#text += chunk.toString()
        this.#watched.changed()
      })
    }
    programs.push(this)
  }

  says(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#watched.until(
      () => pattern.exec(this.#text) ?? undefined,
      () => `${pattern} in ${this.#text}`
    )
  }
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-lab-tunnel-'))
const programs: Program[] = []

await describeLab('the AGI tunnel behind a real Asterisk', () => {
  let asterisk: RunningAsterisk
  let ami: AmiSocket
  let server: Program
  let ports: { tunnel: number; agi: number }
  let applications: net.Server
  let onApplication: (socket: net.Socket) => void = () => {}
  const db = `sqlite:${path.join(folder, 'tunnel.db')}`
  const tls = ['--tls-cert', `${certificate}.crt`, '--tls-key', `${certificate}.key`]

  beforeAll(async () => {
    ensureBuilt()
    const accounts = await TunnelAccounts.open(await openStore<never>(db, { timeoutMs: 5_000 }))
    await accounts.put('alice', await createRecord('secret', { iterations: 4096 }), tokenOf('alice', 'secret'))
    await accounts.close()
    asterisk = await startAsterisk({
      name: 'agi-tunnel',
      files: { 'extensions.conf': ({ ports, dir }) => defaultFiles(ports, dir)['extensions.conf']! + dialplan }
    })
    ami = await AmiSocket.login(asterisk.amiPort, AMI_ADMIN)
    applications = net.createServer({ allowHalfOpen: true, noDelay: true }, answer)
    await new Promise<void>((resolve) => applications.listen(0, '127.0.0.1', resolve))
    await serve()
  })

  afterEach(async () => {
    for (const { child } of programs.splice(0)) if (child !== server.child) await end(child)
  })

  afterAll(async () => {
    await end(server?.child)
    ami?.destroy()
    applications?.close()
    await asterisk?.stop()
    fs.rmSync(folder, { recursive: true, force: true })
  })

  async function end(child: ChildProcess | undefined): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const closed = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGKILL')
    await closed
  }

  async function serve(): Promise<void> {
    const listen = ['--listen', '127.0.0.1:0', '--agi-listen', '127.0.0.1:0', '--connect-grace', '1', '--protocol-1']
    server = new Program(['serve', '--db', db, ...listen, ...tls])
    const [, tunnel, agi] = await server.says(/^ready tunnel=127\.0\.0\.1:(\d+) agi=127\.0\.0\.1:(\d+)/m)
    ports = { tunnel: Number(tunnel), agi: Number(agi) }
  }

  /** A tunnel of alice that stands. */
  async function connect(...flags: string[]): Promise<Program> {
    const client = new Program(['--port', String(ports.tunnel), '--username', 'alice', '--json', ...flags])
    await client.says(/"event":"accepted"/)
    return client
  }

  const toApplications = () => ['--app', String((applications.address() as net.AddressInfo).port)]

  /** A FastAGI application: waits for the headers, asks, tells, and then does as the test likes. */
  function answer(socket: net.Socket): void {
    let text = ''
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.endsWith('\n\n')) socket.write(question)
      const said = /\n200 result=1 \((.*)\)\n$/.exec(text)
      if (said) socket.write(`SET VARIABLE WORD "${said[1]}"\n`)
      if (text.endsWith(')\n200 result=1\n')) onApplication(socket)
    })
    socket.on('end', () => socket.end())
  }

  /** Makes a call. @returns what the dialplan finds after it */
  async function call(user = 'alice'): Promise<(string | undefined)[]> {
    const from = ami.messages.length
    const variables = `Variable: __AGI_URL=agi://127.0.0.1:${ports.agi}/\r\nVariable: __TUNNEL_USER=${user}\r\n`
    await ami.ask(
      `Action: Originate\r\nChannel: Local/run@tunnel/n\r\nApplication: Wait\r\nData: 30\r\nAsync: true\r\n${variables}`
    )
    const event = await ami.event({ Event: 'UserEvent', UserEvent: 'AfterAGI' }, from)
    return ['Status', 'Outcome', 'Reason', 'Word'].map((name) => event.get(name))
  }

  it.each([
    ['in TLS', '--insecure'],
    ['in clear', '--plain']
  ])('takes a call to a FastAGI application and back, %s', async (_, flag) => {
    onApplication = (socket) => socket.end()
    await connect(...toApplications(), flag)
    expect(await call()).toEqual(['SUCCESS', 'SUCCESS', '', 'en run'])
  })

  it('takes a call by protocol 1', async () => {
    onApplication = (socket) => socket.end()
    await connect(...toApplications(), '--plain', '--protocol', '1')
    expect(await call()).toEqual(['SUCCESS', 'SUCCESS', '', 'en run'])
    expect(await call()).toEqual(['SUCCESS', 'SUCCESS', '', 'en run'])
  })

  it('takes a call to a script, in TLS', async () => {
    const script = path.join(folder, 'script.sh')
    const lines = ['while read -r line && [ -n "$line" ]; do :; done', 'echo "SET VARIABLE WORD \\"$*\\""', 'read -r reply']
    fs.writeFileSync(script, `#!/bin/sh\n${lines.join('\n')}\n`, { mode: 0o755 })
    await connect('--exec', script, '--insecure')
    expect(await call()).toEqual(['SUCCESS', 'SUCCESS', '', 'one two'])
  })

  it('tells the dialplan why a call has failed', async () => {
    expect(await call()).toEqual(['SUCCESS', 'FAILED', 'not-connected', ''])
    expect(await call('')).toEqual(['SUCCESS', 'FAILED', 'no-username', ''])
    await connect('--app', '1', '--insecure')
    expect(await call()).toEqual(['SUCCESS', 'FAILED', 'app-econnrefused', ''])
  })

  it.each(['SIGKILL', 'SIGSTOP'] as const)('tells the dialplan of a client that gets %s in a call', async (signal) => {
    const client = await connect(...toApplications(), '--insecure')
    onApplication = () => client.child.kill(signal)
    expect(await call()).toEqual(['FAILURE', 'DROPPED', 'tunnel-lost', 'en run'])
  })

  it('tells the dialplan of an application that is reset, also while it waits for a digit', async () => {
    await connect(...toApplications(), '--insecure')
    onApplication = (socket) => socket.resetAndDestroy()
    expect(await call()).toEqual(['FAILURE', 'DROPPED', 'app-lost', 'en run'])
    // Once Asterisk is waiting: a reset right behind the command can overtake it.
    onApplication = (socket) => {
      socket.write('WAIT FOR DIGIT 30000\n')
      setTimeout(() => socket.resetAndDestroy(), 500)
    }
    expect(await call()).toEqual(['FAILURE', 'DROPPED', 'app-lost', 'en run'])
  })

  it('looks like an end when the server is killed, and like a failure when it is not there', async () => {
    const client = await connect(...toApplications(), '--insecure')
    onApplication = () => server.child.kill('SIGKILL')
    expect(await call()).toEqual(['SUCCESS', 'SUCCESS', '', 'en run'])
    await client.says(/"event":"dropped"/)
    expect(await call()).toEqual(['FAILURE', '', '', ''])
    await serve()
  })
})
