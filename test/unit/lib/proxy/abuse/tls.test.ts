import { describe, expect } from 'vitest'
import { abuse, annLogin } from './support/arena.js'
import { certificate } from './support/attacker.js'

const tls = { tls: { ...certificate, handshakeTimeoutMs: 500 } }
const record = (type: number, body: Buffer, length = body.length) =>
  Buffer.concat([Buffer.from([type, 3, 1, length >> 8, length & 0xff]), body])

describe('TLS that is none', () => {
  for (const [name, bytes] of [
    ['garbage in a record', record(0x16, Buffer.alloc(200, 0xa5))],
    ['a hello that is cut, and the end', record(0x16, Buffer.from('0100', 'hex'), 300)],
    ['a record of 64 KiB', Buffer.concat([record(0x16, Buffer.alloc(0), 0xffff), Buffer.alloc(70_000, 1)])],
    ['a hello of SSL 3.0', record(0x16, Buffer.from(`010000${'2f'}0300${'00'.repeat(45)}`, 'hex'))],
    ['records of no length', Buffer.concat(Array.from({ length: 2000 }, () => record(0x16, Buffer.alloc(0))))]
  ] as const)
    abuse(
      name,
      async (arena) => {
        const attacker = arena.attacker().send(bytes)
        if (name.endsWith('the end')) attacker.socket.end()
        // At most an alert of TLS.
        expect(await attacker.isShown()).toMatch(/^(\x15[\s\S]{6})?$/)
        const logged = arena.proxy.log.filter(({ message }) => message === 'TLS with a client failed')
        expect(logged).toHaveLength(1)
      },
      tls
    )

  abuse(
    'a hello of SSLv2',
    async (arena) => {
      const attacker = arena.attacker().send(Buffer.from(`802e0100020015000000100100800300800700c0${'00'.repeat(30)}`, 'hex'))
      expect(await attacker.isShown()).toBe('')
      expect(arena.proxy.log.filter(({ message }) => message === 'client closed')).toHaveLength(1)
    },
    tls
  )

  abuse('a hello where there is no certificate', async (arena) => {
    expect(
      await arena
        .attacker()
        .send(record(0x16, Buffer.alloc(200)))
        .isShown()
    ).toBe('')
  })

  abuse(
    'TLS inside of TLS',
    async (arena) => {
      const attacker = arena.tlsAttacker().send(record(0x16, Buffer.alloc(200)))
      expect(await attacker.isShown()).toBe('')
    },
    tls
  )

  abuse(
    'garbage inside of TLS',
    async (arena) => {
      const attacker = arena.tlsAttacker().send(Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 31 + 128) & 0xff)))
      attacker.send('\r\n\r\n')
      await attacker.hears('Response: Error')
    },
    tls
  )

  abuse(
    'twenty sessions at once, where the old program stopped at sixteen',
    async (arena) => {
      const attackers = Array.from({ length: 20 }, () => arena.tlsAttacker().send(annLogin))
      await Promise.all(attackers.map((attacker) => attacker.hears('accepted')))
    },
    tls
  )
})
