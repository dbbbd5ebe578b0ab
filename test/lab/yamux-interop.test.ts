import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { PbxkitError } from '../../src/lib/errors.js'
import { YamuxSession } from '../../src/lib/net/yamux/session.js'
import type { YamuxStream } from '../../src/lib/net/yamux/stream.js'
import { installPackages } from './support/libraries.js'
import { Program } from './support/program.js'
import { yamuxPackages, yamuxPeerProgram } from './support/yamux-peer.js'

const installed = await installPackages('yamux-libraries', yamuxPackages)

/** Runs the foreign implementation. Ends with the test. */
function peer(env: Readonly<Record<string, string>> = {}): Program {
  if ('reason' in installed) throw new Error(installed.reason)
  // Beside its packages, which are ES modules and are looked for from there.
  const script = path.join(path.dirname(installed.from), 'peer.mjs')
  writeFileSync(script, yamuxPeerProgram)
  const program = new Program([], { script, env })
  onTestFinished(async () => {
    program.kill('SIGKILL')
    await program.end()
  })
  return program
}

function session(transport: net.Socket, role: 'client' | 'server', onStream: (stream: YamuxStream) => void) {
  const ended = { error: undefined as PbxkitError | undefined, isClosed: false }
  const handler = {
    onStream,
    onClosed: (_: YamuxSession, error: PbxkitError | undefined) => Object.assign(ended, { error, isClosed: true })
  }
  return { ended, session: new YamuxSession(transport, { role, handler }).start() }
}

async function readAll(stream: YamuxStream): Promise<Buffer> {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk)).resume()
  await once(stream, 'end')
  return Buffer.concat(chunks)
}

function suite() {
  it('is understood by a foreign server: many streams at once, each larger than a window, both ways', async () => {
    const program = peer()
    await program.prints((text) => /^port \d+$/m.test(text), 'its port')
    const socket = net.connect(Number(/port (\d+)/.exec(program.text)![1]), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    const opened: Promise<Buffer>[] = []
    const client = session(socket, 'client', (stream) => {
      opened.push(readAll(stream))
      stream.end()
    })
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const stream = client.session.open()
        const body = Buffer.alloc(600_000 + i, i + 1)
        stream.end(body)
        const echoed = await readAll(stream)
        expect([echoed.length, echoed.equals(body)]).toEqual([body.length, true])
      })
    )
    expect((await opened[0])?.toString()).toBe('opened by the server')
    await program.prints((text) => text.includes('rtt true\n'), 'the answer to its ping')
    // Its own answer to our ping.
    client.session.look(1_000, { intervalMs: 0, activeIntervalMs: 0, timeoutMs: 1_000 })
    client.session.look(2_000, { intervalMs: 0, activeIntervalMs: 0, timeoutMs: 1_000 })
    await once(socket, 'data')
    expect(client.session.roundTripMs).toBeGreaterThan(0)
    expect(client.ended.isClosed).toBe(false)
    expect(program.stderr).toBe('')
  })

  it('understands a foreign client, and its end', async () => {
    const server = net.createServer()
    server.listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const program = peer({ LAB_PORT: String((server.address() as net.AddressInfo).port) })
    const [socket] = (await once(server, 'connection')) as [net.Socket]
    onTestFinished(() => void socket.destroy())
    const { ended } = session(socket, 'server', (stream) => {
      stream.on('data', (bytes: Buffer) => stream.write(bytes) || stream.pause())
      stream.on('drain', () => stream.resume()).on('end', () => stream.end())
      stream.resume()
    })
    await program.prints((text) => text.includes('closed\n'), 'its end')
    expect(program.text.match(/^echo true$/gm)).toHaveLength(20)
    expect(program.text).toContain('rtt true\n')
    if (!ended.isClosed) await once(socket, 'close')
    expect(ended).toEqual({ isClosed: true, error: undefined })
    expect(program.stderr).toBe('')
  })
}

if (!('reason' in installed)) describe('yamux, with the implementation of libp2p', suite)
else if (process.env.PBXKIT_LAB_REQUIRED === '1') {
  it('yamux: the foreign implementation is installed', () => {
    throw new Error(installed.reason)
  })
} else describe.skip(`yamux (skipped: ${installed.reason})`, suite)
