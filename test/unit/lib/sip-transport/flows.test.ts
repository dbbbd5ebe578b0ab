import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import type { Address } from '../../../../src/lib/net/address.js'
import type { TlsOptions } from '../../../../src/lib/net/connect.js'
import type { SipMessage } from '../../../../src/lib/sip/message.js'
import type { TransportFlow } from '../../../../src/lib/sip-transport/flow.js'
import { FlowPool, type FlowPoolOptions } from '../../../../src/lib/sip-transport/flow-pool.js'
import type { SipTarget, SipTransport } from '../../../../src/lib/sip-transport/target.js'
import { deadPort, sipPeer } from '../../support/sip-peer.js'

const certificates = path.join(import.meta.dirname, '../../../fixtures/tls')
const file = (name: string) => path.join(certificates, name)

const request = (branch = 'z9hG4bKa') =>
  Buffer.from(
    [
      'OPTIONS sip:a@127.0.0.1 SIP/2.0',
      `Via: SIP/2.0/UDP 192.0.2.1;branch=${branch};rport`,
      'From: <sip:a@b>;tag=1',
      'To: <sip:a@b>',
      'Call-ID: c',
      'CSeq: 1 OPTIONS',
      'Content-Length: 0',
      '',
      ''
    ].join('\r\n')
  )

/** A pool, and promises of the next message and the next loss. */
function poolOf(options: Partial<FlowPoolOptions> = {}) {
  const messages: { message: SipMessage; flow: TransportFlow; source: Address }[] = []
  const losses: unknown[] = []
  let wake = () => {}
  const pool = new FlowPool(
    { udp: 'connected', connectTimeoutMs: 5000, ...options },
    {
      onMessage: (message, flow, source) => {
        messages.push({ message, flow, source })
        wake()
      },
      onLost: (_flow, cause) => {
        losses.push(cause)
        wake()
      }
    }
  )
  onTestFinished(() => pool.close())
  const until = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      wake = () => {
        const found = look()
        if (found !== undefined) resolve(found)
      }
      wake()
    })
  return { pool, messages, losses, message: () => until(() => messages[0]), loss: () => until(() => losses[0]) }
}

const at = (transport: SipTransport, port: number, serverName = '127.0.0.1'): SipTarget => ({
  transport,
  address: '127.0.0.1',
  port,
  serverName
})
const answer = ({ reply }: { reply: (parts: { status: number }) => void }) => reply({ status: 200 })

describe('UDP', () => {
  it('is bound once for all who need the same target, and names its own address', async () => {
    const peer = await sipPeer(answer)
    const { pool, message } = poolOf()
    const [flow, same] = await Promise.all([pool.flowTo(peer.target), pool.flowTo(peer.target)])
    expect(same).toBe(flow)
    expect(flow.sentBy).toMatch(/^127\.0\.0\.1:\d+$/)
    flow.send(request())
    const { message: reply, source } = await message()
    expect(reply.via.rport).toBe(Number(flow.sentBy.split(':')[1]))
    expect(source).toEqual({ host: '127.0.0.1', port: peer.port })
  })

  it('learns at once that nothing listens there, and opens a new socket the next time', async () => {
    const port = await deadPort()
    const { pool, loss } = poolOf()
    const flow = await pool.flowTo(at('udp', port))
    flow.send(request())
    expect(await loss()).toMatchObject({ code: 'ECONNREFUSED' })
    expect(flow.isOpen).toBe(false)
    expect(await pool.flowTo(at('udp', port))).not.toBe(flow)
  })

  it('that is shared has one port for all targets, and hears requests of strangers', async () => {
    const [one, other] = [await sipPeer(answer), await sipPeer(answer)]
    const { pool, message } = poolOf({ udp: 'shared' })
    const flows = [await pool.flowTo(one.target), await pool.flowTo(other.target)]
    expect(flows[0]!.sentBy).toBe(flows[1]!.sentBy)
    const stranger = poolOf()
    const port = Number(flows[0]!.sentBy.split(':')[1])
    const theirs = await stranger.pool.flowTo(at('udp', port))
    theirs.send(request())
    const { flow, source } = await message()
    expect(`${source.host}:${source.port}`).toBe(theirs.sentBy)
    flow.send(request('z9hG4bKb'))
    expect((await stranger.message()).message.via.branch).toBe('z9hG4bKb')
  })

  it('that is shared hears no replies of those who were not asked', async () => {
    const peer = await sipPeer(answer)
    const { pool, messages, message } = poolOf({ udp: 'shared' })
    const flow = await pool.flowTo(peer.target)
    const stranger = await poolOf().pool.flowTo(at('udp', Number(flow.sentBy.split(':')[1])))
    stranger.send(Buffer.from(String(request()).replace(/^.*/, 'SIP/2.0 200 OK')))
    stranger.send(request('z9hG4bKlast'))
    expect((await message()).message.via.branch).toBe('z9hG4bKlast')
    expect(messages).toHaveLength(1)
  })

  it('takes keep-alives and garbage without a word', async () => {
    const peer = await sipPeer(({ send, reply }) => {
      for (const bytes of ['\r\n\r\n', '\r\n', 'garbage', '\0', '']) send(bytes)
      reply({ status: 200 })
    })
    const { pool, messages, message, losses } = poolOf()
    ;(await pool.flowTo(peer.target)).send(request())
    await message()
    expect({ count: messages.length, losses }).toEqual({ count: 1, losses: [] })
  })

  it('cannot be bound to an address of others', async () => {
    const { pool } = poolOf({ bind: { host: '192.0.2.1' } })
    await expect(pool.flowTo(at('udp', 5060))).rejects.toMatchObject({ code: 'E_LISTEN' })
  })
})

describe('TCP', () => {
  it('is one connection for all, and a new one after it was closed', async () => {
    const peer = await sipPeer(answer, 'tcp')
    const { pool, message, loss } = poolOf()
    const flow = await pool.flowTo(peer.target)
    expect(await pool.flowTo(peer.target)).toBe(flow)
    flow.send(request())
    expect((await message()).message.start).toMatchObject({ status: 200 })
    await peer.close()
    expect(await loss()).toMatchObject({ code: 'E_CONNECTION_LOST' })
    await expect(pool.flowTo(peer.target)).rejects.toMatchObject({ code: 'E_CONNECT' })
  })

  it('is closed when what comes cannot be followed', async () => {
    const peer = await sipPeer(({ send }) => send('OPTIONS sip:a SIP/2.0\r\nl: 1\r\nContent-Length: 99999999\r\n\r\n'), 'tcp')
    const { pool, loss } = poolOf()
    ;(await pool.flowTo(peer.target)).send(request())
    expect(await loss()).toMatchObject({ code: 'E_PROTOCOL' })
  })

  it('to a peer that does not answer a keep-alive for 10 s is given up, to one that does not', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const silent = await sipPeer(() => {}, 'tcp')
    const { pool, losses, loss } = poolOf()
    const flow = await pool.flowTo(silent.target)
    flow.ping()
    vi.advanceTimersByTime(9_999)
    expect(losses).toEqual([])
    vi.advanceTimersByTime(1)
    expect(await loss()).toMatchObject({ code: 'E_TIMEOUT' })

    const peer = await sipPeer(({ send, reply }) => {
      send('\r\n')
      reply({ status: 200 })
    }, 'tcp')
    const alive = poolOf()
    const theirs = await alive.pool.flowTo(peer.target)
    theirs.ping()
    theirs.send(request())
    await alive.message()
    vi.advanceTimersByTime(20_000)
    theirs.send(request('z9hG4bKlater'))
    await peer.until(({ requests }) => requests.length === 2)
    expect(alive.losses).toEqual([])
  })
})

describe('TLS', () => {
  async function tlsPort(): Promise<number> {
    const server = tls.createServer({ cert: readFileSync(file('server.crt')), key: readFileSync(file('server.key')) }, (socket) =>
      socket.on('error', () => {})
    )
    server.on('tlsClientError', () => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    return (server.address() as AddressInfo).port
  }
  const open = async (serverName: string, options: TlsOptions) => {
    const { pool } = poolOf({ tls: options })
    return pool.flowTo(at('tls', await tlsPort(), serverName))
  }

  it('is verified: an unknown authority and another name than that of the URI are refused', async () => {
    await expect(open('localhost', {})).rejects.toMatchObject({ code: 'E_TLS' })
    await expect(open('pbx.example.org', { caFile: file('server.crt') })).rejects.toThrow('pbx.example.org')
    const flow = await open('localhost', { caFile: file('server.crt') })
    expect(flow).toMatchObject({ protocol: 'TLS', reliable: true, tls: { version: 'TLSv1.3', subject: 'pbxkit test server' } })
  })

  it('takes a pinned certificate, and no other', async () => {
    const { tls: facts } = await open('localhost', { insecure: true })
    expect((await open('whatever.example.org', { pin: facts!.fingerprint! })).isOpen).toBe(true)
    await expect(open('localhost', { pin: `sha256:${'0'.repeat(64)}` })).rejects.toThrow('not the pinned one')
  })
})

describe('a WebSocket (RFC 7118)', () => {
  async function webSocketPort(
    protocols: string[],
    onMessage: (text: string, answer: (text: string | Buffer) => void) => void
  ): Promise<number> {
    const server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      path: '/ws',
      handleProtocols: (offered) => protocols.find((one) => offered.has(one)) ?? false
    })
    server.on('connection', (socket) => socket.on('message', (data) => onMessage(String(data), (out) => socket.send(out))))
    await new Promise((resolve) => server.once('listening', resolve))
    onTestFinished(() => {
      for (const client of server.clients) client.terminate()
      server.close()
    })
    return (server.address() as AddressInfo).port
  }

  it('carries one message in each, has no address of its own, and takes text and bytes', async () => {
    const reply = String(request()).replace('OPTIONS sip:a@127.0.0.1 SIP/2.0', 'SIP/2.0 200 OK')
    const port = await webSocketPort(['sip'], (_text, send) => send(Buffer.from(reply)))
    const { pool, message } = poolOf({ webSocketPath: '/ws' })
    const flow = await pool.flowTo(at('ws', port))
    expect(flow.sentBy).toMatch(/^[0-9a-f]{12}\.invalid$/)
    flow.send(request())
    expect((await message()).message.start).toMatchObject({ status: 200 })
  })

  it('to a peer that does not read is given up, and says so', async () => {
    const port = await webSocketPort(['sip'], () => {})
    const { pool, loss } = poolOf({ webSocketPath: '/ws' })
    const flow = await pool.flowTo(at('ws', port))
    // More than the system's buffers take, all in one turn, in which nobody can read.
    const bytes = Buffer.alloc(60_000, 'a')
    for (let nth = 0; nth < 500; nth++) flow.send(bytes)
    expect(await loss()).toMatchObject({ code: 'E_CONNECTION_LOST', message: expect.stringContaining('does not read') })
  })

  it('is none where the server does not speak sip, or has another path', async () => {
    const port = await webSocketPort([], () => {})
    await expect(poolOf({ webSocketPath: '/ws' }).pool.flowTo(at('ws', port))).rejects.toMatchObject({ code: 'E_PROTOCOL' })
    await expect(poolOf({ webSocketPath: '/other' }).pool.flowTo(at('ws', port))).rejects.toThrow('HTTP 400')
  })
})

it('a pool that was closed opens nothing any more', async () => {
  const peer = await sipPeer(answer, 'tcp')
  const { pool } = poolOf()
  const opening = pool.flowTo(peer.target)
  pool.close()
  await expect(opening).rejects.toMatchObject({ code: 'E_INTERRUPTED' })
  await expect(pool.flowTo(peer.target)).rejects.toMatchObject({ code: 'E_INTERRUPTED' })
})
