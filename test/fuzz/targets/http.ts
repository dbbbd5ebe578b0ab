import assert from 'node:assert/strict'
import type { Duplex } from 'node:stream'
import { BlockParser, defaultLimits } from '../../../src/lib/ami/block-parser.js'
import { DataError } from '../../../src/lib/errors.js'
import { outputFormat } from '../../../src/lib/proxy/formats/formats.js'
import { xmlInput } from '../../../src/lib/proxy/formats/xml-input.js'
import type { HttpContext } from '../../../src/lib/proxy/http/http-context.js'
import { HttpFront } from '../../../src/lib/proxy/http/http-front.js'
import { WebAccess } from '../../../src/lib/proxy/web/web-access.js'
import { duplexPair } from '../duplex-pair.js'
import { texts } from '../fixtures.js'
import { pieces } from '../mutate.js'
import type { FuzzTarget } from '../target.js'

const upgrade =
  'GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Basic YTpi\r\n\r\n'

/** A text message of a client, masked with zeroes (RFC 6455 5.3). */
function frame(text: string, { opcode = 0x81 } = {}): Buffer {
  const payload = Buffer.from(text)
  const length = payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 255]
  return Buffer.concat([Buffer.from([opcode, ...length, 0, 0, 0, 0]), payload])
}

const post = (type: string, body: string) =>
  `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YTpi\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`

const httpCorpus = () => [
  ...texts(
    'GET /?Action=Ping&ActionID=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YTpi\r\n\r\n',
    'GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET /events?events=call HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a:b\r\nAccept: text/event-stream\r\n\r\n',
    post('application/x-www-form-urlencoded', 'Action=Originate&Variable=a%3D1&Variable=b%3D2'),
    post('application/json', '{"Action":"Ping","ActionID":"1"}'),
    post('text/xml', '<AsteriskManagerInput><Action Value="Ping"/></AsteriskManagerInput>'),
    'OPTIONS / HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n5\r\nActio\r\n0\r\n\r\n'
  ),
  Buffer.concat([
    Buffer.from(upgrade),
    frame('{"Action":"Ping","ActionID":"7"}'),
    frame('Action: Ping\r\nActionID: 8'),
    frame('', { opcode: 0x89 }),
    frame('\x03\xe8', { opcode: 0x88 })
  ])
]

/** A session that accepts every login and answers every action. */
function answerAll(stream: Duplex): void {
  const parser = new BlockParser({ from: 'client', maxHeaderBytes: 64 * 1024, maxBlockBytes: 1024 * 1024 })
  stream.on('error', () => {})
  stream.on('data', (chunk: Buffer) => {
    for (const block of parser.push(chunk)) {
      const id = block.get('ActionID')?.trim()
      stream.write(
        `Response: Success\r\n${id === undefined ? '' : `ActionID: ${id}\r\n`}Message: Authentication accepted\r\n\r\n`
      )
    }
  })
  stream.once('end', () => stream.end())
}

function contextOf(opened: Duplex[]): HttpContext {
  return {
    openSession(stream) {
      opened.push(stream)
      answerAll(stream)
    },
    status: async () => ({ status: 200, contentType: 'text/plain', body: 'ok\n' }),
    format: (name) => outputFormat(name, {}),
    parseXmlAction(body) {
      const [action] = xmlInput.createParser(defaultLimits).push(body)
      if (!action) throw new DataError('none')
      return action
    },
    options: () => ({
      ...{ maxBodyBytes: 4_096, defaultTimeoutMs: 50, outputFormat: 'standard', autoFilter: false, xmlCompat: false },
      ...{ authRequired: true, proxyKeyRequired: false, allowedOrigins: [], webAllow: new WebAccess() }
    }),
    log: { debug: () => {}, info: () => {}, warn: () => {} }
  }
}

const turns = async (count: number) => {
  for (; count > 0; count--) await new Promise(setImmediate)
}

export const httpTargets: FuzzTarget[] = [
  {
    name: 'proxy-http-websocket',
    promise: 'HTTP and WebSocket: no exception escapes, what is answered is HTTP, and no session outlives its connection',
    corpus: httpCorpus,
    words: [
      ...['Content-Length: ', 'Transfer-Encoding: chunked\r\n', 'Authorization: Basic ', 'Cookie: ', 'X-Maxtime: ', 'Origin: '],
      ...[
        'X-Until-Event: ',
        'HTTP/1.1',
        'Expect: 100-continue\r\n',
        '\x81\x80\0\0\0\0',
        '\x81\xfe\xff\xff\0\0\0\0',
        '\x88\x82\0\0\0\0'
      ]
    ],
    async check(input, random) {
      const opened: Duplex[] = []
      const front = new HttpFront(contextOf(opened))
      const [ours, theirs] = duplexPair()
      let said = ''
      theirs
        .on('error', () => {})
        .on('data', (bytes: Buffer) => {
          if (said.length < 64) said += bytes.toString('latin1')
        })
      front.accept(ours)
      // ws takes the mask off in place, which is its right: what a socket has read is its own.
      for (const chunk of pieces(input, random)) if (!theirs.destroyed) theirs.write(Buffer.from(chunk))
      await turns(6)
      theirs.destroy()
      ours.destroy()
      front.close(true)
      for (let waits = 0; waits < 50 && opened.some((stream) => !stream.destroyed); waits++) await turns(4)
      assert(said === '' || said.startsWith('HTTP/1.1 '), `it answered ${JSON.stringify(said)}`)
      assert(
        opened.every((stream) => stream.destroyed),
        'a session is left'
      )
    }
  }
]
