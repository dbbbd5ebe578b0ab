import { describe, expect, it } from 'vitest'
import { compileExpectation, inactiveOffer, readHeader, readHeaders } from '../../../../src/lib/uac/request-fields.js'

describe('a header of the command line', () => {
  it('is a name and a value, in UTF-8', () => {
    expect(readHeader(' Subject :  Grüße ')).toEqual(['Subject', 'GrÃ¼Ã\u009fe'])
    expect(readHeaders('A: 1\r\n\r\nB: 2\n')).toEqual([
      ['A', '1'],
      ['B', '2']
    ])
  })

  it.each([
    ['Subject: a\r\nVia: b', /line end/],
    ['Subject: a\nb', /line end/],
    ['Subject: a\0b', /line end/],
    ['A\r\nB: c', /is not a header/],
    ['no header', /is not a header/],
    [': x', /is not a header/],
    ['l: 5', /always computed/],
    ['Via: SIP/2.0/UDP a', /made here/],
    ['i: x', /made here/],
    ['f: <sip:a@b>', /made here/]
  ])('%j is refused', (text, says) => {
    expect(() => readHeader(text)).toThrow(says)
  })

  it('that may stand once is sent twice when that is wanted, Content-Length never', () => {
    expect(readHeader('Call-ID: x', { force: true })).toEqual(['Call-ID', 'x'])
    expect(() => readHeader('Content-Length: 1', { force: true })).toThrow('always computed')
  })
})

it('an offer names our address, of both families, and no media', () => {
  expect(String(inactiveOffer('192.0.2.1:5060'))).toContain('c=IN IP4 192.0.2.1\r\n')
  expect(String(inactiveOffer('[2001:db8::1]:5060'))).toContain('c=IN IP6 2001:db8::1\r\n')
  expect(String(inactiveOffer('abcdef.invalid'))).toMatch(/c=IN IP4 0\.0\.0\.0\r\n[\s\S]*a=inactive\r\n$/)
})

it('an expectation is a status or a class of them', () => {
  const isExpected = compileExpectation(['200', '4XX'])
  expect([200, 202, 404, 499, 500].filter(isExpected)).toEqual([200, 404, 499])
  for (const text of ['', '700', 'xx', '2x', '20', 'ok']) expect(() => compileExpectation([text])).toThrow('is no status')
})
