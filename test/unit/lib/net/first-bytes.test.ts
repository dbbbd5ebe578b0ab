import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import tls from 'node:tls'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { classify, type Detected, detectProtocol } from '../../../../src/lib/net/first-bytes.js'
import { listen } from '../../../../src/lib/net/listen.js'
import { latin1 } from '../../support/chunks.js'

const kinds: [string, string, Detected][] = [
  ['a TLS 1.0 record', '\x16\x03\x01\x02\x00\x01', 'tls'],
  ['an SSL 3 record', '\x16\x03\x00', 'tls'],
  ['a TLS 1.3 record', '\x16\x03\x04', 'tls'],
  ['a record of TLS to come', '\x16\x03\x05', 'other'],
  ['a control byte', '\x16\x04', 'other'],
  ['an SSL 2 hello', '\x80\x2e\x01\x00\x02', 'sslv2'],
  ['an SSL 2 hello that wants TLS 1.0', '\x80\x67\x01\x03\x01', 'sslv2'],
  ['the words of telnet', '\xff\xfd\x01', 'other'],
  ['GET', 'GET / HTTP/1.1\r\n', 'http'],
  ['the longest method', 'OPTIONS * HTTP/1.1\r\n', 'http'],
  ['a method in lower case', 'get /', 'http'],
  ['POST after an empty line', '\r\nPOST / HTTP/1.1\r\n', 'http'],
  ['PUT', 'PUT /', 'http'],
  ['PATCH', 'PATCH /', 'http'],
  ['HEAD', 'HEAD /', 'http'],
  ['DELETE', 'DELETE /', 'http'],
  ['CONNECT', 'CONNECT a:1', 'http'],
  ['TRACE', 'TRACE /', 'http'],
  ['a header that is named like a method', 'Get: 1\r\n', 'other'],
  ['a header that begins like a method', 'Postscript: 1\r\n', 'other'],
  ['an action', 'Action: Ping\r\n', 'other'],
  ['an ActionID first', 'ActionID: 1\r\n', 'other'],
  ['an action after empty lines', '\r\n\n\r\nAction: Ping', 'other'],
  ['XML', '<?xml version="1.0"?>', 'xml'],
  ['XML after white space', ' \t\r\n<Asterisk', 'xml'],
  ['XML after a byte order mark', '\xef\xbb\xbf<A', 'xml'],
  ['JSON after a byte order mark', '\xef\xbb\xbf {', 'json'],
  ['an action after a byte order mark', '\xef\xbb\xbfAction', 'other'],
  ['a broken byte order mark', '\xef\xbb<', 'other'],
  ['a JSON object', '{"Action"', 'json'],
  ['a JSON array', ' [', 'json'],
  ['XML after a page of blanks', `${' '.repeat(64)}<`, 'other'],
  ['XML after all the blanks that are allowed', `${' '.repeat(63)}<`, 'xml'],
  ['a zero byte', '\0', 'other']
]

describe('classify', () => {
  it.each(kinds)('knows %s', (_, text, kind) => expect(classify(latin1(text))).toBe(kind))

  it.each([
    '',
    '\x16',
    '\x16\x03',
    '\x80',
    '\x80\x2e\x01\x00',
    'G',
    'get',
    'OPTIONS',
    '\r\n',
    '\r\nPO',
    '\xef',
    '\xef\xbb\xbf',
    ' '
  ])('wants more than %j', (text) => expect(classify(latin1(text))).toBeUndefined())

  it('never changes its mind when more bytes come', () => {
    const part = fc.constantFrom(
      '\x16',
      '\x03',
      '\x80',
      '\x01',
      '\0',
      '\xef\xbb\xbf',
      '\r\n',
      ' ',
      'GET',
      'get',
      'POS',
      'T',
      '<',
      '{',
      'Action:'
    )
    const text = fc.oneof(
      fc.array(part, { maxLength: 80 }).map((parts) => parts.join('')),
      fc.constantFrom(...kinds.map(([, known]) => known))
    )
    fc.assert(
      fc.property(text, fc.nat(80), (whole, cut) => {
        const early = classify(latin1(whole).subarray(0, cut))
        if (early !== undefined) expect(classify(latin1(whole))).toBe(early)
      })
    )
  })

  it('tells any bytes after at most a line or two', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 80, maxLength: 80 }), (bytes) => classify(Buffer.from(bytes)) !== undefined))
  })
})

describe('detectProtocol', () => {
  it.each(kinds)('tells %s byte by byte and puts all back', async (_, text, kind) => {
    const { stream, settled } = detecting()
    for (const byte of latin1(text)) {
      stream.push(Buffer.from([byte]))
      await nextTurn()
    }
    stream.push(null)
    expect(settled).toEqual([kind])
    expect(await everything(stream)).toBe(text)
  })

  it.each(kinds)('tells %s at once and puts all back', async (_, text, kind) => {
    const { stream, settled } = detecting()
    stream.push(latin1(text))
    await nextTurn()
    expect(settled).toEqual([kind])
    stream.push(latin1(' and more'))
    stream.push(null)
    expect(await everything(stream)).toBe(`${text} and more`)
  })

  it('calls who says nothing silent when the grace is over, not before', async () => {
    const { settled, pass } = detecting()
    await pass(24)
    expect(settled).toEqual([])
    await pass(1)
    expect(settled).toEqual(['silent'])
  })

  it('waits longer for what has begun, but not for ever', async () => {
    const { stream, settled, pass } = detecting()
    stream.push(latin1('GE'))
    await pass(25)
    stream.push(latin1('t'))
    await pass(4974)
    expect(settled).toEqual([])
    await pass(1)
    expect(settled).toEqual(['other'])
    stream.push(null)
    expect(await everything(stream)).toBe('GEt')
  })

  it('tells a hello whose second half comes after the grace', async () => {
    const { stream, settled, pass } = detecting()
    stream.push(latin1('\x16'))
    await pass(1000)
    stream.push(latin1('\x03\x01'))
    await nextTurn()
    expect(settled).toEqual(['tls'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('gives the banner to who sends an empty line and waits', async () => {
    const { stream, settled, pass } = detecting()
    stream.push(latin1('\r\n'))
    await pass(25)
    expect(settled).toEqual(['other'])
  })

  it('leaves no listener and no timer when it tells', async () => {
    const { stream, settled } = detecting(() => {
      expect(['readable', 'error', 'close'].map((event) => stream.listenerCount(event))).toEqual([0, 0, 0])
    })
    stream.push(latin1('<'))
    await nextTurn()
    expect(settled).toEqual(['xml'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([new Error('connection reset'), undefined])('says nothing of a socket that ends with %s', async (error) => {
    const { stream, settled, pass } = detecting()
    stream.push(latin1('\x16'))
    await nextTurn()
    stream.destroy(error)
    await pass(10_000)
    expect(settled).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
    expect(stream.listenerCount('readable')).toBe(0)
  })

  it.each([
    ['', 'other'],
    ['\r\n', 'other'],
    ['GE', 'other']
  ])('does not wait after the end of %j, and leaves the end to the next reader', async (text, kind) => {
    const { stream, settled } = detecting()
    if (text) stream.push(latin1(text))
    await nextTurn()
    stream.push(null)
    await nextTurn()
    expect(settled).toEqual([kind])
    expect(await everything(stream)).toBe(text)
  })

  it('reads before it calls a client silent when the process was busy', async () => {
    const { port, sockets } = await door()
    const kind = new Promise<Detected>((resolve) => {
      sockets.onConnection = (socket) => {
        detectProtocol(socket, resolve)
        client.write(latin1('\x16\x03\x01'))
        const until = performance.now() + 60
        while (performance.now() < until);
      }
    })
    const client = connectTo(port)
    expect(await kind).toBe('tls')
  })

  it('keeps nobody waiting for a client that has sent half a hello', async () => {
    const { port, sockets } = await door()
    const told: Detected[] = []
    const half = connectTo(port)
    half.write(latin1('\x16\x03'))
    const finished = new Promise<void>((resolve) => {
      sockets.onConnection = (socket) =>
        detectProtocol(socket, (kind) => {
          told.push(kind)
          if (kind === 'silent') socket.write('banner')
          else resolve()
        })
    })
    const startedMs = performance.now()
    const waiting = Array.from({ length: 200 }, () => connectTo(port))
    await Promise.all(waiting.map((client) => once(client, 'data')))
    // One after the other they would take 200 times 25 ms.
    expect(performance.now() - startedMs).toBeLessThan(2_500)
    expect(told).toEqual(Array(200).fill('silent'))
    half.write(latin1('\x01'))
    await finished
    expect(told.at(-1)).toBe('tls')
  })

  it('hands a request to an HTTP server, the part that was read first', async () => {
    const web = http.createServer(async (request, response) => {
      let bytes = 0
      for await (const chunk of request) bytes += chunk.length
      response.end(`${request.method} ${bytes}`)
    })
    const { port, sockets } = await door()
    sockets.onConnection = (socket) => detectProtocol(socket, (kind) => kind === 'http' && web.emit('connection', socket))
    const answer = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      body: 'x'.repeat(300_000),
      headers: { connection: 'close' }
    })
    expect(await answer.text()).toBe('POST 300000')
  })

  it('knows the hello of a real TLS client', async () => {
    const { port, sockets } = await door()
    const kind = new Promise<Detected>((resolve) => {
      sockets.onConnection = (socket) => detectProtocol(socket, resolve)
    })
    const client = tls.connect({ host: '127.0.0.1', port }).on('error', () => {})
    onTestFinished(() => void client.destroy())
    expect(await kind).toBe('tls')
  })
})

/** A stream that is being looked at, and time that only `pass` moves. */
function detecting(onDetected?: () => void) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  const settled: Detected[] = []
  detectProtocol(stream, (kind) => {
    settled.push(kind)
    onDetected?.()
  })
  const pass = async (ms: number) => {
    await nextTurn()
    vi.advanceTimersByTime(ms)
    await nextTurn()
  }
  return { stream, settled, pass }
}

async function everything(stream: Duplex): Promise<string> {
  let text = ''
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  await once(stream, 'end')
  return text
}

/** A server on loopback that ends with the test. */
async function door() {
  const open = new Set<net.Socket>()
  const sockets = { onConnection: (_socket: net.Socket) => {} }
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket)
    sockets.onConnection(socket)
  })
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return { port: (await listen(server, { host: '127.0.0.1', port: 0 })).port, sockets }
}

function connectTo(port: number): net.Socket {
  const socket = net.connect(port, '127.0.0.1').on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return socket
}
