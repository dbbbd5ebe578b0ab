import { describe, expect } from 'vitest'
import { abuse, asAnn, refusal } from './support/arena.js'
import { certificate } from './support/attacker.js'

const quick = { headersTimeoutMs: 60, requestTimeoutMs: 120, keepAliveTimeoutMs: 60, checkIntervalMs: 10 }

/** A byte now and then until the connection is at its end: a limit on silence alone would never close it. */
async function drip(
  attacker: { socket: { write(bytes: string): unknown }; isShown(): Promise<string> },
  byte = 'x'
): Promise<string> {
  const timer = setInterval(() => attacker.socket.write(byte), 5)
  try {
    return await attacker.isShown()
  } finally {
    clearInterval(timer)
  }
}

describe('a slow-loris', () => {
  abuse(
    'in the head of HTTP',
    async (arena) => {
      const attacker = arena.attacker().send('GET /?Action=Ping HTTP/1.1\r\nHost: x\r\nX: ')
      expect(await drip(attacker)).toMatch(/^HTTP\/1\.1 408 /)
    },
    { httpTimes: quick }
  )

  abuse(
    'in the body of HTTP',
    async (arena) => {
      const attacker = arena.attacker().send(`POST / HTTP/1.1\r\nHost: x\r\n${asAnn}Content-Length: 100000\r\n\r\nX=`)
      expect(await drip(attacker)).toMatch(/^HTTP\/1\.1 408 /)
    },
    { httpTimes: quick }
  )

  abuse(
    'in the chunks of HTTP',
    async (arena) => {
      const attacker = arena.attacker().send(`POST / HTTP/1.1\r\nHost: x\r\n${asAnn}Transfer-Encoding: chunked\r\n\r\n`)
      expect(await drip(attacker, '1\r\nx\r\n')).toMatch(/^HTTP\/1\.1 408 /)
    },
    { httpTimes: quick }
  )

  abuse(
    'behind an answer of HTTP',
    async (arena) => {
      const attacker = arena.attacker().send(`GET /?Action=Ping HTTP/1.1\r\nHost: x\r\n${asAnn}\r\n`)
      await attacker.hears('Pong')
      expect((await attacker.isShown()).match(/HTTP\/1\.1/g)).toHaveLength(1)
    },
    { httpTimes: quick }
  )

  abuse(
    'in an action of AMI',
    async (arena) => {
      const attacker = (await arena.insider()).send('Action: Ping\r\nX: ')
      expect(await drip(attacker)).toBe(refusal('The action was not finished in time'))
    },
    { actionTimeoutMs: 50 }
  )

  for (const [name, begin] of [
    ['XML', '<AsteriskManagerInput><Action Value="'],
    ['JSON', '{"Action":"']
  ] as const)
    abuse(
      `in a document of ${name}`,
      async (arena) => {
        expect(await drip(arena.attacker().send(begin))).toContain('The action was not finished in time')
      },
      { actionTimeoutMs: 50 }
    )

  abuse(
    'that says nothing at all, or nothing that is a login',
    async (arena) => {
      const [silent, pinging] = [arena.attacker(), arena.attacker()]
      expect(await silent.isShown()).toMatch(/^Asterisk Call Manager\/[\d.]+\r\n$/)
      expect(await drip(pinging, 'Action: Ping\r\n\r\n')).not.toContain('Pong')
    },
    { authTimeoutMs: 60 }
  )

  abuse(
    'in the handshake of TLS',
    async (arena) => {
      const begun = arena.attacker().send(Buffer.from('1603010200', 'hex'))
      expect(await drip(begun, '\0')).not.toMatch(/Asterisk|HTTP/)
      const silent = arena.attacker().send(Buffer.from('1603010200010001fc0303', 'hex'))
      expect(await silent.isShown()).toBe('')
    },
    { tls: { ...certificate, handshakeTimeoutMs: 50 } }
  )

  abuse(
    'that has shaken hands and says no more',
    async (arena) => {
      expect(await arena.tlsAttacker().isShown()).toMatch(/^Asterisk Call Manager\/[\d.]+\r\n$/)
    },
    { tls: certificate, authTimeoutMs: 60 }
  )

  abuse(
    'of a WebSocket that never logs in',
    async (arena) => {
      const attacker = arena.attacker()
      attacker.send(
        'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
      )
      // A close frame with 1000; whoever does not answer it is cut off a little later.
      await attacker.hears(/^HTTP\/1\.1 101 [\s\S]*\r\n\r\n\x88\x02\x03\xe8$/)
    },
    { authTimeoutMs: 60 }
  )
})

describe('a client that never reads', () => {
  const small = { maxQueueBytes: 1024 * 1024, stallTimeoutMs: 60, coalesceMs: 0 }
  const event = `Event: Newexten\r\nPrivilege: dialplan,all\r\nX: ${'x'.repeat(900)}\r\n\r\n`
  const ways = {
    'of server-sent events': `GET /events HTTP/1.1\r\nHost: x\r\n${asAnn}\r\n`,
    'of a WebSocket': `GET /ws?events=on HTTP/1.1\r\nHost: x\r\n${asAnn}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    'of AMI': 'Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\n\r\n'
  }
  for (const [name, hello] of Object.entries(ways))
    abuse(
      name,
      async (arena) => {
        const attacker = arena.attacker().send(hello)
        await attacker.hears(/FullyBooted/)
        attacker.socket.pause()
        // More than the buffers of the system hold for one connection: the rest has to wait, or to go.
        const closed = () => arena.proxy.log.some(({ fields }) => fields.reason === 'it reads too slowly')
        for (let sent = 0; !closed(); sent++) {
          expect(sent).toBeLessThan(400)
          arena.server.emit(event.repeat(200))
          await arena.sing()
          arena.canary.received = ''
        }
      },
      small
    )

  abuse('of answers by HTTP, and goes on asking', async (arena) => {
    const attacker = arena.attacker()
    attacker.socket.pause()
    const request = `GET /?Action=Ping&X=${'x'.repeat(500)} HTTP/1.1\r\nHost: x\r\n${asAnn}\r\n`
    // A proxy that took all of it would keep as much for what it answers.
    for (let i = 0; i < 20; i++) {
      attacker.socket.write(request.repeat(500))
      await arena.sing()
    }
    expect(attacker.socket.writableLength).toBeGreaterThan(0)
  })
})
