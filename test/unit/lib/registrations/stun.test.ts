import fc from 'fast-check'
import { expect, it } from 'vitest'
import { matchesGlob } from '../../../../src/lib/registrations/glob.js'
import { isPrivate, isUsable } from '../../../../src/lib/registrations/nat.js'
import { readStunReply, stunRequest } from '../../../../src/lib/sip/stun.js'

it('reads the IPv4 response of RFC 5769 2.2, and the IPv6 one of 2.3', () => {
  const ipv4 = Buffer.from(
    '0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96',
    'hex'
  )
  expect(readStunReply(ipv4)).toMatchObject({ host: '192.0.2.1', port: 32853 })
  const ipv6 = Buffer.from(
    '010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c',
    'hex'
  )
  expect(readStunReply(ipv6)).toMatchObject({ host: '2001:db8:1234:5678:11:2233:4455:6677', port: 32853 })
})

it('asks with its id, and is no reply itself', () => {
  const id = Buffer.alloc(12, 7)
  expect(stunRequest(id).toString('hex')).toBe(`000100002112a442${'07'.repeat(12)}`)
  expect(readStunReply(stunRequest(id))).toBeUndefined()
})

it('survives whatever comes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (tail) => {
      const head = Buffer.from('010100202112a442', 'hex')
      readStunReply(Buffer.from(tail))
      readStunReply(Buffer.concat([head, Buffer.from(tail)]))
    })
  )
})

it('compares with * for any characters, quickly', () => {
  expect([matchesGlob('*', ''), matchesGlob('a*c', 'abbc'), matchesGlob('a*c', 'abb'), matchesGlob('a', 'ab')]).toEqual([
    true,
    true,
    false,
    false
  ])
  expect(matchesGlob(`${'*a'.repeat(200)}b`, 'a'.repeat(5000))).toBe(false)
})

it('knows addresses that mean something else elsewhere', () => {
  expect(['10.1.1.1', '172.16.0.1', '192.168.1.1', '100.64.1.1', '127.0.0.1', '::1', 'fd00::1', 'fe80::1'].every(isPrivate)).toBe(
    true
  )
  expect(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2001:db8::1'].some(isPrivate)).toBe(false)
  expect([isUsable('10.0.0.1:5', '10.0.0.2'), isUsable('10.0.0.1:5', '8.8.8.8'), isUsable('9.9.9.9:5', '8.8.8.8')]).toEqual([
    true,
    false,
    true
  ])
})
