import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeAddress, parseAddress } from '../../../../src/lib/sip/address.js'
import { splitValues } from '../../../../src/lib/sip/lexical.js'
import { parseVia, Via } from '../../../../src/lib/sip/via.js'

describe('an address', () => {
  it('keeps parameters of the URI and of the header apart', () => {
    const inside = parseAddress('<sip:a@b;x=1>;y=2')
    expect([String(inside.parameters), inside.uriText]).toEqual([';y=2', 'sip:a@b;x=1'])
    const bare = parseAddress('sip:a@b;x=1')
    expect([String(bare.parameters), bare.uriText]).toEqual([';x=1', 'sip:a@b'])
  })

  it('is cut out of a list with commas in names and in <>', () => {
    const text = '"A, \\"B\\"" <sip:a@b>;q=0.5 , <sip:c,d@e>,sip:f@g;x="1,2"'
    const list = splitValues(text, 'address').map((one) => parseAddress(one))
    expect(list.map(({ displayName, uriText }) => [displayName, uriText])).toEqual([
      ['A, "B"', 'sip:a@b'],
      [undefined, 'sip:c,d@e'],
      [undefined, 'sip:f@g']
    ])
    expect(list[2]!.parameters.get('x')).toBe('1,2')
  })

  it('keeps quotes of instances and GRUUs', () => {
    const text = '<sip:a@b>;+sip.instance="<urn:uuid:1>";reg-id=1;pub-gruu="sip:u1@b;gr=1"'
    const address = parseAddress(text)
    expect(String(address)).toBe(text)
    expect(address.parameters.get('+SIP.instance')).toBe('<urn:uuid:1>')
  })

  it.each(['', '<sip:a@b', 'sip:a@b>', '<>', '"x"', '"x" sip:a@b', '<sip:a@b>x', '<sip:a@b>;', '<sip:a@b>;x=', 'a,b <sip:a@b>'])(
    '%j is refused',
    (text) => {
      expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'E_PROTOCOL' }))
    }
  )

  it('comes back with any name that people have', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const [text] = splitValues(String(makeAddress('sip:a@b', name)), 'address')
        const address = parseAddress(text!)
        expect([address.displayName, address.uriText]).toEqual([name, 'sip:a@b'])
      })
    )
  })
})

describe('a Via', () => {
  it('is read with blanks around every sign, and written without', () => {
    const via = parseVia('SIP / 2.0 /tls   [2001:DB8::1] : 5061 ; branch = z9hG4bK1;rport;received=::1')
    expect(String(via)).toBe('SIP/2.0/TLS [2001:DB8::1]:5061;branch=z9hG4bK1;rport;received=::1')
    expect([via.rport, via.received, via.sentBy]).toEqual([undefined, '::1', '[2001:DB8::1]:5061'])
    expect(parseVia('SIP/2.0/UDP a;rport=5062').rport).toBe(5062)
    expect(parseVia('SIP/2.0/UDP a;rport=99999').rport).toBeUndefined()
  })

  it('comes back as it was', () => {
    const token = fc.stringMatching(/^[A-Za-z0-9.!%*_+`'~-]+$/)
    const parameters = fc.uniqueArray(fc.record({ name: token, value: fc.option(token, { nil: undefined }) }), {
      selector: ({ name }) => name.toLowerCase()
    })
    const via = fc.tuple(fc.constantFrom('UDP', 'TCP'), fc.constantFrom('a.example', '192.0.2.1', '[::1]'), parameters)
    fc.assert(
      fc.property(via, ([transport, host, list]) => {
        const text = `SIP/2.0/${transport} ${host}${list.map(({ name, value }) => (value === undefined ? `;${name}` : `;${name}=${value}`)).join('')}`
        expect(parseVia(text)).toBeInstanceOf(Via)
        expect(String(parseVia(text))).toBe(text)
      })
    )
  })
})

describe('a list of values', () => {
  it('comes apart where it was joined', () => {
    const value = fc.oneof(
      fc.stringMatching(/^[a-z0-9;=.]*$/),
      fc.string({ unit: 'grapheme-ascii' }).map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`),
      fc.stringMatching(/^<[a-z,";]*>$/)
    )
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), (values) => {
        expect(splitValues(values.join(' , '))).toEqual(values)
      })
    )
  })
})
