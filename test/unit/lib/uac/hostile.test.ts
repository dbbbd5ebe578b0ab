import dgram from 'node:dgram'
import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import { makeAddress } from '../../../../src/lib/sip/address.js'
import { Parameters } from '../../../../src/lib/sip/parameters.js'
import { exchange } from '../../../../src/lib/uac/exchange.js'
import { sipPeer, userAgent } from '../../support/sip-peer.js'

const headers = [
  'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKh;rport',
  'From: <sip:a@b>;tag=1',
  'To: <sip:a@b>;tag=2',
  'Call-ID: hostile',
  'Contact: <sip:a@b>',
  'Require: "x, y',
  'Record-Route: <sip:p;lr>',
  'Max-Forwards: 70',
  'Content-Length: 0'
]

const message = fc
  .record({
    method: fc.constantFrom('OPTIONS', 'INVITE', 'NOTIFY', 'BYE', 'CANCEL', 'ACK', 'MESSAGE', 'FOO'),
    isReply: fc.boolean(),
    kept: fc.subarray(headers, { minLength: 5 }),
    edits: fc.array(fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 })), { maxLength: 4 })
  })
  .map(({ method, isReply, kept, edits }) => {
    const start = isReply ? 'SIP/2.0 200 OK' : `${method} sip:us@127.0.0.1 SIP/2.0`
    const bytes = Buffer.from([start, ...kept, `CSeq: 1 ${method}`, '', ''].join('\r\n'))
    for (const [at, change] of edits) bytes.set(change.subarray(0, bytes.length - (at % bytes.length)), at % bytes.length)
    return bytes
  })

it('whatever is sent to it, a user agent goes on working', async () => {
  const agent = userAgent({ udp: 'shared' })
  const peer = await sipPeer(({ reply }) => reply({ status: 200 }))
  const draft = (method: string) => ({
    ...{ method, uri: 'sip:bob@127.0.0.1', callId: agent.ids.callId(), cseq: 1, to: makeAddress('sip:bob@127.0.0.1') },
    from: makeAddress('sip:a@127.0.0.1', undefined, Parameters.none.with('tag', agent.ids.tag()))
  })
  await exchange(agent, draft('OPTIONS'), { to: peer.uri, timeoutMs: 5000 })
  const { port } = peer.requests[0]!.via
  const socket = dgram.createSocket('udp4')
  onTestFinished(() => void socket.close())
  const heard = new Promise<string>((resolve) =>
    socket.on('message', (bytes) => String(bytes).includes('Call-ID: last') && resolve(String(bytes)))
  )
  await fc.assert(
    fc.asyncProperty(message, (bytes) => new Promise<void>((resolve) => socket.send(bytes, port!, '127.0.0.1', () => resolve()))),
    { numRuns: 500 }
  )
  const last = ['OPTIONS sip:us@127.0.0.1 SIP/2.0', ...headers.filter((line) => !/^(Require|Call-ID|To)/.test(line))]
  // A burst may have filled the buffers of the system: the last one is repeated, as a peer would.
  const text = [...last, 'To: <sip:a@b>', 'Call-ID: last', 'CSeq: 1 OPTIONS', '', '']
    .join('\r\n')
    .replace('z9hG4bKh', 'z9hG4bKlast')
  const repeat = setInterval(() => socket.send(text, port!, '127.0.0.1'), 20)
  onTestFinished(() => clearInterval(repeat))
  expect(await heard).toMatch(/^SIP\/2\.0 200 OK\r\n/)
  expect(agent.counters.refused).toBeGreaterThan(0)
})

it('a request with a header that is broken where it is needed costs itself, not the connection', async () => {
  const peer = await sipPeer(({ reply, send, nth }) => {
    const lines = [
      'OPTIONS sip:us@127.0.0.1 SIP/2.0',
      ...headers.filter((line) => !line.startsWith('To')),
      'To: <sip:a@b>',
      'CSeq: 1 OPTIONS',
      '',
      ''
    ]
    if (nth === 1) send(lines.join('\r\n'))
    reply({ status: 200 })
  }, 'tcp')
  const agent = userAgent()
  const draft = () => ({
    ...{ method: 'OPTIONS', uri: 'sip:bob@127.0.0.1', callId: agent.ids.callId(), cseq: 1, to: makeAddress('sip:bob@127.0.0.1') },
    from: makeAddress('sip:a@127.0.0.1', undefined, Parameters.none.with('tag', agent.ids.tag()))
  })
  const flows = [
    await exchange(agent, draft(), { to: peer.uri, timeoutMs: 5000 }),
    await exchange(agent, draft(), { to: peer.uri, timeoutMs: 5000 })
  ]
  expect(flows[0]!.flow).toBe(flows[1]!.flow)
  expect(agent.counters.refused).toBe(1)
})

it('a request that cannot be read is answered 400, to where it came from', async () => {
  const { agent, heard, send } = await stranger()
  const answer = heard()
  send(['OPTIONS sip:us@127.0.0.1 SIP/2.0', ...headers.slice(0, 4), 'CSeq: 1 INVITE', 'Content-Length: 0', '', ''])
  expect(await answer).toMatch(/^SIP\/2\.0 400 Bad Request\r\nVia: SIP\/2\.0\/UDP 127\.0\.0\.1:9;branch=z9hG4bKh;rport\r\n/)
  expect(agent.counters.refused).toBe(1)
})

/** A user agent on UDP, and a stranger that talks to it. */
async function stranger() {
  const agent = userAgent({ udp: 'shared' })
  const peer = await sipPeer(() => {})
  const { sentBy } = await agent.flowTo(peer.target)
  const port = Number(sentBy.split(':')[1])
  const socket = dgram.createSocket('udp4')
  onTestFinished(() => void socket.close())
  const heard = () => new Promise<string>((resolve) => socket.once('message', (bytes) => resolve(String(bytes))))
  const send = (lines: readonly string[]) => socket.send(lines.join('\r\n'), port, '127.0.0.1')
  return { agent, heard, send }
}

const lines = (more: readonly string[]) => [
  'OPTIONS sip:us@127.0.0.1 SIP/2.0',
  ...[
    'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKs;rport',
    'From: <sip:a@b>;tag=1',
    'To: <sip:a@b>',
    'Call-ID: s',
    'CSeq: 1 OPTIONS'
  ],
  ...more,
  'Content-Length: 0',
  '',
  ''
]

it('a request whose Require cannot be read is answered 400, and leaves no transaction that waits for ever', async () => {
  const { agent, heard, send } = await stranger()
  const answer = heard()
  send(lines(['Require: "x, y']))
  expect(await answer).toMatch(/^SIP\/2\.0 400 Bad Request\r\n/)
  expect(agent.counters.refused).toBe(1)
})

it.each([
  ['the Via', (text: string) => text.replace(';rport', ';rport;x="\\\0"')],
  ['what it requires', (text: string) => text.replace('To:', 'Require: \\\0\r\nTo:')]
])('a NUL in %s, as a quoted pair, is refused: it could not be sent back', async (_, change) => {
  const { agent, heard, send } = await stranger()
  const answer = heard()
  send(change(lines([]).join('\r\n')).split('\r\n'))
  send(lines(['X-Good: 1']).map((line) => line.replace('z9hG4bKs', 'z9hG4bKgood')))
  // What is refused has no answer: it could not be sent back.
  expect(await answer).toContain('z9hG4bKgood')
  expect(agent.counters.refused).toBe(1)
})
