import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { buildReply } from '../../src/lib/sip/build.js'
import { isRequest } from '../../src/lib/sip/message.js'
import { parseDatagram } from '../../src/lib/sip/parse.js'

/** A service that runs, and what is done to it. */
export interface Soaked {
  pids: Readonly<Record<string, number>>
  /** One round of load; it ends soon. */
  load(): Promise<void>
  /** What was done, for the last line. */
  done(): string
  stop(): Promise<void>
}

const program = path.join(import.meta.dirname, '../../bin/run.js')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-soak-'))
process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }))

/** Starts pbxkit and waits for its ready line. */
async function run(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: folder, ...env },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  process.once('exit', () => child.kill('SIGKILL'))
  let said = ''
  const ready = new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      // After the ready line it may log for half an hour: read, and not kept.
      if (said.length < 64 * 1024) said += text
      const line = /^ready.*$/m.exec(said)?.[0]
      if (line !== undefined) resolve(line)
    })
    child.once('close', () => reject(new Error(`pbxkit ${args.join(' ')} ended: ${said}`)))
  })
  const line = await ready
  return {
    pid: child.pid!,
    port: (name: string) => Number(new RegExp(`${name}=\\S*:(\\d+)`).exec(line)![1]),
    async stop() {
      const ended = once(child, 'close')
      child.kill('SIGTERM')
      await ended
    }
  }
}

/** Says something and reads until an answer has come, or the end. */
async function exchange(port: number, text: string, until: string, isRude = false): Promise<void> {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => {})
  let read = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    read += chunk
    if (!read.includes(until)) return
    if (isRude) socket.resetAndDestroy()
    else socket.end()
  })
  socket.write(text)
  await once(socket, 'close')
}

async function proxy(): Promise<Soaked> {
  const service = await run(['proxy', 'serve', '--demo', '--listen', '127.0.0.1:0'])
  const port = service.port('proxy')
  let clients = 0
  const login = 'Action: Login\r\nUsername: admin\r\nSecret: secret\r\n\r\n'
  return {
    pids: { proxy: service.pid },
    async load() {
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          const id = ++clients
          const actions = `Action: CoreShowChannels\r\n\r\nAction: Ping\r\nActionID: soak${id}\r\n\r\n`
          await exchange(port, login + actions, `ActionID: soak${id}\r\n`, id % 2 === 0)
        })
      )
    },
    done: () => `${clients} clients`,
    stop: service.stop
  }
}

async function tunnel(): Promise<Soaked> {
  const db = ['--db', `sqlite:${folder}/tunnel.db`]
  const add = spawn(process.execPath, [program, 'agi', 'tunnel', 'user', 'add', 'alice', '--secret-file', '-', ...db])
  add.stdin.end('a secret of the soak run\n')
  await once(add, 'close')
  const server = await run([
    'agi',
    'tunnel',
    'serve',
    '--listen',
    '127.0.0.1:0',
    '--agi-listen',
    '127.0.0.1:0',
    '--user-from',
    'url',
    '--accept-unencrypted',
    ...db
  ])
  const app = await run(['agi', 'serve', '--listen', '127.0.0.1:0', '--quiet', '--log-level', 'error'])
  const to = ['--port', String(server.port('tunnel')), '--plain', '--username', 'alice', '--app', `127.0.0.1:${app.port('agi')}`]
  const client = await run(['agi', 'tunnel', ...to, '--log-level', 'error'], { PBXKIT_SECRET: 'a secret of the soak run' })
  const port = server.port('agi')
  let calls = 0
  const headers = 'agi_network: yes\nagi_request: agi://127.0.0.1/alice\nagi_channel: Local/soak\nagi_uniqueid: 1.1\n\n'
  return {
    pids: { server: server.pid, client: client.pid },
    async load() {
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          const socket = net.connect(port, '127.0.0.1')
          socket.on('error', () => {})
          socket.setEncoding('latin1').on('data', (text: string) => {
            for (const _ of text.matchAll(/\n/g)) socket.write('200 result=0\n')
          })
          socket.write(headers)
          await once(socket, 'close')
          calls++
        })
      )
    },
    done: () => `${calls} calls`,
    async stop() {
      for (const one of [client, app, server]) await one.stop()
    }
  }
}

async function register(): Promise<Soaked> {
  const registrar = dgram.createSocket('udp4').bind(0, '127.0.0.1')
  await once(registrar, 'listening')
  let registered = 0
  registrar.on('message', (bytes, { address, port }) => {
    const request = parseDatagram(bytes)
    if (!isRequest(request)) return
    registered++
    // Ten seconds: what takes a day elsewhere happens all the time here.
    const contact = `${request.get('Contact')?.split(';')[0]};expires=10`
    registrar.send(buildReply(request, { status: 200, toTag: 'soak', headers: [['Contact', contact]] }), port, address)
  })
  const file = path.join(folder, 'accounts.csv')
  const rows = Array.from(
    { length: 200 },
    (_, n) => `u${n},a${n},example.org,a${n},example.org,p,sip:127.0.0.1:${registrar.address().port},10`
  )
  fs.writeFileSync(
    file,
    `l_uuid,l_username,l_domain,r_username,r_domain,auth_password,auth_proxy,expires\n${rows.join('\n')}\n`,
    { mode: 0o600 }
  )
  const service = await run(['uac', 'register', '--file', file, '--expires', '10', '--log-level', 'error', '--bind', '127.0.0.1'])
  return {
    pids: { register: service.pid },
    load: async () => void (await new Promise((resolve) => setTimeout(resolve, 200))),
    done: () => `${registered} requests`,
    async stop() {
      await service.stop()
      registrar.close()
      await turn()
    }
  }
}

export const services: Readonly<Record<string, () => Promise<Soaked>>> = { proxy, tunnel, register }
