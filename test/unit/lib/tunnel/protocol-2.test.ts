import { once } from 'node:events'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ConnectionLostError, LoginError, ProtocolError, TimeoutError } from '../../../../src/lib/errors.js'
import type { ByteChannel } from '../../../../src/lib/net/byte-channel.js'
import { channelBindingOf } from '../../../../src/lib/net/channel-binding.js'
import type { YamuxSession } from '../../../../src/lib/net/yamux/session.js'
import type { YamuxStream } from '../../../../src/lib/net/yamux/stream.js'
import { ClientSecret } from '../../../../src/lib/scram/client.js'
import { createRecord, InventedRecords } from '../../../../src/lib/scram/record.js'
import { CallRefusedError, ToldToWaitError, UpgradeRequiredError } from '../../../../src/lib/tunnel/errors.js'
import { type OpenTunnelOptions, openTunnel } from '../../../../src/lib/tunnel/protocol-2-client.js'
import { type AcceptTunnelOptions, acceptTunnel } from '../../../../src/lib/tunnel/protocol-2-server.js'
import { readLine } from '../../../../src/lib/tunnel/read-line.js'
import { type OfferedCall, openCall, readCall } from '../../../../src/lib/tunnel/tunnel-call.js'
import { duplexOf } from '../../support/duplex-of.js'
import { duplexPair } from '../../support/duplex-pair.js'
import { certificate } from '../../support/scripted-server.js'

const record = await createRecord('secret', { iterations: 4096 })
const nobodyListens = { onStream: (stream: YamuxStream) => void stream.destroy(), onClosed: () => {} }

function accepting(extra: Partial<AcceptTunnelOptions> = {}): AcceptTunnelOptions {
  return {
    findRecord: async (username) => (username === 'jicksta' ? record : undefined),
    invented: new InventedRecords(Buffer.from('secret of the server'), 4096),
    handler: nobodyListens,
    ...extra
  }
}

function opening(extra: Partial<OpenTunnelOptions> = {}): OpenTunnelOptions {
  return { username: 'jicksta', secret: new ClientSecret('secret'), handler: nobodyListens, ...extra }
}

/** Both sides of a login, over a connection inside the process that is cut into single bytes. */
async function login(client: Partial<OpenTunnelOptions> = {}, server: Partial<AcceptTunnelOptions> = {}) {
  const cut = (bytes: Buffer) => [...bytes].map((byte) => Buffer.from([byte]))
  const [left, right] = duplexPair({ cut })
  const [opened, accepted] = await Promise.allSettled([openTunnel(left, opening(client)), acceptTunnel(right, accepting(server))])
  onTestFinished(() => {
    left.destroy()
    right.destroy()
  })
  return { opened, accepted, left, right }
}

/** A promise, and what settles it. */
function later<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (reason: unknown) => void } {
  let settle: { resolve: (value: T) => void; reject: (reason: unknown) => void } | undefined
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }))
  return { promise, ...settle! }
}

/** The reason of a promise that failed. */
const failure = (settled: PromiseSettledResult<unknown>): unknown => (settled.status === 'rejected' ? settled.reason : undefined)

/** A tunnel that stands, whose client takes calls with `take`. */
async function tunnel(take: (call: OfferedCall) => void): Promise<{ server: YamuxSession; client: YamuxSession }> {
  const handler = { onStream: (stream: YamuxStream) => void readCall(stream).then(take), onClosed: () => {} }
  const { opened, accepted } = await login({ handler })
  if (opened.status === 'rejected' || accepted.status === 'rejected') throw new Error('no tunnel')
  return { server: accepted.value.session, client: opened.value.session }
}

/** Sends raw bytes to a server. @returns all that it answers, and how it ended */
async function raw(bytes: string, options: Partial<AcceptTunnelOptions> = {}): Promise<{ answer: string; error: unknown }> {
  const [left, right] = duplexPair()
  let answer = ''
  left.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
  const ended = once(left, 'end')
  left.write(bytes)
  const error = await acceptTunnel(right, accepting(options)).catch((thrown: unknown) => thrown)
  await ended
  return { answer, error }
}

const hello = (clientFirst: string) => `AGIT/2 SCRAM-SHA-256 ${Buffer.from(clientFirst).toString('base64')}\n`

describe('protocol 2', () => {
  it('logs in, and each side hears what the other tells of itself', async () => {
    const { opened, accepted } = await login(
      { parameters: { agent: 'pbxkit 1.0' } },
      { admit: ({ username }) => ({ parameters: { host: `for ${username}` } }) }
    )
    expect(accepted).toMatchObject({ value: { username: 'jicksta', parameters: { agent: 'pbxkit 1.0' } } })
    expect(opened).toMatchObject({ value: { parameters: { host: 'for jicksta' } } })
  })

  it('refuses a wrong password and an unknown user in the same words', async () => {
    for (const [client, reason] of [
      [{ secret: new ClientSecret('wrong') }, 'wrong password'],
      [{ username: 'nobody' }, 'unknown user']
    ] as const) {
      const { opened, accepted } = await login(client)
      expect(failure(opened)).toBeInstanceOf(LoginError)
      expect(failure(opened)).toMatchObject({ message: 'The server refused the login' })
      expect(failure(accepted)).toMatchObject({ details: { reason } })
    }
  })

  it('tells a client to wait that may not come now, or when the accounts cannot be asked', async () => {
    const busy = await login({}, { admit: () => ({ waitS: 7 }) })
    expect(failure(busy.opened)).toMatchObject({ seconds: 7 })
    expect(failure(busy.accepted)).toBeInstanceOf(ToldToWaitError)
    const trouble = await login({}, { findRecord: () => Promise.reject(new Error('the store is gone')) })
    expect(failure(trouble.opened)).toMatchObject({ seconds: 30 })
    expect(failure(trouble.accepted)).toMatchObject({ message: 'the store is gone' })
  })

  it('asks a client of another version to upgrade', async () => {
    expect(await raw('AGIT/9\n', { upgradeText: 'see https://example.org' })).toMatchObject({
      answer: 'upgrade required AGIT/2 see https://example.org\n',
      error: expect.any(UpgradeRequiredError)
    })
  })

  it('refuses what is no login', async () => {
    for (const bytes of [
      'GET / HTTP/1.0\r\n\r\n',
      '\n',
      `${'a'.repeat(5_000)}`,
      'AGIT/2 PLAIN AGEAYg==\n',
      hello('n,,n=jicksta')
    ]) {
      expect(await raw(bytes), bytes).toMatchObject({ answer: 'authentication failed\n', error: expect.any(ProtocolError) })
    }
    const { answer } = await raw(`${hello('n,,n=jicksta,r=abc')}c=biws,r=abc,p=YWJj\n`)
    expect(answer).toMatch(/^C r=abc\S+,s=\S+,i=4096\nauthentication failed\n$/)
  })

  it('takes no login again that somebody listened to', async () => {
    const [left, right] = duplexPair()
    const heard: Buffer[] = []
    const write = left._write.bind(left)
    left._write = (chunk, encoding, done) => {
      heard.push(Buffer.from(chunk))
      write(chunk, encoding, done)
    }
    await Promise.all([openTunnel(left, opening()), acceptTunnel(right, accepting())])
    const replayed = await raw(Buffer.concat(heard).toString('latin1'))
    expect(replayed.answer).toMatch(/\nauthentication failed\n$/)
    expect(replayed.error).toMatchObject({ details: { reason: 'other nonce' } })
  })

  it('waits for neither half of a login for ever', async () => {
    const timeouts = { helloMs: 10, proofMs: 20 }
    for (const bytes of ['AGIT/2 SCR', hello('n,,n=jicksta,r=abc')]) {
      const { error } = await raw(bytes, { timeouts })
      expect(error).toBeInstanceOf(TimeoutError)
    }
    const [left] = duplexPair()
    await expect(openTunnel(left, opening({ timeoutMs: 10 }))).rejects.toBeInstanceOf(TimeoutError)
    expect(left.destroyed).toBe(true)
  })

  it('says that the connection was lost', async () => {
    const [left, right] = duplexPair()
    const outcome = openTunnel(left, opening())
    right.destroy()
    await expect(outcome).rejects.toBeInstanceOf(ConnectionLostError)
  })

  it('trusts no server that says yes to everybody', async () => {
    const [left, right] = duplexPair()
    const outcome = openTunnel(left, opening())
    const nonce = /r=(\S+)/.exec(await firstLine(right))![1]
    right.write(`C r=${nonce}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096\n`)
    await firstLine(right)
    right.write(`S v=${Buffer.alloc(32).toString('base64')}\n`)
    await expect(outcome).rejects.toThrow(/does not prove/)
  })
})

/** The next line, with the hello's base64 as text. */
async function firstLine(stream: Duplex): Promise<string> {
  let text = ''
  for (;;) {
    const [chunk] = await once(stream, 'data')
    text += String(chunk)
    if (text.endsWith('\n')) return Buffer.from(text.split(' ')[2] ?? '', 'base64').toString() || text
  }
}

/** All that a stream gives until its end. */
function readAll(stream: ByteChannel): Promise<string> {
  let text = ''
  return new Promise((resolve) => {
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
    stream.on('end', () => resolve(text))
    stream.resume()
  })
}

describe('a call through the tunnel', () => {
  const headers = Buffer.from('agi_network: yes\nagi_request: agi://h/\n\n')

  it('reaches the client with its metadata and the header block, and goes both ways', async () => {
    const { server } = await tunnel(async ({ metadata, stream, accept }) => {
      accept()
      let heard = ''
      stream.on('data', (chunk: Buffer) => (heard += chunk.toString()))
      stream.on('end', () => stream.end(JSON.stringify({ metadata, heard })))
      stream.resume()
      stream.write('ANSWER\n')
    })
    const call = duplexOf(await openCall(server, { metadata: { call: '42', source: '127.0.0.1:4711' }, headers }))
    expect(await readLine(call, 100)).toBe('ANSWER')
    call.end('200 result=0\n')
    expect(JSON.parse(await readAll(call))).toEqual({
      metadata: { call: '42', source: '127.0.0.1:4711' },
      heard: `${headers}200 result=0\n`
    })
  })

  it('runs beside others', async () => {
    const { server } = await tunnel(({ metadata, stream, accept }) => {
      accept()
      stream.end(metadata.call ?? '')
    })
    const answers = Array.from({ length: 20 }, async (_, i) => {
      const call = await openCall(server, { metadata: { call: String(i) }, headers })
      return readAll(call)
    })
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 20 }, (_, i) => String(i)))
  })

  it('is refused with a reason, and leaves nothing behind', async () => {
    const { server, client } = await tunnel(({ refuse }) => refuse('app-econnrefused'))
    const refused = await openCall(server, { metadata: {}, headers }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(CallRefusedError)
    expect(refused).toMatchObject({ reason: 'app-econnrefused' })
    await new Promise(setImmediate)
    expect([server.streamCount, client.streamCount]).toEqual([0, 0])
  })

  it('is not waited for without a limit, on either side', async () => {
    const { server } = await tunnel(() => {})
    await expect(openCall(server, { metadata: {}, headers, timeoutMs: 10 })).rejects.toBeInstanceOf(TimeoutError)
    const outcome = new Promise((_, reject) => {
      const handler = { onStream: (stream: YamuxStream) => void readCall(stream, 10).catch(reject), onClosed: () => {} }
      void login({ handler }).then(
        ({ accepted }) => accepted.status === 'fulfilled' && accepted.value.session.open().write('CAL')
      )
    })
    await expect(outcome).rejects.toBeInstanceOf(TimeoutError)
  })

  it('ends with the tunnel', async () => {
    const { server, client } = await tunnel(({ accept }) => accept())
    const call = await openCall(server, { metadata: {}, headers })
    client.destroy()
    await once(call, 'close')
    expect(call.errored).toBeInstanceOf(ConnectionLostError)
  })

  it('is opened by the server only', async () => {
    const { client } = await tunnel(() => {})
    const stream = client.open()
    await new Promise((resolve) => stream.once('close', resolve))
    expect(stream.errored).toBeInstanceOf(ConnectionLostError)
  })
})

describe('protocol 2 over TLS', () => {
  /** A TLS server of loopback with a certificate that signs itself. */
  async function secureServer(accept: (socket: tls.TLSSocket) => void): Promise<number> {
    const server = tls.createServer(certificate('server'), accept)
    server.on('tlsClientError', () => {})
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    return (server.address() as net.AddressInfo).port
  }

  async function secureClient(port: number, options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
    const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    await once(socket, 'secureConnect')
    return socket
  }

  it('ties the login to the connection', async () => {
    const outcome = later<unknown>()
    const port = await secureServer((socket) => {
      acceptTunnel(socket, accepting({ requireBinding: true }), channelBindingOf(socket)).then(outcome.resolve, outcome.reject)
    })
    const socket = await secureClient(port)
    const channelBinding = channelBindingOf(socket)
    expect(channelBinding?.name).toBe('tls-exporter')
    const { session } = await openTunnel(socket, opening({ channelBinding }))
    expect(await outcome.promise).toMatchObject({ username: 'jicksta' })
    expect(session.isOpen).toBe(true)
  })

  it('sees who passes the login on to the real server', async () => {
    const outcome = later<unknown>()
    const real = await secureServer((socket) => {
      acceptTunnel(socket, accepting({ requireBinding: true }), channelBindingOf(socket)).then(outcome.resolve, outcome.resolve)
    })
    const between = await secureServer(async (victim) => {
      victim.on('error', () => {})
      const onwards = await secureClient(real)
      victim.pipe(onwards).pipe(victim)
    })
    const socket = await secureClient(between)
    await expect(openTunnel(socket, opening({ channelBinding: channelBindingOf(socket) }))).rejects.toBeInstanceOf(LoginError)
    expect(await outcome.promise).toMatchObject({ details: { reason: 'other channel' } })
  })

  it('has no binding before TLS 1.3', async () => {
    const port = await secureServer(() => {})
    expect(channelBindingOf(await secureClient(port, { maxVersion: 'TLSv1.2' }))).toBeUndefined()
  })
})

it('a login over TCP leaves the calls that follow it at once in the stream', async () => {
  const server = net.createServer(async (socket) => {
    const { session } = await acceptTunnel(socket, accepting())
    // In the same turn as the answer to the login: one segment.
    const call = await openCall(session, { metadata: { call: '1' }, headers: Buffer.from('agi_network: yes\n\n') })
    call.end('bye\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const heard = later<string>()
  const handler = {
    onClosed: () => {},
    onStream: async (stream: YamuxStream) => {
      const call = await readCall(stream)
      call.accept()
      heard.resolve(await readAll(call.stream))
    }
  }
  await openTunnel(socket, opening({ handler }))
  expect(await heard.promise).toBe('agi_network: yes\n\nbye\n')
})
