import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../../src/lib/errors.js'
import { formatAddress, parseAddress } from '../../../../src/lib/net/address.js'

describe('parseAddress', () => {
  it.each([
    ['pbx.example.org:5038', { host: 'pbx.example.org', port: 5038 }],
    ['192.0.2.1:0', { host: '192.0.2.1', port: 0 }],
    ['[2001:db8::1]:65535', { host: '2001:db8::1', port: 65_535 }],
    [':5038', { host: '::', port: 5038 }],
    ['*:5038', { host: '::', port: 5038 }],
    ['5038', { host: '127.0.0.1', port: 5038 }],
    [' 127.0.0.1:1 ', { host: '127.0.0.1', port: 1 }]
  ])('reads %j', (text, address) => {
    expect(parseAddress(text)).toEqual(address)
  })

  it.each(['', 'pbx', 'pbx:', 'pbx:65536', 'pbx:999999', 'pbx:-1', 'pbx:80x', '::1:5038', '[::1]', '[::1:5038', '[]:1', 'a:b:1'])(
    'refuses %j',
    (text) => {
      expect(() => parseAddress(text)).toThrow(UsageError)
    }
  )

  it('reads back what formatAddress writes', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain())
    fc.assert(
      fc.property(host, fc.integer({ min: 0, max: 65_535 }), (host, port) => {
        expect(parseAddress(formatAddress({ host, port }))).toEqual({ host, port })
      })
    )
  })
})

describe('formatAddress', () => {
  it('puts brackets around IPv6 only', () => {
    expect(formatAddress({ host: '::1', port: 5038 })).toBe('[::1]:5038')
    expect(formatAddress({ host: '127.0.0.1', port: 5038 })).toBe('127.0.0.1:5038')
  })
})
