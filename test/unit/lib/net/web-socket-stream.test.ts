import { once } from 'node:events'
import net from 'node:net'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { DelimitedMessages } from '../../../../src/lib/net/delimited.js'
import { HttpServer } from '../../../../src/lib/net/http-server.js'
import { acceptWebSocket, type WebSocketStream, type WebSocketStreamOptions } from '../../../../src/lib/net/web-socket-stream.js'
import { everyCut, latin1 } from '../../support/chunks.js'

async function join(options: Partial<WebSocketStreamOptions> = {}, clientOptions: object = {}) {
  let given: (stream: WebSocketStream) => void
  const accepted = new Promise<WebSocketStream>((resolve) => {
    given = resolve
  })
  const all = { delimiter: '\n', decode: (message: string) => Buffer.from(`${message}\n`), ...options }
  const http = new HttpServer({
    onRequest: (_request, response) => response.end(),
    onUpgrade: (request, socket, head) => acceptWebSocket(request, { socket, head }, all, given)
  })
  const server = net.createServer((socket) => http.accept(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as net.AddressInfo).port}/`, clientOptions)
  const messages: string[] = []
  client.on('message', (data) => void messages.push(data.toString()))
  client.on('error', () => {})
  onTestFinished(() => {
    client.terminate()
    http.close(true)
    server.close()
  })
  await once(client, 'open')
  return { client, messages, stream: await accepted }
}

describe('a WebSocket as a stream', () => {
  it('makes a message of what ends in the delimiter, however it is written', async () => {
    const { stream, messages } = await join({ delimiter: '\r\n\r\n' })
    const text = 'a: 1\r\nb: 2\r\n\r\nc: 3\r\n\r\n'
    let count = 0
    for (const { chunks } of everyCut(latin1(text))) {
      for (const chunk of chunks) stream.write(chunk)
      count++
    }
    await expect.poll(() => messages.length).toBe(2 * count)
    expect([...new Set(messages)]).toEqual(['a: 1\r\nb: 2', 'c: 3'])
  })

  it('gives what the peer says, decoded, and a reply to what is refused', async () => {
    const decode: WebSocketStreamOptions['decode'] = (message, reply) => {
      if (message !== 'bad') return Buffer.from(`<${message}>`)
      reply(Buffer.from('no'))
      return undefined
    }
    const { stream, client, messages } = await join({ decode })
    client.send('bad')
    client.send('good')
    const [bytes] = await once(stream, 'data')
    expect(String(bytes)).toBe('<good>')
    await expect.poll(() => messages).toEqual(['no'])
  })

  it('closes on binary messages and on those over 1 MiB', async () => {
    const first = await join()
    first.stream.resume()
    first.client.send(Buffer.from([1]), { binary: true })
    expect((await once(first.client, 'close'))[0]).toBe(1003)
    const second = await join()
    second.stream.resume()
    second.client.send('x'.repeat(1024 * 1024 + 1))
    expect((await once(second.client, 'close'))[0]).toBe(1009)
    await (second.stream.closed || once(second.stream, 'close'))
  })

  it('holds writes while the peer does not read', async () => {
    const { stream, client, messages } = await join()
    client.pause()
    const line = `${'x'.repeat(64 * 1024)}\n`
    let sent = 0
    while (stream.writableLength < 2 * 1024 * 1024 && sent < 1_000) {
      stream.write(line)
      sent++
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(stream.writableLength).toBeGreaterThanOrEqual(2 * 1024 * 1024)
    const drained = once(stream, 'drain')
    client.resume()
    await drained
    await expect.poll(() => messages.length, { timeout: 4_000 }).toBe(sent)
  }, 20_000)

  it('stops the peer while nobody reads here', async () => {
    const { stream, client } = await join()
    for (let i = 0; i < 400; i++) client.send('x'.repeat(60_000))
    // 24 MB do not fit into what the system holds: what is read here comes to a stop.
    let before = -1
    await expect
      .poll(() => {
        const isStill = stream.readableLength === before && before > 0
        before = stream.readableLength
        return isStill
      })
      .toBe(true)
    expect(before).toBeLessThan(5_000_000)
    expect(client.bufferedAmount).toBeGreaterThan(1_000_000)
    let bytes = 0
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    await expect.poll(() => bytes, { timeout: 4_000 }).toBe(400 * 60_001)
  })

  it('ends with a close handshake when it is ended, and is gone with the peer', async () => {
    const { stream, client } = await join()
    stream.end('last\n')
    expect((await once(client, 'close'))[0]).toBe(1000)
    const other = await join()
    other.client.terminate()
    await once(other.stream, 'close')
  })

  it('is gone when a ping is not answered until the next', async () => {
    const { stream } = await join({ pingIntervalMs: 20 }, { autoPong: false })
    await once(stream, 'close')
    const alive = await join({ pingIntervalMs: 150 })
    let pings = 0
    alive.client.on('ping', () => pings++)
    await expect.poll(() => pings).toBeGreaterThan(1)
    expect(alive.stream.destroyed).toBe(false)
  })
})

describe('delimited messages', () => {
  it('are the same however the bytes are cut', () => {
    const text = fc.array(fc.constantFrom('a', 'b', '\r', '\n', '\r\n', '\r\n\r\n'), { maxLength: 30 })
    fc.assert(
      fc.property(text, fc.array(fc.nat(5), { maxLength: 60 }), (parts, sizes) => {
        const bytes = latin1(parts.join(''))
        const messages = new DelimitedMessages('\r\n\r\n')
        const got: string[] = []
        let at = 0
        for (const size of [...sizes, bytes.length]) {
          got.push(...messages.push(bytes.subarray(at, at + size)).map(String))
          at += size
        }
        const wanted = parts.join('').split('\r\n\r\n')
        expect(messages.takePending().toString()).toBe(wanted.pop())
        expect(got).toEqual(wanted.filter((one) => one !== ''))
      })
    )
  })
})
