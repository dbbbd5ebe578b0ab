import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeAddress, parseAddress } from '../../../../src/lib/sip/address.js'
import { buildRequest } from '../../../../src/lib/sip/build.js'
import { buildRegister } from '../../../../src/lib/sip/build-register.js'
import { digestChallenges, parseChallenges, toDigest } from '../../../../src/lib/sip/digest-challenge.js'
import { Parameters } from '../../../../src/lib/sip/parameters.js'
import { parseDatagram } from '../../../../src/lib/sip/parse.js'
import { isUsualAddress, isUsualVia, usualBranch, usualTag } from '../../../../src/lib/sip/usual-forms.js'
import { parseVia } from '../../../../src/lib/sip/via.js'

/** Pieces of values, put together in any order: most are wrong, and many are nearly right. */
const pieces = (...more: string[]) =>
  fc
    .array(
      fc.constantFrom(
        ...more,
        ';',
        '=',
        ':',
        '-',
        '.',
        '@',
        ' ',
        '<',
        '>',
        'a',
        '9',
        '127.0.0.1',
        'pbx.example.org',
        '70000',
        '5060'
      ),
      {
        maxLength: 9
      }
    )
    .map((parts) => parts.join(''))

describe('what is taken to be right at one look', () => {
  const vias = pieces(
    'SIP/2.0/UDP ',
    'SIP/2.0/TLS host',
    ';branch=z9hG4bK1',
    ';rport',
    ';rport=5060',
    ';received=10.0.0.1',
    '=70000'
  )
  const start = fc.constantFrom('', 'SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1', 'SIP/2.0/TCP a.b;rport=1;branch=x')

  it('is a Via that the parser takes, with the same branch', () => {
    fc.assert(
      fc.property(start, vias, (before, after) => {
        const value = before + after
        if (isUsualVia(value)) expect(usualBranch(value)).toBe(parseVia(value).branch)
      }),
      { numRuns: 3000 }
    )
    expect(isUsualVia('SIP/2.0/UDP 127.0.0.1:40000;branch=z9hG4bKab;rport=40000;received=127.0.0.1')).toBe(true)
    expect(isUsualVia('SIP/2.0/UDP 127.0.0.1;branch=a;branch=b')).toBe(false)
  })

  it('is an address that the parser takes, with the same tag', () => {
    const addresses = pieces('<sip:', 'sip:', 'alice@', '>;tag=', ';tag=', '<sip:alice@pbx.example.org:5060>')
    fc.assert(
      fc.property(fc.constantFrom('', '<sip:u1@127.0.0.1>'), addresses, (before, after) => {
        const value = before + after
        if (isUsualAddress(value)) expect(usualTag(value)).toBe(parseAddress(value).tag)
      }),
      { numRuns: 3000 }
    )
    expect(isUsualAddress('<sip:u1@127.0.0.1>;tag=ab12')).toBe(true)
    expect(isUsualAddress('<sip:u1@127.0.0.1:70000>')).toBe(false)
  })
})

describe('a REGISTER', () => {
  it('is the request that any other builder makes of the same parts', () => {
    const via = { transport: 'UDP', sentBy: '127.0.0.1:5060', branch: 'z9hG4bK1' }
    const headers = [['Contact', '<sip:a@127.0.0.1>']] as const
    const to = makeAddress('sip:a@example.org', 'Älice "A"')
    const from = to.withParameters(Parameters.none.with('tag', 't1'))
    const parts = { uri: 'sip:example.org', via, callId: 'c1', cseq: 7, headers }
    const usual = buildRequest({ ...parts, method: 'REGISTER', from, to })
    const { parts: _, ...expected } = usual
    expect(buildRegister({ ...parts, self: String(to), fromTag: 't1' })).toEqual(expected)
  })

  it('takes no header from outside into itself', () => {
    const via = { transport: 'UDP', sentBy: '127.0.0.1:5060', branch: 'z9hG4bK1' }
    const good = { uri: 'sip:example.org', via, self: '<sip:a@b>', fromTag: 't', callId: 'c', cseq: 1, headers: [] }
    const evil = 'x\r\nEvil: 1'
    for (const change of [
      { self: evil },
      { fromTag: evil },
      { callId: evil },
      { uri: `sip:${evil}` },
      { via: { ...via, branch: evil } }
    ]) {
      expect(() => buildRegister({ ...good, ...change })).toThrow()
    }
    expect(() => buildRegister({ ...good, headers: [['Contact', evil]] })).toThrow()
  })
})

describe('a challenge that differs from the last by its nonce', () => {
  const reply = (line: string) =>
    parseDatagram(
      Buffer.from(
        `SIP/2.0 401 No\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\nWWW-Authenticate: ${line}\r\n\r\n`
      )
    )
  const slowly = (line: string) => parseChallenges(line).flatMap((one) => toDigest(one, 'server') ?? [])

  it('is read as any other', () => {
    const text = fc.constantFrom(
      'abc',
      'A/b+c==',
      'x"',
      'x", stale=true, opaque="y',
      'a\\"b',
      'a,b',
      '',
      'Zy9._:-',
      'ab cd',
      'nonce="q'
    )
    const shape = fc.constantFrom(
      (nonce: string) => `Digest realm="r", nonce="${nonce}", qop="auth"`,
      (nonce: string) => `Digest realm="r", nonce="${nonce}"`,
      (nonce: string) => `Digest realm="other", nonce="${nonce}", algorithm=SHA-256, stale=true`,
      (nonce: string) => `Digest nonce="${nonce}", realm=" nonce=", qop="auth-int"`,
      (nonce: string) => `Digest realm="r", nonce="${nonce}", Digest realm="s", nonce="${nonce}"`
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(shape, text), { maxLength: 6 }), (all) => {
        for (const [make, nonce] of all) {
          const line = make(nonce)
          let expected: unknown
          try {
            expected = slowly(line)
          } catch {
            expected = []
          }
          expect(digestChallenges(reply(line))).toEqual(expected)
        }
      }),
      { numRuns: 1000 }
    )
  })
})
