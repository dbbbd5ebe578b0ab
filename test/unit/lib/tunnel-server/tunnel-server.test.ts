import { createHash } from 'node:crypto'
import net from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { callHeaders } from '../../../../src/lib/agi-call/call-headers.js'
import { type CallReport, playCall } from '../../../../src/lib/agi-call/play-call.js'
import { createRecord } from '../../../../src/lib/scram/record.js'
import { openStore } from '../../../../src/lib/store/open-store.js'
import type { TunnelEvent } from '../../../../src/lib/tunnel-client/events.js'
import { applicationTarget } from '../../../../src/lib/tunnel-client/target.js'
import { runTunnelClient } from '../../../../src/lib/tunnel-client/tunnel-client.js'
import { TunnelAccounts } from '../../../../src/lib/tunnel-server/accounts.js'
import type { TunnelServerOptions } from '../../../../src/lib/tunnel-server/options.js'
import { type RunningTunnelServer, startTunnelServer } from '../../../../src/lib/tunnel-server/tunnel-server.js'

const loopback = { host: '127.0.0.1', port: 0 }
const silent = { debug: () => {}, info: () => {}, warn: () => {} }
let accounts: TunnelAccounts

beforeAll(async () => {
  accounts = await TunnelAccounts.open(await openStore<never>('sqlite::memory:', { timeoutMs: 5_000 }))
  const token = createHash('md5').update('alice:secret').digest('hex')
  await accounts.put('alice', await createRecord('secret', { iterations: 4096 }), token)
})

afterAll(() => accounts.close())

async function serve(more: Partial<TunnelServerOptions> = {}): Promise<RunningTunnelServer & { port: number; agiPort: number }> {
  const stop = new AbortController()
  const options: TunnelServerOptions = {
    ...{ listen: [loopback], agiListen: [loopback], agiAllow: ['127.0.0.1'], acceptUnencrypted: false, protocol1: true },
    ...{ userFrom: 'variable', connectGraceMs: 50, hangupGraceMs: 1_000, drainMs: 0, guard: {}, serverName: 'test' },
    ...{ maxTunnelsPerUser: 2, maxCallsPerUser: 3 },
    ...more
  }
  const server = await startTunnelServer(options, accounts, silent, stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await server.closed
  })
  return { ...server, port: server.addresses[0]!.port, agiPort: server.agiAddresses[0]!.port }
}

/** Sends bytes, in one piece or byte by byte. @returns all that comes until the end */
async function raw(port: number, bytes: string | Buffer, { bytewise = false } = {}): Promise<string> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  let text = ''
  socket.on('error', () => {}).on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  const all = Buffer.from(bytes)
  for (const piece of bytewise ? [...all].map((byte) => Buffer.from([byte])) : [all]) socket.write(piece)
  await new Promise((resolve) => socket.once('end', resolve).once('close', resolve))
  return text
}

/** A FastAGI application. @returns its port */
async function application(then: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => {}).on('end', () => socket.end())
    socket.once('data', () => then(socket))
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as net.AddressInfo).port
}

/** A client of alice that stands. */
async function connect(
  port: number,
  appPort: number,
  { protocol = 2, calls = 8 }: { protocol?: 1 | 2; calls?: number } = {}
): Promise<TunnelEvent[]> {
  const stop = new AbortController()
  const events: TunnelEvent[] = []
  const target = applicationTarget({ host: '127.0.0.1', port: appPort })
  const login = { host: '127.0.0.1', port, username: 'alice', password: 'secret', timeoutMs: 5_000, drainMs: 0 }
  let client: Promise<void> | undefined
  await new Promise<void>((ready, reject) => {
    client = runTunnelClient({ ...login, target, protocol, calls, onEvent: (event) => events.push(event) }, ready, stop.signal)
    client.catch(reject)
  })
  onTestFinished(async () => {
    stop.abort()
    await client
  })
  return events
}

function call(port: number, url = 'agi://127.0.0.1/', args: string[] = []): Promise<CallReport> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  return playCall(socket, { headers: callHeaders({ url, args }), variables: { SANDBOX_USERNAME: 'alice' } }).ended
}

const outcome = ({ status, variables }: CallReport) => [status, variables.BRIDGE_OUTCOME, variables.BRIDGE_REASON]
const token = (text: string) => `${createHash('md5').update(text).digest('hex')}\n`

describe('the port for tunnels', () => {
  it.each([
    ['garbage', 'garbage\r\n\r\n'],
    ['binary', Buffer.from([0, 1, 2, 255])],
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
    ['a token of nobody', token('nobody:secret')],
    ['a token with CR', `${token('alice:secret').trimEnd()}\r\n`],
    ['a token that is a shell command', `${';touch X;#'.padStart(32, 'a')}\n`],
    ['a hello that is none', 'AGIT/2 nothing\n'],
    ['a line without an end', 'AGIT/2 '.padEnd(5_000, 'x')]
  ])('refuses %s, in one piece and byte by byte', async (_, bytes) => {
    const { port } = await serve()
    for (const bytewise of [false, true]) expect(await raw(port, bytes, { bytewise })).toBe('authentication failed\n')
  })

  it('refuses the original when that is off', async () => {
    const { port } = await serve({ protocol1: false })
    expect(await raw(port, token('alice:secret'))).toBe('authentication failed\n')
  })

  it('tells another version which one it speaks', async () => {
    const { port } = await serve()
    expect(await raw(port, 'AGIT/3 SCRAM-SHA-256 eA==\n')).toMatch(/^upgrade required AGIT\/2/)
  })

  it('sends who guesses away for a while', async () => {
    const { port } = await serve()
    for (let i = 0; i < 10; i++) expect(await raw(port, token(`alice:${i}`))).toBe('authentication failed\n')
    expect(await raw(port, token('alice:secret'))).toMatch(/^wait \d+\n$/)
  })

  it('tells more tunnels of a user than may be to wait', async () => {
    const { port } = await serve()
    const app = await application(() => {})
    for (const _ of [1, 2]) await connect(port, app)
    expect(await raw(port, token('alice:secret'))).toBe('wait 10\n')
  })
})

describe('the port for Asterisk', () => {
  it.each([
    ['garbage', 'GET / HTTP/1.1\r\n\r\n'],
    ['a header that never ends', `agi_network: ${'x'.repeat(70_000)}`],
    ['too many headers', 'agi_x: y\n'.repeat(300)]
  ])('closes on %s', async (_, bytes) => {
    const { agiPort } = await serve()
    expect(await raw(agiPort, bytes)).toBe('')
  })

  it('is for the addresses that it is told', async () => {
    const { agiPort } = await serve({ agiAllow: ['192.0.2.0/24'] })
    expect((await call(agiPort)).commands).toEqual([])
  })

  it.each([
    ['variable', 'agi://127.0.0.1/', []],
    ['argument', 'agi://127.0.0.1/', ['alice']],
    ['url', 'agi://127.0.0.1/alice', []],
    ['url', 'agi://127.0.0.1/ivr?user=alice', []]
  ] as const)('learns the user from the %s (%s)', async (userFrom, url, args) => {
    const { port, agiPort } = await serve({ userFrom })
    await connect(port, await application((socket) => socket.end()))
    expect(outcome(await call(agiPort, url, [...args]))).toEqual(['SUCCESS', 'SUCCESS', undefined])
  })
})

describe('a call', () => {
  it('is served when the tunnel comes while it waits', async () => {
    const { port, agiPort } = await serve({ connectGraceMs: 10_000 })
    const report = call(agiPort)
    await connect(port, await application((socket) => socket.end()))
    expect(outcome(await report)).toEqual(['SUCCESS', 'SUCCESS', undefined])
  })

  it('FAILS as busy when the client, or the user, has as many as may be', async () => {
    const { port, agiPort } = await serve()
    const came: net.Socket[] = []
    const app = await application((socket) => came.push(socket))
    await connect(port, app, { calls: 2 })
    const going = [call(agiPort), call(agiPort)]
    await expect.poll(() => came.length).toBe(2)
    expect(outcome(await call(agiPort))).toEqual(['SUCCESS', 'FAILED', 'busy'])
    await connect(port, app)
    going.push(call(agiPort))
    await expect.poll(() => came.length).toBe(3)
    expect(outcome(await call(agiPort))).toEqual(['SUCCESS', 'FAILED', 'busy'])
    for (const socket of came) socket.end()
    for (const report of going) expect(outcome(await report)).toEqual(['SUCCESS', 'SUCCESS', undefined])
  })

  it('is given up when the application sends too long a line, and the tunnel stays', async () => {
    const { port, agiPort } = await serve()
    let bytes = 'x'.repeat(9_000)
    await connect(port, await application((socket) => socket.end(bytes)))
    expect(outcome(await call(agiPort))).toEqual(['FAILURE', 'DROPPED', 'app-line-too-long'])
    bytes = 'EXEC System true\nSET VARIABLE WORD 1\n'
    const report = await call(agiPort)
    expect([...outcome(report), report.variables.WORD]).toEqual(['SUCCESS', 'SUCCESS', undefined, '1'])
    expect(report.commands.map(({ line }) => line)).not.toContain('EXEC System true')
  })

  it('is given up when the application goes on after the hang-up', async () => {
    const { port, agiPort } = await serve({ hangupGraceMs: 20 })
    await connect(port, await application((socket) => socket.write('HANGUP\n')))
    expect((await call(agiPort)).variables).toMatchObject({ BRIDGE_OUTCOME: 'DROPPED', BRIDGE_REASON: 'hangup-grace' })
  })

  it('by protocol 1 is FAILED by the client when the application is not there', async () => {
    const { port, agiPort } = await serve()
    await connect(port, 1, { protocol: 1 })
    expect((await call(agiPort)).variables.BRIDGE_OUTCOME).toBe('FAILED')
  })

  it('carries what is written faster than it is read, whole', async () => {
    const { port, agiPort } = await serve()
    const commands = Array.from({ length: 20_000 }, (_, i) => `SET VARIABLE WORD ${i}\n`).join('')
    await connect(port, await application((socket) => socket.end(commands)))
    const report = await call(agiPort)
    expect([report.variables.WORD, report.commands.length]).toEqual(['19999', 20_002])
    expect(report.hadHalfLine).toBe(false)
  })
})

/** So much is written by who is not read: far more than all buffers of the system on the way hold. */
const floodBytes = 32 * 1024 * 1024
/** The sockets on the way take some megabytes each; ours is a window and the guard's 64 kB. */
const mostBytes = 20 * 1024 * 1024

/** Waits until nothing moves any more. @returns bytes that have left */
async function stuckAt(socket: net.Socket): Promise<number> {
  let last = -1
  let still = 0
  const sent = () => socket.bytesWritten - socket.writableLength
  await expect
    .poll(
      () => {
        still = sent() === last && last > 0 ? still + 1 : 0
        last = sent()
        return still
      },
      { interval: 300, timeout: 30_000 }
    )
    .toBeGreaterThan(9)
  return last
}

/** Piece by piece: of what a socket is given at once it says nothing until all has left. */
async function flood(socket: net.Socket, line: string): Promise<void> {
  const piece = Buffer.from(line.repeat(Math.floor(65_536 / line.length)))
  for (let bytes = 0; bytes < floodBytes && !socket.destroyed; bytes += piece.length) {
    if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve))
  }
}

describe('a reader that does not read', () => {
  it('holds an application that floods, when it is Asterisk', async () => {
    const { port, agiPort } = await serve()
    let came: (socket: net.Socket) => void = () => {}
    const app = new Promise<net.Socket>((resolve) => (came = resolve))
    await connect(port, await application((socket) => came(socket)))
    const asterisk = net.connect({ port: agiPort, host: '127.0.0.1' })
    onTestFinished(() => void asterisk.destroy())
    asterisk.write('agi_network: yes\n\n')
    // The user, and that SUCCESS was heard; the commands of the application are not answered.
    for (const answer of ['200 result=1 (alice)\n', '200 result=1\n']) {
      await new Promise((resolve) => asterisk.once('data', resolve))
      asterisk.write(answer)
    }
    const socket = await app
    void flood(socket, 'NOOP\n')
    expect(await stuckAt(socket)).toBeLessThan(mostBytes)
  }, 40_000)

  it('holds Asterisk that floods, when it is an application', async () => {
    const { port, agiPort } = await serve()
    await connect(port, await application((socket) => socket.pause()))
    const asterisk = net.connect({ port: agiPort, host: '127.0.0.1' })
    onTestFinished(() => void asterisk.destroy())
    asterisk.write('agi_network: yes\n\n')
    for (const answer of ['200 result=1 (alice)\n', '200 result=1\n']) {
      await new Promise((resolve) => asterisk.once('data', resolve))
      asterisk.write(answer)
    }
    void flood(asterisk, `NoOp: ${'x'.repeat(1_000)}\n`)
    expect(await stuckAt(asterisk)).toBeLessThan(mostBytes)
  }, 40_000)
})
