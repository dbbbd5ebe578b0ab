import { describe, expect, it } from 'vitest'
import { AddressList } from '../../../../src/lib/access/address-list.js'

describe('a list of addresses', () => {
  for (const [entries, address, isPermitted] of [
    [[], '203.0.113.9', true],
    [['192.0.2.1'], '192.0.2.1', true],
    [['192.0.2.1'], '192.0.2.2', false],
    [['192.0.2.1'], '::ffff:192.0.2.1', true],
    [['::ffff:192.0.2.1'], '192.0.2.1', true],
    [['192.0.2.0/24'], '::ffff:192.0.2.200', true],
    [['192.0.2.0/24'], '192.0.3.1', false],
    [['192.0.2.77/24'], '192.0.2.1', true],
    [['192.0.2.0/255.255.255.0'], '192.0.2.9', true],
    [['192.0.2.0/255.255.255.0'], '192.0.3.9', false],
    [['::ffff:192.0.2.0/120'], '192.0.2.9', true],
    [['::ffff:192.0.2.0/120'], '192.0.3.9', false],
    [['2001:db8::/32'], '2001:db8:1::1', true],
    [['2001:db8::/32'], '2001:db9::1', false],
    [['fe80::/10'], 'fe80::1%eth0', true],
    [['::/0'], '192.0.2.1', false],
    [['0.0.0.0/0'], '192.0.2.1', true],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['10.0.0.0/8', ' 192.0.2.1 '], '192.0.2.1', true],
    [['0.0.0.0/0'], 'no address', false],
    [['0.0.0.0/0'], '', false]
  ] as const) {
    it(`[${entries.join(', ')}] ${isPermitted ? 'permits' : 'does not permit'} "${address}"`, () => {
      expect(new AddressList(entries, 'here').permits(address)).toBe(isPermitted)
    })
  }

  for (const entry of [
    '',
    'localhost',
    '10.1',
    '010.0.0.1',
    '0x7f.0.0.1',
    '1.2.3.4/33',
    '1.2.3.4/-1',
    '1.2.3.4/',
    '1.2.3.4/255.0.255.0',
    '::1/129',
    '::1/255.0.0.0',
    '::ffff:1.2.3.4/90',
    'fe80::1%eth0',
    '1.2.3.4/8/8'
  ]) {
    it(`refuses the entry "${entry}" with its place`, () => {
      expect(() => new AddressList(['192.0.2.1', entry], 'proxy.ini:4')).toThrow(
        expect.objectContaining({ code: 'E_CONFIG', message: expect.stringContaining(`proxy.ini:4: "${entry}"`) })
      )
    })
  }
})
