import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../../../src/lib/errors.js'
import {
  encodeName,
  parseClientFinal,
  parseClientFirst,
  parseServerFinal,
  parseServerFirst
} from '../../../../src/lib/scram/messages.js'

describe('SCRAM messages', () => {
  it('refuses what is malformed, too long, or asks for more than there is', () => {
    const firsts = [
      '',
      'n',
      'n,,',
      'n,,n=user',
      'n,,r=abc,n=user',
      'x,,n=user,r=abc',
      'p=,,n=user,r=abc',
      'n,a=admin,n=user,r=abc'
    ]
    firsts.push('n,,m=x,n=user,r=abc', 'n,,n=,r=abc', 'n,,n=a=2D,r=abc', 'n,,n=user,r=', 'n,,n=user,r=a b', 'n,,n=user,r=\u00e9')
    firsts.push(`n,,n=${'u'.repeat(256)},r=abc`, `n,,n=user,r=${'a'.repeat(129)}`, `n,,n=user,r=abc,x=${'a'.repeat(1024)}`)
    for (const message of firsts) expect(() => parseClientFirst(message), message).toThrow(ProtocolError)
    for (const message of ['', 'r=a', 'r=a,s=YWE=,i=0', 'r=a,s=YWE,i=1', 'r=a,s=,i=1', 'r=a,s=YWE=,i=1e9', 's=YWE=,r=a,i=1']) {
      expect(() => parseServerFirst(message), message).toThrow(ProtocolError)
    }
    for (const message of ['', 'c=biws,r=a', 'c=biws,p=YWE=', 'c=,r=a,p=YWE=', 'c=biws,r=a,p=', 'c=biws,r=a,p=*']) {
      expect(() => parseClientFinal(message), message).toThrow(ProtocolError)
    }
    for (const message of ['', 'v=', 'v=*', 'x=YWE=']) expect(() => parseServerFinal(message), message).toThrow(ProtocolError)
    expect(parseServerFinal('e=other-error')).toEqual({ error: 'other-error' })
  })

  it('ignores optional extensions', () => {
    expect(parseClientFirst('n,,n=user,r=abc,x=y')).toMatchObject({ username: 'user', nonce: 'abc' })
  })

  it('carries any name there and back', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }), (name) => {
        fc.pre(Buffer.byteLength(name) <= 255)
        expect(parseClientFirst(`n,,n=${encodeName(name)},r=abc`).username).toBe(name)
      })
    )
  })

  it('throws nothing but a ProtocolError, whatever comes', () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('n', 'y', 'p=', ',', 'n=', 'r=', 's=', 'i=', 'c=', 'v=', 'm=', 'YWE=', '4096', '=2C', 'a='))
        .map((parts) => parts.join(''))
    )
    fc.assert(
      fc.property(
        noise,
        fc.constantFrom(parseClientFirst, parseServerFirst, parseClientFinal, parseServerFinal),
        (message, parse) => {
          try {
            parse(message)
          } catch (error) {
            if (!(error instanceof ProtocolError)) throw error
          }
        }
      ),
      { numRuns: 200 }
    )
  })
})
