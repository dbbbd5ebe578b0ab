import { expect, it } from 'vitest'
import { messageJson } from '../../../../src/lib/cli/sip-reply-text.js'
import { parseDatagram } from '../../../../src/lib/sip/parse.js'

it('a header may have any name that a header can have', () => {
  const lines = [
    'SIP/2.0 200 OK',
    'Via: SIP/2.0/UDP a;branch=z9hG4bK1',
    'From: <sip:a@b>;tag=1',
    'To: <sip:a@b>;tag=2',
    'Call-ID: c',
    'CSeq: 1 OPTIONS',
    'constructor: one',
    'constructor: two',
    '__proto__: three',
    '',
    ''
  ]
  const { headers } = JSON.parse(JSON.stringify(messageJson(parseDatagram(Buffer.from(lines.join('\r\n'))))))
  expect(Object.entries(headers).slice(-2)).toEqual([
    ['constructor', ['one', 'two']],
    ['__proto__', ['three']]
  ])
})
