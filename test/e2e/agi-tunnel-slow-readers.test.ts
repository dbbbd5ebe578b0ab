import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { pbxkit, Running, tcpServer, temporaryFolder } from './support/pbxkit.js'

const certificate = path.join(import.meta.dirname, '../fixtures/tls/server')
const streamBytes = 60 * 1024 * 1024
/** To carry anything at full speed takes 45 MB, of which most is garbage; whoever held the 60 MB would have them on top of that. */
const mostGrowthKb = 60 * 1024
/** Not longer than Asterisk's own limit of a line. */
const command = `SET VARIABLE WORD ${'x'.repeat(8_000)}\n`
const reply = '200 result=1\n'

/** The most memory that a process has had since this was asked before, in kB. */
function peakKb({ child }: Running): number {
  const [, kb] = /^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${child.pid}/status`, 'utf8'))!
  // proc(5): begins to count anew.
  fs.writeFileSync(`/proc/${child.pid}/clear_refs`, '5')
  return Number(kb)
}

interface Call {
  server: Running
  client: Running
  /** Our end of Asterisk's connection, and of the application's; both have read what comes before the application's own commands. */
  asterisk: net.Socket
  application: net.Socket
}

/** One call, from Asterisk to the application, through server and client as programs of their own. */
async function startCall(protocol: '1' | '2', isPlain: boolean): Promise<Call> {
  const db = `sqlite:${path.join(temporaryFolder(), 'tunnel.db')}`
  const env = { PBXKIT_SECRET: 'secret' }
  await pbxkit(['agi', 'tunnel', 'user', 'add', 'alice', '--db', db, '--protocol-1'], { env })
  const listen = ['--listen', '127.0.0.1:0', '--agi-listen', '127.0.0.1:0']
  const tls = isPlain ? [] : ['--tls-cert', `${certificate}.crt`, '--tls-key', `${certificate}.key`]
  const server = new Running(['agi', 'tunnel', 'serve', '--db', db, ...listen, ...tls])
  const [, port, agiPort] = await server.says(/^ready tunnel=127\.0\.0\.1:(\d+) agi=127\.0\.0\.1:(\d+)/m)
  let came: (socket: net.Socket) => void = () => {}
  const arrival = new Promise<net.Socket>((resolve) => (came = resolve))
  const app = await tcpServer((socket) => socket.once('data', () => came(socket.pause())))
  const way = ['--port', port!, '--protocol', protocol, isPlain ? '--plain' : '--insecure']
  const client = new Running(['agi', 'tunnel', ...way, '--username', 'alice', '--app', String(app)], { env })
  await client.says(/^ready/m)
  const asterisk = net.connect({ port: Number(agiPort), host: '127.0.0.1' })
  onTestFinished(() => void asterisk.destroy())
  asterisk.write('agi_network: yes\n\n')
  for (const answer of ['200 result=1 (alice)\n', reply]) {
    await new Promise((resolve) => asterisk.once('data', resolve))
    asterisk.write(answer)
  }
  return { server, client, asterisk: asterisk.pause(), application: await arrival }
}

/** So much may be on its way: the system's own buffers between four programs grow to 20 MB and more. What ours hold is seen by their memory. */
const mostStuckBytes = streamBytes / 2

/** Writes 60 MB as fast as they are taken. @returns how many lines that were */
async function pour(socket: net.Socket, line: string): Promise<number> {
  const lines = Math.ceil(streamBytes / line.length)
  for (let count = 0; count < lines && !socket.destroyed; count++)
    if (!socket.write(line)) await new Promise((resolve) => socket.once('drain', resolve))
  return lines
}

/** Waits until no more is taken. @returns bytes that were */
async function stuckAt(socket: net.Socket): Promise<number> {
  for (let last = -1; ; ) {
    const sent = socket.bytesWritten - socket.writableLength
    if (sent === last) return sent
    last = sent
    await delay(500)
  }
}

const ways = [
  ['protocol 2 in TLS', '2', false],
  ['protocol 2 in clear', '2', true],
  ['protocol 1', '1', true]
] as const

// A peak of memory is asked of Linux.
describe.skipIf(process.platform !== 'linux').each(ways)('60 MB through %s', (_, protocol, isPlain) => {
  it('to an Asterisk that does not answer for a while: nobody holds more than a little, and all comes', async () => {
    const { server, client, asterisk, application } = await startCall(protocol, isPlain)
    const before = [peakKb(server), peakKb(client)]
    const poured = pour(application, command)
    application.resume()
    expect(await stuckAt(application)).toBeLessThan(mostStuckBytes)
    let [lines, wrong, tail] = [0, 0, '']
    asterisk.on('data', (chunk: Buffer) => {
      const found = (tail + chunk).split('\n')
      tail = found.pop()!
      lines += found.length
      for (const line of found) if (line.length !== command.length - 1) wrong++
      asterisk.write(reply.repeat(found.length))
    })
    asterisk.resume()
    const all = await poured
    await expect.poll(() => lines, { timeout: 60_000, interval: 200 }).toBe(all)
    expect(wrong).toBe(0)
    for (const [index, one] of [server, client].entries()) expect(peakKb(one) - before[index]!).toBeLessThan(mostGrowthKb)
  }, 90_000)

  it('to an application that reads slowly: nobody holds more than a little, and all comes', async () => {
    const { server, client, asterisk, application } = await startCall(protocol, isPlain)
    const before = [peakKb(server), peakKb(client)]
    // Once they are connected, which a command shows: before that the server listens for replies only.
    application.write('NOOP\n')
    await new Promise((resolve) => asterisk.once('data', resolve).resume())
    const poured = pour(asterisk, `NoOp: ${'x'.repeat(1_000)}\n`)
    expect(await stuckAt(asterisk)).toBeLessThan(mostStuckBytes)
    let bytes = 0
    application.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      // Some 20 MB a second.
      application.pause()
      setTimeout(() => application.resume(), 2)
    })
    application.resume()
    const all = (await poured) * 1_007
    await expect.poll(() => bytes, { timeout: 60_000, interval: 200 }).toBe(all)
    for (const [index, one] of [server, client].entries()) expect(peakKb(one) - before[index]!).toBeLessThan(mostGrowthKb)
  }, 90_000)
})
