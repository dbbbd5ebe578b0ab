import type net from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { UpgradeRequiredError } from '../../../../src/lib/tunnel/errors.js'
import type { TunnelEvent } from '../../../../src/lib/tunnel-client/events.js'
import { runTunnelClient, type TunnelClientOptions } from '../../../../src/lib/tunnel-client/tunnel-client.js'
import { listen, passOn } from '../../support/listen.js'
import { application, call, connect, outcome, serve, useAccounts } from '../../support/tunnel-server.js'

useAccounts()

/** A client of alice, and what it has told. */
function run(port: number, more: Partial<TunnelClientOptions> = {}) {
  const stop = new AbortController()
  const events: TunnelEvent[] = []
  const options: TunnelClientOptions = {
    ...{ host: '127.0.0.1', port, username: 'alice', password: 'secret', protocol: 'auto', timeoutMs: 5_000, drainMs: 0 },
    target: () => Promise.reject(new Error('nobody calls')),
    onEvent: (event) => void events.push(event),
    backoff: { initialMs: 1, maxMs: 1 },
    ...more
  }
  const closed = runTunnelClient(options, () => {}, stop.signal)
  closed.catch(() => {})
  onTestFinished(async () => {
    stop.abort()
    await closed.catch(() => {})
  })
  return { closed, events, names: () => events.map(({ event }) => event) }
}

const answers = (line: string) => listen((socket: net.Socket) => void socket.once('data', () => socket.end(line)))

describe('versions of both ends', () => {
  it('are told at the login, with what people are to read, once', async () => {
    const { port, status } = await serve({ version: '7.8.9', metadata: { message: 'protocol 1 ends in May' } })
    const { events, names } = run(port, { version: '1.2.3', protocol: 2 })
    await expect.poll(names).toContain('accepted')
    expect(events).toContainEqual(expect.objectContaining({ event: 'accepted', protocol: 2, serverVersion: '7.8.9' }))
    expect(events.filter(({ event }) => event === 'message')).toEqual([{ event: 'message', text: 'protocol 1 ends in May' }])
    expect(status().tunnels[0]!.version).toBe('1.2.3')
  })
})

describe('a server that does not take protocol 1 any more', () => {
  it('ends a client that speaks no other, with the words of the server', async () => {
    const { port } = await serve({ protocol1: false, upgradeText: 'Get pbxkit' })
    const { closed, names } = run(port, { protocol: 1 })
    await expect(closed).rejects.toBeInstanceOf(UpgradeRequiredError)
    await expect(closed).rejects.toMatchObject({
      message: 'The server does not take protocol 1, but AGIT/2: Get pbxkit',
      exit: 76,
      details: { versions: ['AGIT/2'] }
    })
    expect(names()).toEqual(['connecting'])
  })

  it('gets one that may choose by protocol 2 from then on', async () => {
    const { port, agiPort } = await serve({ protocol1: false })
    // It was an old one, and was replaced while the client was away.
    let isOld = true
    const front = await listen((socket) => {
      if (isOld) {
        socket.once('data', (chunk: Buffer) => {
          isOld = chunk.toString().startsWith('AGIT/2')
          socket.end(isOld ? 'authentication failed\n' : 'upgrade required AGIT/2 now\n')
        })
        return
      }
      passOn(socket, port)
    })
    const app = await application((socket) => socket.end())
    const events = await connect(front, app, { protocol: 'auto', allowProtocol1: true, calls: 1 })
    expect(events.map(({ event }) => event)).toEqual([
      'connecting',
      'fallback',
      'connecting',
      'upgrade',
      'connecting',
      'accepted'
    ])
    expect(outcome(await call(agiPort))).toEqual(['SUCCESS', 'SUCCESS', undefined])
  })

  it('does not send it to and fro', async () => {
    const port = await answers('upgrade required AGIT/2\n')
    await expect(run(port, { allowProtocol1: true }).closed).rejects.toBeInstanceOf(UpgradeRequiredError)
    let connections = 0
    const turning = await listen((socket) => {
      connections++
      socket.once('data', (chunk: Buffer) =>
        socket.end(chunk.toString().startsWith('AGIT') ? 'authentication failed\n' : 'upgrade required AGIT/2\n')
      )
    })
    await expect(run(turning, { allowProtocol1: true }).closed).rejects.toMatchObject({ code: 'E_LOGIN' })
    expect(connections).toBe(3)
  })

  it('is not asked again when it offers something that we do not know either', async () => {
    let connections = 0
    const port = await listen((socket) => {
      connections++
      socket.once('data', (chunk: Buffer) =>
        socket.end(chunk.toString().startsWith('AGIT') ? 'authentication failed\n' : 'upgrade required AGIT/9,AGIT/10\n')
      )
    })
    await expect(run(port, { allowProtocol1: true }).closed).rejects.toMatchObject({
      details: { versions: ['AGIT/9', 'AGIT/10'] }
    })
    expect(connections).toBe(2)
  })
})

describe('something else than a server of tunnels', () => {
  it.each([1, 2] as const)('ends a client that it has never let in, protocol %i', async (protocol) => {
    const port = await answers('SSH-2.0-OpenSSH_9.2\r\n')
    await expect(run(port, { protocol }).closed).rejects.toMatchObject({ code: 'E_PROTOCOL', exit: 76 })
  })

  it('is a passing trouble for one that was let in before', async () => {
    const server = await serve()
    let connections = 0
    const passed: net.Socket[] = []
    const port = await listen((socket) => {
      if (++connections === 2) return void socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n')
      passed.push(socket)
      passOn(socket, server.port)
    })
    const { names } = run(port, { protocol: 2 })
    await expect.poll(() => server.status().tunnels.length).toBe(1)
    passed[0]!.destroy()
    await expect.poll(() => connections).toBe(3)
    await expect.poll(() => names().filter((name) => name === 'accepted').length).toBe(2)
    expect(names().filter((name) => name === 'dropped').length).toBe(2)
  })
})
