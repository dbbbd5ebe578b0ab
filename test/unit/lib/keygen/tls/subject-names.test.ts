import { describe, expect, it } from 'vitest'
import { parseSubjectName } from '../../../../../src/lib/keygen/tls/subject-names.js'

describe('a subjectAltName', () => {
  it.each([
    ['pbx.example.org', 'dns', 'pbx.example.org'],
    ['DNS:PBX.example.org', 'dns', 'pbx.example.org'],
    ['*.example.org', 'dns', '*.example.org'],
    ['localhost', 'dns', 'localhost'],
    ['_sip.pbx_1', 'dns', '_sip.pbx_1'],
    ['bücher.example', 'dns', 'xn--bcher-kva.example'],
    ['10.0.0.1', 'ip', '10.0.0.1'],
    ['IP:10.0.0.1', 'ip', '10.0.0.1'],
    ['2001:db8::1', 'ip', '2001:db8::1']
  ])('%s is %s %s', (text, kind, name) => {
    expect(parseSubjectName(text)).toMatchObject({ kind, name })
  })

  it('of an address has its 4 or 16 bytes', () => {
    expect(parseSubjectName('10.0.0.1')).toMatchObject({ bytes: Uint8Array.of(10, 0, 0, 1) })
    expect(parseSubjectName('::1')).toMatchObject({ bytes: Uint8Array.of(...Array(15).fill(0), 1) })
  })

  it.each([
    '',
    '.',
    'a..b',
    '-a.b',
    'a b',
    'pbx.example.org.',
    '1.2',
    '300.1.1.1',
    '010.0.0.1',
    'fe80::1%eth0',
    'IP:pbx',
    'DNS:10.0.0.1',
    '*',
    'a.*.b',
    `${'a'.repeat(64)}.b`,
    'a\0b',
    '10.0.0.0/8',
    'http://x'
  ])('cannot be %j', (text) => {
    expect(() => parseSubjectName(text)).toThrow(expect.objectContaining({ code: 'E_USAGE' }))
  })
})
