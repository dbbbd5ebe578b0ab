import { getEventListeners } from 'node:events'
import net from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { AgiHeaders } from '../../../../src/lib/agi/header-block.js'
import { encodeHeaderBlock } from '../../../../src/lib/agi/header-block.js'
import { callHeaders } from '../../../../src/lib/agi-call/call-headers.js'
import { LoginError } from '../../../../src/lib/errors.js'
import { ClientSecret } from '../../../../src/lib/scram/client.js'
import { CallRefusedError, UpgradeRequiredError } from '../../../../src/lib/tunnel/errors.js'
import { tokenOf } from '../../../../src/lib/tunnel/protocol-1-messages.js'
import { Protocol1Server, protocol1Original } from '../../../../src/lib/tunnel/protocol-1-server.js'
import { ClientRuns } from '../../../../src/lib/tunnel-client/client-runs.js'
import type { TunnelEvent } from '../../../../src/lib/tunnel-client/events.js'
import { serveProtocol1 } from '../../../../src/lib/tunnel-client/serve-protocol-1.js'
import { runTunnelClient, type TunnelClientOptions } from '../../../../src/lib/tunnel-client/tunnel-client.js'

const headers = encodeHeaderBlock(callHeaders({ url: 'agi://127.0.0.1/' }))
const token = tokenOf('alice', 'secret')

/** A server that does as it is told with each connection. @returns its port */
async function server(onConnection: (socket: net.Socket, count: number) => void): Promise<number> {
  let count = 0
  const listening = net.createServer({ allowHalfOpen: true }, (socket) => {
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => {}).on('end', () => socket.end())
    onConnection(socket, ++count)
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void listening.close())
  return (listening.address() as net.AddressInfo).port
}

/** The original: any 33 bytes are a login, all else has failed; it says nothing until it has a call. */
function original(onLogin: (machine: Protocol1Server, socket: net.Socket) => void): Promise<number> {
  return server((socket) => {
    const machine = new Protocol1Server(protocol1Original)
    socket.on('data', (chunk: Buffer) => {
      const event = machine.push(chunk)
      if (event?.type === 'refused' || (event?.type === 'login' && event.token !== token)) socket.end(machine.refuse())
      else if (event?.type === 'login') {
        machine.accept()
        onLogin(machine, socket)
      }
    })
  })
}

function run(port: number, more: Partial<TunnelClientOptions> = {}) {
  const stop = new AbortController()
  const events: TunnelEvent[] = []
  const taken: AgiHeaders[] = []
  let ready = 0
  const options: TunnelClientOptions = {
    ...{ host: '127.0.0.1', port, username: 'alice', password: 'secret', protocol: 'auto', timeoutMs: 5_000, drainMs: 0 },
    target: async (block) => {
      taken.push(block)
      throw new CallRefusedError('app-error')
    },
    onEvent: (event) => void events.push(event),
    backoff: { initialMs: 1, maxMs: 1 },
    ...more
  }
  const closed = runTunnelClient(options, () => ready++, stop.signal)
  closed.catch(() => {})
  onTestFinished(async () => {
    stop.abort()
    await closed.catch(() => {})
  })
  const names = () => events.map(({ event }) => event)
  return { closed, events, names, taken, stop, readies: () => ready, options }
}

describe('a client that may speak protocol 1', () => {
  it('does so with a server that knows no other, and takes a call of it whole', async () => {
    const port = await original((machine, socket) => socket.write(machine.startCall(headers, 'x')))
    const { names, taken } = run(port, { allowProtocol1: true })
    await expect.poll(() => taken.length).toBeGreaterThan(0)
    expect(taken[0]!.bytes.toString()).toBe(headers.toString())
    expect(names().slice(0, 4)).toEqual(['connecting', 'fallback', 'connecting', 'accepted'])
  })

  it('is ready with a server that says nothing until a call comes', async () => {
    const port = await original(() => {})
    const { names, readies } = run(port, { protocol: 1 })
    await expect.poll(readies, { timeout: 5_000 }).toBe(1)
    expect(names()).toEqual(['connecting', 'waiting'])
  })

  it('does not when it was not permitted', async () => {
    const port = await original(() => {})
    await expect(run(port).closed).rejects.toMatchObject({ code: 'E_LOGIN', details: { stage: 'hello' } })
    await expect(run(port, { protocol: 2, allowProtocol1: true }).closed).rejects.toBeInstanceOf(LoginError)
  })

  it('says a wrong password of protocol 1 as one', async () => {
    const port = await original(() => {})
    await expect(run(port, { allowProtocol1: true, password: 'wrong' }).closed).rejects.toBeInstanceOf(LoginError)
  })

  it('never gives its token to a server that has asked for a proof', async () => {
    const said: string[] = []
    const port = await server((socket) => {
      socket.on('data', (chunk: Buffer) => {
        said.push(chunk.toString())
        if (!chunk.toString().startsWith('AGIT/2')) return void socket.end('authentication failed\n')
        const nonce = /r=([^,]*)/.exec(Buffer.from(chunk.toString().split(' ')[2]!, 'base64').toString())![1]
        socket.write(`C r=${nonce}abcdefghijklmnop,s=${Buffer.alloc(16).toString('base64')},i=4096\n`)
      })
    })
    await expect(run(port, { allowProtocol1: true }).closed).rejects.toMatchObject({ details: { stage: 'proof' } })
    expect(said.join('')).not.toContain(token)
  })
})

describe('a client of the tunnel', () => {
  it('waits as long as it is told, and one fifth more or less', async () => {
    const port = await server((socket) => socket.once('data', () => socket.end('wait 10\n')))
    const { events, names } = run(port)
    await expect.poll(names).toContain('retry')
    const { inMs } = events.find((event) => event.event === 'retry')!
    expect(inMs).toBeGreaterThanOrEqual(8_000)
    expect(inMs).toBeLessThanOrEqual(12_000)
  })

  it('does not hurry back to a server that tells it to wait for no time', async () => {
    const port = await server((socket) => socket.once('data', () => socket.end('wait 0\n')))
    const { events, names } = run(port, { backoff: { initialMs: 60_000, maxMs: 60_000 } })
    await expect.poll(names).toContain('retry')
    expect(events.find((event) => event.event === 'retry')!.inMs).toBeGreaterThanOrEqual(30_000)
  })

  it('listens for the stop no more when a call of protocol 1 is over', async () => {
    const { signal } = new AbortController()
    const listeners: number[] = []
    const port = await original((machine, socket) => socket.end(machine.startCall(headers, 'x')))
    const { options } = run(1)
    const secret = new ClientSecret('secret')
    const told = { server: 'x', calls: 1, instance: 'x', secret, onAccepted: () => {}, onWaiting: () => {} }
    for (let calls = 0; calls < 3; calls++) {
      expect(await serveProtocol1({ ...options, ...told, port }, signal)).toBe(true)
      listeners.push(getEventListeners(signal, 'abort').length)
    }
    expect(listeners).toEqual([0, 0, 0])
  })

  it('comes back for ever to a server that refuses or ends connections', async () => {
    let connections = 0
    const port = await server((socket, count) => {
      connections = count
      socket.end()
    })
    const { names } = run(port)
    await expect.poll(() => connections).toBeGreaterThan(3)
    expect(names().slice(0, 4)).toEqual(['connecting', 'dropped', 'retry', 'connecting'])
  })

  it('ends when the server wants another version', async () => {
    const port = await server((socket) => socket.once('data', () => socket.end('upgrade required AGIT/3\n')))
    await expect(run(port).closed).rejects.toBeInstanceOf(UpgradeRequiredError)
  })

  it('asks where to go before each try', async () => {
    const port = await server((socket) => socket.end())
    const places = [{ host: '127.0.0.1', port: 1 }]
    const { events, names } = run(0, { locate: async () => places.shift() ?? { host: '127.0.0.1', port } })
    await expect.poll(() => names().filter((name) => name === 'connecting').length).toBeGreaterThan(1)
    const servers = events.flatMap((event) => (event.event === 'connecting' ? [event.server] : []))
    expect(servers.slice(0, 2)).toEqual(['127.0.0.1:1', `127.0.0.1:${port}`])
  })

  it('comes back at once to a server that ends a connection of protocol 1 which had a call', async () => {
    const port = await original((machine, socket) => socket.end(machine.startCall(headers, 'x')))
    const { names } = run(port, { protocol: 1, backoff: { initialMs: 60_000, maxMs: 60_000 } })
    await expect.poll(() => names().filter((name) => name === 'call-refused').length).toBeGreaterThan(2)
  })
})

describe('runs of clients', () => {
  it('are replaced only by one that has logged in', async () => {
    const sockets: net.Socket[] = []
    const good = await original((machine, socket) => {
      sockets.push(socket)
      socket.write(machine.startCall(headers, 'x').subarray(0, 24))
    })
    const stop = new AbortController()
    const { options } = run(1)
    const runs = new ClientRuns(stop.signal)
    const client = { ...options, port: good, protocol: 1 as const }
    await runs.start([client])
    expect(sockets).toHaveLength(1)
    await expect(runs.start([{ ...client, password: 'wrong' }])).rejects.toBeInstanceOf(LoginError)
    expect(sockets[0]!.readableEnded).toBe(false)
    await runs.start([client])
    await expect.poll(() => sockets[0]!.destroyed).toBe(true)
    expect(sockets[1]!.destroyed).toBe(false)
    stop.abort()
    await runs.closed
    await expect.poll(() => sockets[1]!.destroyed).toBe(true)
  })

  it('that have not logged in yet give way to the next, and do not come back', async () => {
    const logins: number[] = []
    const of = (name: number) => original(() => void logins.push(name))
    const [first, last] = [await of(1), await of(3)]
    // It takes connections, and never says a word.
    const silent: net.Socket[] = []
    const wrong = await server((socket) => silent.push(socket.resume()))
    const stop = new AbortController()
    const { options } = run(1)
    const runs = new ClientRuns(stop.signal)
    const client = { ...options, protocol: 2 as const }
    await runs.start([{ ...client, port: first, protocol: 1 as const }])
    const outdated = runs.start([{ ...client, port: wrong, timeoutMs: 60_000 }])
    await expect.poll(() => silent.length).toBe(1)
    await runs.start([{ ...client, port: last, protocol: 1 as const }])
    await outdated
    await expect.poll(() => silent[0]!.readableEnded || silent[0]!.destroyed).toBe(true)
    expect(logins).toEqual([1, 3])
    stop.abort()
    await runs.closed
  })

  it('end with the first that fails for good', async () => {
    const waiting = await original(() => {})
    const { options } = run(1)
    const runs = new ClientRuns(new AbortController().signal)
    const client = { ...options, protocol: 1 as const }
    const bad = { ...client, port: waiting, password: 'wrong' }
    await expect(runs.start([{ ...client, port: waiting }, bad])).rejects.toBeInstanceOf(LoginError)
    await expect(runs.closed).rejects.toBeInstanceOf(LoginError)
  })
})
