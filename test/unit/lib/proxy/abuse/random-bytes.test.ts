import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Arena, annLogin, asAnn } from './support/arena.js'
import { certificate } from './support/attacker.js'

/** The marks stand in what attackers say, and in nothing that is for the canary. */
const mark = 'm4rk'

const word = fc.constantFrom(
  ...[
    'Ping',
    'Login',
    'Logoff',
    'Challenge',
    'Events',
    'UserEvent',
    'Originate',
    'Command',
    'WaitEvent',
    'Filter',
    'ListServers'
  ],
  ...[
    'SetOutputFormat',
    'SetAutoFilter',
    'ListSessions',
    'DropServer',
    'AddServer',
    'xml',
    'json',
    'csv',
    'http',
    'unique',
    'pbx',
    'on',
    'MD5'
  ],
  ...[mark, '', '\r', '\0', '\x1b[2J', 'Follows', '--END COMMAND--', '__proto__', 'é', '9'.repeat(400), 'song-1']
)
const name = fc.constantFrom(
  ...['Action', 'ActionID', 'ProxyAction', 'ProxyKey', 'Server', 'Events', 'EventMask', 'OutputFormat', 'AutoFilter', 'Username'],
  ...[
    'Secret',
    'Key',
    'AuthType',
    'Since',
    'Sequence',
    'Variable',
    'X',
    '',
    ' Action',
    'Action ',
    'action',
    'ActionID\t',
    'Response',
    'Event'
  ]
)
const field = fc.tuple(name, word)
/** Most begin with an action that is right: what is wrong with the rest is to be seen. */
const action = fc.constantFrom('Ping', 'UserEvent', 'Getvar', 'CoreShowChannels', 'Events', 'Command')
const fields = (maxLength: number) =>
  fc
    .tuple(fc.option(action, { freq: 4 }), fc.array(field, { maxLength }))
    .map(([first, all]): [string, string][] => (first === null ? all : [['Action', first], ...all]))

const ends = (...all: string[]) => fc.infiniteStream(fc.constantFrom(...all))
const next = (stream: Iterator<string>) => stream.next().value as string

const ami = fc
  .tuple(fields(8), ends(': ', ': ', ': ', ':', ' : ', ':\t', ''), ends('\r\n', '\r\n', '\r\n', '\n', '\r', '\n\r\n'))
  .map(([all, colons, lineEnds]) => `${all.map(([key, value]) => key + next(colons) + value + next(lineEnds)).join('')}\r\n\r\n`)
const xml = fc.tuple(fields(4), ends('"/>', '"/>', '"/>', '"/>', '/>', '">x</X>', '&#10;"/>')).map(([all, tagEnds]) => {
  const elements = all.map(([key, value]) => `<${key.trim() || 'X'} Value="${value}${next(tagEnds)}`)
  return `<AsteriskManagerInput>${elements.join('')}</AsteriskManagerInput>`
})
const json = fc
  .oneof(
    { weight: 4, arbitrary: fields(4).map((all) => Object.fromEntries(all) as unknown) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 5 }) }
  )
  .map((value) => `${JSON.stringify(value)}\n`)
const query = fc
  .tuple(fields(4), ends('&', '&', '&', '%0D%0A', '%26', '=', '%', '+'))
  .map(([all, between]) =>
    all.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}${next(between)}`).join('')
  )
const httpHeader = fc.constantFrom(
  ...[
    'Content-Length: 7\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Expect: 100-continue\r\n',
    'Connection: close\r\n',
    'Host: y\r\n'
  ],
  ...[
    'Content-Type: application/json\r\n',
    'Content-Type: text/xml\r\n',
    'Accept: text/event-stream\r\n',
    'Origin: http://evil\r\n'
  ],
  ...[
    'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
  ],
  ...['X-Maxtime: 50\r\n', 'X-Until-Event: Hangup\r\n', 'X-Proxy-Key: k\r\n', ': x\r\n', 'X\r\n', 'X: \0\r\n']
)
const http = fc
  .tuple(
    fc.constantFrom('GET', 'GET', 'GET', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'get', 'PRI', 'CONNECT'),
    fc.constantFrom('/?', '/?', '/?', '/ws?', '/events?', '/health?', '/metrics?', '*', 'http://x/?', '/\xff?'),
    query,
    fc.constantFrom(' HTTP/1.1', ' HTTP/1.1', ' HTTP/1.0', ' HTTP/2.0', ''),
    fc.array(httpHeader, { maxLength: 3 }),
    fc.constantFrom('', asAnn),
    fc.oneof(fc.constant(''), query, json, xml)
  )
  .map(
    ([method, path, text, version, headers, who, body]) =>
      `${method} ${path}${text}${version}\r\nHost: x\r\n${who}${headers.join('')}\r\n${body}`
  )
const hello = fc.uint8Array({ maxLength: 200 }).map((bytes) => `\x16\x03\x01${Buffer.from(bytes).toString('latin1')}`)
const anything = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1'))

/** One way in, kept to, so that what comes behind its login is heard; or one thing after the other. */
const few = (text: fc.Arbitrary<string>) => fc.array(text, { minLength: 1, maxLength: 4 }).map((texts) => texts.join(''))
const behind = (login: string, text: fc.Arbitrary<string>) => few(text).map((texts) => login + texts)
const xmlLogin =
  '<AsteriskManagerInput><Action Value="Login"/><Username Value="ann"/><Secret Value="ann-secret"/></AsteriskManagerInput>'
const said = fc.oneof(
  { weight: 4, arbitrary: behind(annLogin, fc.oneof({ weight: 5, arbitrary: ami }, anything)) },
  { weight: 1, arbitrary: behind(annLogin.replace('off', 'on'), ami) },
  { weight: 2, arbitrary: behind('{"Action":"Login","Username":"ann","Secret":"ann-secret"}\n', json) },
  { weight: 2, arbitrary: behind(xmlLogin, xml) },
  { weight: 3, arbitrary: few(http) },
  { weight: 2, arbitrary: few(fc.oneof(ami, xml, json, http, hello, anything)) }
)
const talk = fc.tuple(said, fc.array(fc.nat(400), { maxLength: 5 }))

/** In pieces, cut where it says. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end))
}

describe('any bytes at the door', () => {
  for (const [how, options, runs] of [
    ['in clear', {}, 100],
    ['where TLS is taken, too', { tls: { ...certificate, handshakeTimeoutMs: 200 } }, 40]
  ] as const)
    it(`${how} harm nobody, and become whole actions or none`, { timeout: 30_000 }, async () => {
      const arena = await Arena.open(options)
      await fc.assert(
        // Six at a time: what one says must not reach another either.
        fc.asyncProperty(fc.array(talk, { minLength: 6, maxLength: 6 }), async (talks) => {
          const attackers = talks.map(() => arena.attacker())
          for (const [i, [text, cuts]] of talks.entries())
            for (const piece of pieces(Buffer.from(text, 'latin1'), cuts)) {
              attackers[i]!.send(piece)
              await new Promise((resolve) => setImmediate(resolve))
            }
          await arena.sing()
          for (const { socket } of attackers) socket.end()
          await arena.sing()
          for (const { socket } of attackers) socket.destroy()
          expect(arena.canary.received).not.toContain(mark)
          for (const { received } of attackers) expect(received).not.toContain('canary-secret')
        }),
        { numRuns: runs }
      )
      // Two of the canary's; of the others enough were right, or almost.
      expect(arena.server.actions.length).toBeGreaterThan(runs * 2.5)
      await arena.isCalm()
    })
})
