import { describe, expect } from 'vitest'
import { type Arena, abuse, annLogin, asAnn } from './support/arena.js'
import { type Attacker, certificate } from './support/attacker.js'

const limits = { maxConnections: 60, maxPerAddress: 50, maxHalfOpen: 20 }

/** So many who say this and then nothing more. */
async function crowd(arena: Arena, count: number, says = ''): Promise<Attacker[]> {
  const all = Array.from({ length: count }, () => arena.attacker())
  for (const attacker of all) if (says) attacker.send(says)
  await Promise.all(all.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))))
  await arena.sing()
  return all
}

describe('connections that are begun and go no further', () => {
  for (const [name, says] of [
    ['silent', ''],
    ['in the head of HTTP', 'GET / HTTP/1.1\r\nX: '],
    ['in the hello of TLS', '\x16\x03\x01\x02\x00'],
    ['in an action', 'Action: Ping\r\nX: '],
    ['asking for nothing but health', 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n']
  ] as const)
    abuse(
      `${name}, take nobody's place but their own`,
      async (arena) => {
        const insider = await arena.insider()
        const all = await crowd(arena, 120, says)
        const late = await arena.insider()
        expect(all.filter(({ ended }) => !ended).length).toBeLessThanOrEqual(limits.maxHalfOpen)
        for (const client of [insider, late]) {
          client.send('Action: Ping\r\nActionID: still\r\n\r\n')
          await client.hears('ActionID: still\r\nPing: Pong')
        }
      },
      { connectionLimits: limits, tls: certificate }
    )

  abuse(
    'do not end a stream of events by HTTP that has logged in',
    async (arena) => {
      const stream = arena.attacker().send(`GET /events HTTP/1.1\r\nHost: x\r\n${asAnn}\r\n`)
      await stream.hears('FullyBooted')
      const secure = arena.tlsAttacker().send(`GET /events HTTP/1.1\r\nHost: x\r\n${asAnn}\r\n`)
      await secure.hears('FullyBooted')
      await crowd(arena, 120)
      arena.server.emit('Event: Newexten\r\nPrivilege: dialplan,all\r\nX: still\r\n\r\n')
      await Promise.all([stream.hears('still'), secure.hears('still')])
      await arena.canary.block('Event: Newexten')
      arena.canary.received = ''
    },
    { connectionLimits: limits, tls: certificate }
  )

  abuse(
    'by who has logged in are at most as many as one address may have',
    async (arena) => {
      const all = await crowd(arena, 100, annLogin)
      await Promise.all(all.map((one) => one.until(() => one.ended || one.received.includes('accepted'))))
      expect(all.filter(({ ended }) => !ended).length).toBeLessThan(limits.maxPerAddress)
    },
    { connectionLimits: { ...limits, maxHalfOpen: 1000 } }
  )
})
