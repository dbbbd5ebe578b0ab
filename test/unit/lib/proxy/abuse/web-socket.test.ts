import { describe, expect } from 'vitest'
import { type Arena, abuse, asAnn } from './support/arena.js'
import type { Attacker } from './support/attacker.js'

const hello = (more = '', path = '/ws?events=off') =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`

/** A frame as a client sends it (RFC 6455 section 5.2), masked with noughts. */
function frame(
  payload: string | Buffer,
  { opcode = 1, fin = true, masked = true, rsv = 0, length = payload.length } = {}
): Buffer {
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  const mask = masked ? 0x80 : 0
  const size = length < 126 ? Buffer.from([first, mask | length]) : Buffer.from([first, mask | 127, 0, 0, 0, 0, 0, 0, 0, 0])
  if (length >= 126) size.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([size, Buffer.alloc(masked ? 4 : 0), Buffer.from(payload)])
}

async function open(arena: Arena): Promise<Attacker> {
  const attacker = arena.attacker().send(hello(asAnn))
  await attacker.hears('\r\n\r\n')
  attacker.received = ''
  return attacker
}

/** Waits for a close frame with this status. */
async function isClosedWith(attacker: Attacker, status: number): Promise<void> {
  const code = String.fromCharCode(status >> 8, status & 0xff)
  await attacker.until(
    () => attacker.received.includes(`\x88\x02${code}`) || new RegExp(`\\x88[\\s\\S]${code}`).test(attacker.received)
  )
}

const ping = JSON.stringify({ Action: 'Ping', ActionID: '1' })

describe('a WebSocket', () => {
  abuse('in fragments of one byte is served', async (arena) => {
    const attacker = await open(arena)
    const bytes = [...Buffer.from(ping)].map((byte, i) =>
      frame(Buffer.from([byte]), { opcode: i === 0 ? 1 : 0, fin: i === ping.length - 1 })
    )
    await attacker.send(Buffer.concat(bytes)).hears('"Ping":"Pong"')
  })

  for (const [name, bytes, status] of [
    ['without a mask', frame(ping, { masked: false }), 1002],
    ['with a reserved bit', frame(ping, { rsv: 4 }), 1002],
    ['with an opcode that nobody knows', frame(ping, { opcode: 5 }), 1002],
    ['that continues nothing', frame(ping, { opcode: 0 }), 1002],
    ['with a ping of 126 bytes', frame('x'.repeat(126), { opcode: 9 }), 1002],
    ['with a ping in fragments', frame('x', { opcode: 9, fin: false }), 1002],
    ['that begins two messages', Buffer.concat([frame('{', { fin: false }), frame(ping)]), 1002],
    ['longer than 1 MiB', frame('', { length: 1024 * 1024 + 1 }), 1009],
    ['longer than any machine', frame('', { length: Number.MAX_SAFE_INTEGER }), 1009],
    [
      'longer than 1 MiB in fragments',
      Buffer.concat([frame('x'.repeat(700_000), { fin: false }), frame('x'.repeat(700_000), { opcode: 0 })]),
      1009
    ],
    ['with bytes that are no UTF-8', frame(Buffer.from([0xc3, 0x28])), 1007],
    ['with binary data', frame(ping, { opcode: 2 }), 1003]
  ] as const)
    abuse(`with a frame ${name}`, async (arena) => {
      const attacker = await open(arena)
      await isClosedWith(attacker.send(bytes), status)
      expect(attacker.received).not.toContain('Pong')
    })

  for (const [name, message, answer] of [
    ['two actions', 'Action: Ping\r\n\r\nAction: Logoff', 'A message holds one action'],
    ['a line break in a value', '{"Action":"Ping","X":"a\\r\\nAction: Logoff"}', 'line break'],
    ['what is no JSON', '{"Action"', 'The message is no JSON'],
    ['nothing', ' ', 'An empty message'],
    ['a hundred thousand levels', '['.repeat(100_000), 'The message is no JSON'],
    [
      'a long name before a long array',
      `{"Action":"Ping","${'x'.repeat(300_000)}":[${'1,'.repeat(300_000)}1]}`,
      'Invalid JSON Input'
    ]
  ] as const)
    abuse(`with a message of ${name} is refused, and goes on`, async (arena) => {
      const attacker = await open(arena)
      await attacker.send(frame(message)).hears(answer)
      await attacker.send(frame(ping)).hears('"Ping":"Pong"')
      expect(arena.actions).toEqual([])
    })

  for (const [name, headers] of [
    ['another origin', 'Origin: http://evil.example\r\n'],
    ['an origin that is none', 'Origin: null\r\n'],
    ['two origins', 'Origin: http://x\r\nOrigin: http://evil.example\r\n']
  ] as const)
    abuse(`of ${name} is refused`, async (arena) => {
      expect(
        await arena
          .attacker()
          .send(hello(asAnn + headers))
          .isShown()
      ).toMatch(/^HTTP\/1\.1 40[03] /)
    })

  abuse('with wrong credentials is refused before it begins', async (arena) => {
    const basic = `Authorization: Basic ${Buffer.from('ann:wrong').toString('base64')}\r\n`
    expect(await arena.attacker().send(hello(basic)).isShown()).toMatch(/^HTTP\/1\.1 401 /)
  })

  abuse('without a login may log in, and nothing else', async (arena) => {
    const attacker = arena.attacker().send(hello())
    await attacker.hears('\r\n\r\n')
    await attacker.send(frame(ping)).hears('Permission denied')
    attacker.send(frame('{"Action":"Login","Username":"ann","Secret":"wrong"}'))
    await isClosedWith(attacker, 1000)
  })

  abuse('of an old version, and without a key, is refused', async (arena) => {
    for (const broken of [hello(asAnn).replace('13', '7'), hello(asAnn).replace(/Sec-WebSocket-Key.*\r\n/, '')])
      expect(await arena.attacker().send(broken).isShown()).toMatch(/^HTTP\/1\.1 4\d\d /)
  })

  abuse('that asks for refusals and never reads them is not heard any more', async (arena) => {
    const attacker = await open(arena)
    attacker.socket.pause()
    // What is refused is named in the answer: it is as long as the question.
    const flood = Buffer.concat(Array.from({ length: 100 }, () => frame(`{"Action":"Ping","${'y'.repeat(20_000)}":null}`)))
    for (let i = 0; i < 20; i++) {
      attacker.socket.write(flood)
      await arena.sing()
    }
    // 40 MB were given: what the proxy does not read stays with who wrote it.
    expect(attacker.socket.writableLength).toBeGreaterThan(10_000_000)
    // Once it reads, it is heard again. What it reads is not kept.
    attacker.socket
      .removeAllListeners('data')
      .on('data', () => {})
      .resume()
    await attacker.until(() => attacker.socket.writableLength === 0)
    attacker.socket.on('data', (chunk) => {
      attacker.received = chunk.toString('latin1')
    })
    await attacker.send(frame(ping)).hears('"Ping":"Pong"')
  })
})
