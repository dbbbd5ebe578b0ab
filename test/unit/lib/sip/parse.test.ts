import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkHeaders } from '../../../../src/lib/sip/check.js'
import { type SipFault, SipSyntaxError } from '../../../../src/lib/sip/fault.js'
import { isRequest } from '../../../../src/lib/sip/message.js'
import { parseDatagram } from '../../../../src/lib/sip/parse.js'
import { bytesOf, optionsLines, parseLines, replyLines, withLines } from '../../support/sip-samples.js'

function faultOf(read: () => unknown): SipFault | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    if (error instanceof SipSyntaxError) return error.fault
    throw error
  }
}

describe('a SIP message', () => {
  it('has its parts typed', () => {
    const message = parseLines([...optionsLines, 'Supported: path, outbound', 'k: gruu', 'Supported:'])
    expect(isRequest(message) && message.start).toEqual({ kind: 'request', method: 'OPTIONS', uri: 'sip:bob@example.org' })
    expect(message.via.branch).toBe('z9hG4bKabc')
    expect(message.via.parameters.has('RPORT')).toBe(true)
    expect(message.from.displayName).toBe('Alice')
    expect(message.from.tag).toBe('a1')
    expect(message.cseq).toEqual({ number: 7, method: 'OPTIONS' })
    expect(message.values('Supported')).toEqual(['path', 'outbound', 'gruu'])
  })

  it('is found behind CRLFs, and ends where Content-Length says', () => {
    const bytes = Buffer.concat([Buffer.from('\r\n\r\n'), bytesOf([...optionsLines, 'l: 2'], 'abcd')])
    expect(parseDatagram(bytes).body.toString()).toBe('ab')
    expect(parseLines(optionsLines, 'abcd').body.toString()).toBe('abcd')
  })

  const broken: [string, readonly string[], SipFault][] = [
    ['without Call-ID', optionsLines.filter((line) => !line.startsWith('Call-ID')), 'missing header'],
    ['with an empty To', withLines(optionsLines, 'To: '), 'missing header'],
    ['with two From', [...optionsLines, 'f: <sip:x@y>;tag=1'], 'repeated header'],
    ['with two tags in From', withLines(optionsLines, 'From: <sip:a@b>;tag=1;Tag=2'), 'address'],
    ['with a name that is none', [...optionsLines, 'X Y: 1'], 'header line'],
    ['with a line without colon', [...optionsLines, 'nonsense'], 'header line'],
    ['with a lone LF', [...optionsLines, 'X: 1\nY: 2'], 'header line'],
    ['with a lone CR', [...optionsLines, 'X: 1\rY: 2'], 'header line'],
    ['with a NUL', [...optionsLines, 'X: 1\0'], 'control character'],
    ['with a branch that is cut', withLines(optionsLines, 'Via: SIP/2.0/UDP 192.0.2.1;branch='), 'via'],
    ['with a port that is none', withLines(optionsLines, 'Via: SIP/2.0/UDP 192.0.2.1:65536'), 'uri'],
    ['with a Content-Length of letters', withLines(optionsLines, 'Content-Length: 0x0'), 'content length'],
    ['of HTTP', ['GET / HTTP/1.1'], 'start line'],
    ['with status 99', withLines(['SIP/2.0 099 X', ...replyLines.slice(1)]), 'status code'],
    ['with status 700', withLines(['SIP/2.0 700 X', ...replyLines.slice(1)]), 'status code'],
    ['with a line of 9000 bytes', [...optionsLines, `X: ${'a'.repeat(9000)}`], 'too long'],
    ['with folds of 9000 bytes', [...optionsLines, `X: a${'\r\n a'.repeat(2300)}`], 'too long'],
    ['with 300 headers', [...optionsLines, ...Array.from({ length: 300 }, () => 'P-Test: 1')], 'too many headers'],
    ['with a blank instead of a scheme', ['OPTIONS bob SIP/2.0', ...optionsLines.slice(1)], 'request uri']
  ]
  it.each(broken)('%s is refused', (_, lines, fault) => {
    expect(faultOf(() => parseLines(lines))).toBe(fault)
  })

  it('of more than 64 KiB, or cut before its empty line, is refused', () => {
    expect(faultOf(() => parseLines(optionsLines, 'x'.repeat(65_536)))).toBe('too long')
    expect(faultOf(() => parseDatagram(bytesOf(optionsLines).subarray(0, -2)))).toBe('incomplete')
    expect(faultOf(() => parseDatagram(Buffer.alloc(0)))).toBe('incomplete')
  })

  it('has the status with which a fault is answered', () => {
    expect(new SipSyntaxError('version', '').status).toBe(505)
    expect(new SipSyntaxError('too long', '').status).toBe(513)
    expect(new SipSyntaxError('via', '').status).toBe(400)
  })

  it.each([
    ['Contact: *', 'address'],
    ['Contact: <sip:a@b>, "', 'address'],
    ['Max-Forwards: 300', 'number'],
    ['Expires: 4294967296', 'number'],
    ['Route: sip:a@b?X=1', 'address'],
    ['Date: today', 'date']
  ] as const)('is refused as a request with %s', (line, fault) => {
    expect(faultOf(() => checkHeaders(parseLines(withLines(optionsLines, line))))).toBe(fault)
  })

  it('may take all bindings away', () => {
    expect(faultOf(() => checkHeaders(parseLines([...optionsLines, 'Contact: *', 'Expires: 0'])))).toBeUndefined()
  })

  it('never fails otherwise than with a SipSyntaxError, whatever bytes come', () => {
    const mutated = fc.tuple(fc.nat(400), fc.uint8Array({ maxLength: 6 }), fc.nat(8)).map(([at, put, cut]) => {
      const bytes = bytesOf([...optionsLines, 'Contact: <sip:a@b;x=1?h=2>;q=1, "b" <tel:+1>', 'Retry-After: 5 (x)', 'Expires: 3'])
      return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)])
    })
    const any = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(mutated, any), (bytes) => {
        faultOf(() => checkHeaders(parseDatagram(bytes)))
      }),
      { numRuns: 3000 }
    )
  })

  it('is read in time however it is made', () => {
    const evil = [
      `Contact: ${'<'.repeat(8000)}`,
      `From: ${'a '.repeat(4000)}`,
      `Contact: <sip:${'a-'.repeat(4000)}>`,
      `Contact: <tel:${'1-'.repeat(4000)}x>`,
      `Via: SIP/2.0/UDP ${'a.'.repeat(4000)}`,
      `X: ${' '.repeat(8000)}\r\n b`,
      `Contact: <sip:a@b${';a'.repeat(4000)}>`,
      `WWW-Authenticate: Digest ${'a=1,'.repeat(2000)}`
    ]
    const start = performance.now()
    for (const line of evil) faultOf(() => checkHeaders(parseLines(withLines(optionsLines, line))))
    expect(performance.now() - start).toBeLessThan(500)
  })
})
