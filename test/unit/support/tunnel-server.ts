import { createHash } from 'node:crypto'
import net from 'node:net'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { callHeaders } from '../../../src/lib/agi-call/call-headers.js'
import { type CallReport, type PlayCallOptions, playCall } from '../../../src/lib/agi-call/play-call.js'
import { createRecord } from '../../../src/lib/scram/record.js'
import { openStore } from '../../../src/lib/store/open-store.js'
import type { TunnelEvent } from '../../../src/lib/tunnel-client/events.js'
import { applicationTarget } from '../../../src/lib/tunnel-client/target.js'
import { runTunnelClient, type TunnelClientOptions } from '../../../src/lib/tunnel-client/tunnel-client.js'
import { TunnelAccounts } from '../../../src/lib/tunnel-server/accounts.js'
import type { TunnelServerOptions } from '../../../src/lib/tunnel-server/options.js'
import type { TunnelLog } from '../../../src/lib/tunnel-server/tunnel-log.js'
import { type RunningTunnelServer, startTunnelServer } from '../../../src/lib/tunnel-server/tunnel-server.js'

export const loopback = { host: '127.0.0.1', port: 0 }
export const silent = { debug: () => {}, info: () => {}, warn: () => {} }
export let accounts: TunnelAccounts

/** For the whole of a test file: alice, whose password is `secret`, by both protocols; bob, by protocol 2. */
export function useAccounts(): void {
  beforeAll(async () => {
    accounts = await TunnelAccounts.open(await openStore<never>('sqlite::memory:', { timeoutMs: 5_000 }))
    const token = createHash('md5').update('alice:secret').digest('hex')
    await accounts.put('alice', await createRecord('secret', { iterations: 4096 }), token)
    await accounts.put('bob', await createRecord('secret', { iterations: 4096 }), undefined)
  })
  afterAll(() => accounts.close())
}

export async function serve(
  more: Partial<TunnelServerOptions> = {},
  log: TunnelLog = silent
): Promise<RunningTunnelServer & { port: number; agiPort: number; stop: () => void; options: TunnelServerOptions }> {
  const stop = new AbortController()
  const options: TunnelServerOptions = {
    ...{ listen: [loopback], agiListen: [loopback], agiAllow: ['127.0.0.1'], acceptUnencrypted: false, protocol1: true },
    ...{ userFrom: 'variable', connectGraceMs: 50, hangupGraceMs: 1_000, drainMs: 0, guard: {}, serverName: 'test' },
    ...{ maxTunnelsPerUser: 2, maxCallsPerUser: 3 },
    ...more
  }
  const server = await startTunnelServer(options, accounts, log, stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await server.closed
  })
  return { ...server, options, stop: () => stop.abort(), port: server.addresses[0]!.port, agiPort: server.agiAddresses[0]!.port }
}

/** Sends bytes, in one piece or byte by byte. @returns all that comes until the end */
export async function raw(port: number, bytes: string | Buffer, { bytewise = false } = {}): Promise<string> {
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
export async function application(then: (socket: net.Socket) => void): Promise<number> {
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
export async function connect(
  port: number,
  appPort: number,
  { protocol = 2, calls = 8, ...more }: Partial<TunnelClientOptions> = {}
): Promise<TunnelEvent[]> {
  const stop = new AbortController()
  const events: TunnelEvent[] = []
  const target = applicationTarget({ host: '127.0.0.1', port: appPort })
  const login = { host: '127.0.0.1', port, username: 'alice', password: 'secret', timeoutMs: 5_000, drainMs: 0 }
  let client: Promise<void> | undefined
  await new Promise<void>((ready, reject) => {
    client = runTunnelClient(
      { ...login, target, protocol, calls, ...more, onEvent: (event) => events.push(event) },
      ready,
      stop.signal
    )
    client.catch(reject)
  })
  onTestFinished(async () => {
    stop.abort()
    await client
  })
  return events
}

export function call(
  port: number,
  url = 'agi://127.0.0.1/',
  args: string[] = [],
  more: Partial<PlayCallOptions> & { headerValues?: Record<string, string> } = {}
): Promise<CallReport> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  return playCall(socket, {
    headers: callHeaders({ url, args, values: more.headerValues }),
    variables: { SANDBOX_USERNAME: 'alice' },
    ...more
  }).ended
}

export const outcome = ({ status, variables }: CallReport) => [status, variables.BRIDGE_OUTCOME, variables.BRIDGE_REASON]
export const token = (text: string) => `${createHash('md5').update(text).digest('hex')}\n`

/** So much is written by who is not read: far more than all buffers of the system on the way hold. */
export const floodBytes = 60 * 1024 * 1024
/** The sockets on the way take some megabytes each; ours is a window and the guard's 64 kB. */
export const mostBytes = 20 * 1024 * 1024

/** Waits until nothing moves any more. @returns bytes that have left */
export async function stuckAt(socket: net.Socket): Promise<number> {
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
export async function flood(socket: net.Socket, line: string): Promise<void> {
  const piece = Buffer.from(line.repeat(Math.floor(65_536 / line.length)))
  for (let bytes = 0; bytes < floodBytes && !socket.destroyed; bytes += piece.length) {
    if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve))
  }
}
