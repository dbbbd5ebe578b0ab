import { once } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { ConnectionLostError } from '../../../../../src/lib/errors.js'
import { SessionWatch } from '../../../../../src/lib/net/yamux/session-watch.js'
import { closed, readAll, sessions } from './support.js'

/** Bytes that differ from place to place. */
const pattern = (length: number, seed = 1) =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 7 + (i >> 8)) & 0xff))

describe('YamuxSession', () => {
  it('carries bytes both ways on streams that either side opened', async () => {
    const { client, server } = sessions()
    const up = client.session.open()
    up.end('from the client')
    const onServer = await server.accepted()
    expect((await readAll(onServer)).toString()).toBe('from the client')
    onServer.end('answer')
    expect((await readAll(up)).toString()).toBe('answer')
    const down = server.session.open()
    expect([up.id, down.id]).toEqual([1, 2])
    down.end('from the server')
    expect((await readAll(await client.accepted())).toString()).toBe('from the server')
  })

  it('keeps the bytes of many streams apart, however the connection cuts them', async () => {
    const cut = (bytes: Buffer) => Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) => bytes.subarray(i * 7, i * 7 + 7))
    const { client, server } = sessions({ cut })
    const bodies = Array.from({ length: 5 }, (_, i) => pattern(20_000 + i, i))
    for (const body of bodies) client.session.open().end(body)
    for (const body of bodies) expect((await readAll(await server.accepted())).equals(body)).toBe(true)
  })

  it('ends one half and goes on with the other', async () => {
    const { client, server } = sessions()
    const stream = client.session.open()
    stream.end()
    const other = await server.accepted()
    expect(await readAll(other)).toHaveLength(0)
    other.write('still')
    const told = once(stream, 'data')
    stream.resume()
    const [bytes] = await told
    expect(String(bytes)).toBe('still')
    other.end('more')
    stream.resume()
    expect(await Promise.all([closed(stream), closed(other)])).toEqual([null, null])
    expect([client.session.streamCount, server.session.streamCount]).toEqual([0, 0])
  })

  it('resets a stream that is destroyed, and no other', async () => {
    const { client, server } = sessions()
    const [one, two] = [client.session.open(), client.session.open()]
    const [first, second] = [await server.accepted(), await server.accepted()]
    one.destroy()
    expect(await closed(first)).toBeInstanceOf(ConnectionLostError)
    two.end('alive')
    expect((await readAll(second)).toString()).toBe('alive')
    expect(server.session.isClosed).toBe(false)
  })

  it('is no crash when nobody listens for the error of a stream', async () => {
    const { client, server } = sessions()
    client.session.open().destroy()
    expect(await closed(await server.accepted())).toBeInstanceOf(ConnectionLostError)
  })

  it('sends a window and waits until the reader has taken half of it', async () => {
    const { client, server } = sessions()
    const stream = client.session.open()
    const body = pattern(600 * 1024)
    stream.end(body)
    const other = await server.accepted()
    // Nothing is on its way any more: the connection itself has taken all.
    await quiet(client.transport)
    expect(client.transport.written).toBeGreaterThan(256 * 1024)
    expect(client.transport.written).toBeLessThan(257 * 1024 + 64 * 1024)
    const sentUnread = client.transport.written
    expect((await readAll(other)).equals(body)).toBe(true)
    expect(client.transport.written).toBeGreaterThan(sentUnread)
  })

  it.each([
    { most: 1024 * 1024, wanted: 1024 * 1024 },
    { most: undefined, wanted: 256 * 1024 }
  ])('lets the window of a stream that is read fast grow to $wanted when the most is $most', async ({ most, wanted }) => {
    const { client, server } = sessions({ server: { maxWindowBytes: most } })
    const stream = client.session.open()
    const other = await server.accepted()
    let received = 0
    other.on('data', (bytes: Buffer) => (received += bytes.length)).resume()
    const fast = 4 * 1024 * 1024
    stream.write(pattern(fast))
    await vi.waitFor(() => expect(received).toBe(fast))
    other.pause()
    stream.write(pattern(fast))
    await quiet(client.transport)
    const unread = client.transport.written - fast
    // Half a window may have been taken that the peer has no credit for yet; frames have their headers.
    expect(unread).toBeGreaterThan(wanted / 2)
    expect(unread).toBeLessThan(wanted * 1.02)
    other.destroy()
  })

  it('lets the window of a stream that is read slowly be', async () => {
    const { client, server } = sessions({ server: { maxWindowBytes: 1024 * 1024 } })
    const stream = client.session.open()
    const other = await server.accepted()
    let nowMs = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
    other.on('data', () => (nowMs += 1_000)).resume()
    const first = 1024 * 1024
    let sent = 0
    for (; sent < first; sent += 16 * 1024) {
      stream.write(pattern(16 * 1024))
      await quiet(client.transport)
    }
    clock.mockRestore()
    other.pause()
    stream.write(pattern(first))
    await quiet(client.transport)
    expect(client.transport.written - sent).toBeLessThan(256 * 1024 * 1.1)
    other.destroy()
  })

  it('gives streams their turns: a short one is not behind a long one', async () => {
    const { client, server } = sessions({ highWaterMark: 16 * 1024 })
    const long = client.session.open()
    const short = client.session.open()
    const [onServer, shortOnServer] = [await server.accepted(), await server.accepted()]
    let longBytes = 0
    onServer.on('data', (bytes: Buffer) => (longBytes += bytes.length)).resume()
    long.end(pattern(4 * 1024 * 1024))
    short.end(pattern(48 * 1024))
    let longBytesThen = 0
    shortOnServer.once('end', () => (longBytesThen = longBytes))
    const ended = once(onServer, 'end')
    expect(await readAll(shortOnServer)).toHaveLength(48 * 1024)
    expect(longBytesThen).toBeLessThan(256 * 1024)
    await ended
    expect(longBytes).toBe(4 * 1024 * 1024)
  })

  it('holds no more than some windows of 60 MB for a slow reader, either way', async () => {
    for (const from of ['client', 'server'] as const) {
      const both = sessions()
      const [sender, receiver] = from === 'client' ? [both.client, both.server] : [both.server, both.client]
      const stream = sender.session.open()
      const other = await receiver.accepted()
      const line = Buffer.alloc(1000, 'x')
      let sent = 0
      let received = 0
      let mostOnTheWay = 0
      const total = 60_000_000
      const send = () => {
        while (sent < total) {
          sent += line.length
          if (!stream.write(line)) return stream.once('drain', send)
        }
        stream.end()
      }
      send()
      other.on('data', (chunk: Buffer) => {
        mostOnTheWay = Math.max(mostOnTheWay, sent - received)
        received += chunk.length
        other.pause()
        setImmediate(() => other.resume())
      })
      const ended = once(other, 'end')
      other.resume()
      await ended
      expect(received).toBe(total)
      // A window, what one read takes out, and what the sender's buffers hold.
      expect(mostOnTheWay).toBeLessThan(256 * 1024 + 3 * 64 * 1024 + 2 * 16 * 1024)
      expect(mostOnTheWay).toBeGreaterThan(128 * 1024)
    }
  })

  it('refuses streams past the limit, and takes one when another is over', async () => {
    const { client, server } = sessions({ server: { maxIncomingStreams: 1 } })
    const first = client.session.open()
    const onServer = await server.accepted()
    const refused = client.session.open()
    expect(await closed(refused)).toBeInstanceOf(ConnectionLostError)
    first.destroy()
    await closed(onServer)
    client.session.open().end('third')
    expect((await readAll(await server.accepted())).toString()).toBe('third')
  })

  it('acknowledges a stream with the first that is said on it, and does not let many wait for that', async () => {
    const { client, server } = sessions()
    const stream = client.session.open()
    const other = await server.accepted()
    await quiet(server.transport)
    expect(server.transport.written).toBe(0)
    other.write('five!')
    await quiet(server.transport)
    expect(server.transport.written).toBe(12 + 5)
    expect(stream.destroyed).toBe(false)
    for (let i = 0; i < 65; i++) client.session.open()
    await quiet(server.transport)
    expect(server.transport.written).toBe(12 + 5 + 12)
  })

  it('tells what waits, and the end, only to who reads', async () => {
    const { client, server } = sessions()
    client.session.open().end('waits')
    const other = await server.accepted()
    const told: string[] = []
    other.on('data', (bytes: Buffer) => told.push(String(bytes))).on('end', () => told.push('end'))
    await quiet(client.transport)
    expect([told, other.readableEnded]).toEqual([[], false])
    const ended = once(other, 'end')
    other.resume()
    other.pause()
    other.resume()
    await ended
    expect(told).toEqual(['waits', 'end'])
  })

  it('opens no more than the peer acknowledges', async () => {
    const { client } = sessions()
    for (let i = 0; i < 256; i++) client.session.open()
    expect(() => client.session.open()).toThrow(ConnectionLostError)
    await quiet(client.transport)
    expect(() => client.session.open()).not.toThrow()
  })

  it('lets open streams end after it has gone away, then closes', async () => {
    const { client, server } = sessions()
    const stream = client.session.open()
    const other = await server.accepted()
    server.session.goAway()
    await client.until(() => client.wentAway || undefined)
    expect(() => client.session.open()).toThrow(ConnectionLostError)
    expect(() => server.session.open()).toThrow(ConnectionLostError)
    stream.end('last words')
    expect((await readAll(other)).toString()).toBe('last words')
    expect(server.session.isClosed).toBe(false)
    other.end()
    stream.resume()
    expect(await server.ended()).toEqual({ error: undefined })
    expect(await client.ended()).toEqual({ error: undefined })
  })

  it('destroys its streams when the connection is lost, and says so once', async () => {
    const { client, server } = sessions()
    const stream = client.session.open()
    const other = await server.accepted()
    client.transport.destroy()
    expect(await closed(stream)).toBeInstanceOf(ConnectionLostError)
    expect(await closed(other)).toBeInstanceOf(ConnectionLostError)
    expect((await server.ended()).error).toBeInstanceOf(ConnectionLostError)
    expect(server.session.streamCount).toBe(0)
  })

  it('tells who writes to a stream of a lost session', async () => {
    const { client, server } = sessions()
    const stream = client.session.open()
    await server.accepted()
    expect(stream.write(pattern(400 * 1024))).toBe(false)
    server.session.destroy()
    expect(await closed(stream)).toBeInstanceOf(ConnectionLostError)
    expect([stream.writable, stream.write('more')]).toEqual([false, false])
  })
})

describe('SessionWatch', () => {
  const timing = { intervalMs: 15_000, activeIntervalMs: 3_000, timeoutMs: 5_000 }

  it('asks after the silence, and measures the way there and back', async () => {
    const { client } = sessions()
    client.session.look(1_000, timing)
    client.session.look(15_999, timing)
    await quiet(client.transport)
    expect(client.transport.written).toBe(0)
    client.session.look(16_000, timing)
    await quiet(client.transport)
    expect(client.transport.written).toBe(12)
    expect(client.session.roundTripMs).toBeGreaterThan(0)
    client.session.look(22_000, timing)
    expect(client.session.isClosed).toBe(false)
  })

  it('asks sooner while a stream is open', async () => {
    const { client } = sessions()
    client.session.open()
    await quiet(client.transport)
    const before = client.transport.written
    client.session.look(1_000, timing)
    client.session.look(4_000, timing)
    await quiet(client.transport)
    expect(client.transport.written).toBe(before + 12)
  })

  it('gives up a peer that does not answer, in seconds', async () => {
    const { client, server } = sessions()
    const stream = client.session.open()
    await quiet(client.transport)
    server.transport.removeAllListeners('data')
    server.transport.pause()
    client.session.look(1_000, timing)
    client.session.look(4_000, timing)
    client.session.look(8_999, timing)
    expect(client.session.isClosed).toBe(false)
    client.session.look(9_000, timing)
    expect(client.closed?.error?.message).toBe('The peer was silent for 8 s')
    expect((await closed(stream))?.message).toBe('The peer was silent for 8 s')
  })

  it('looks at all sessions with one timer, until they are closed', async () => {
    let nowMs = 0
    const watch = new SessionWatch({ tickMs: 1, clock: () => (nowMs += 10_000) })
    const { client, server } = sessions({ client: { watch } })
    server.transport.removeAllListeners('data')
    server.transport.pause()
    expect((await client.ended()).error?.code).toBe('E_TIMEOUT')
  })
})

/** Resolves when a whole turn of the event loop has passed without a byte. */
async function quiet(transport: { written: number }): Promise<void> {
  for (let before = -1; before !== transport.written; ) {
    before = transport.written
    for (let i = 0; i < 5; i++) await new Promise(setImmediate)
  }
}
