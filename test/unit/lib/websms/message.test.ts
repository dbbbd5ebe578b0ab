import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { callFile, percentEncode, splitBody } from '../../../../src/lib/websms/call-file.js'
import { readBody, readNumber, readSender } from '../../../../src/lib/websms/message.js'
import { defaultQueue } from '../../../../src/lib/websms/queue.js'
import { readFields, readMessage } from '../../../../src/lib/websms/receive-message.js'
import { escapeFor, fillTemplate } from '../../../../src/lib/websms/template.js'

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 300 })
  .filter((one) => !one.includes('\0') && !one.includes('\ufffd'))

describe('numbers', () => {
  it.each([
    ['+46701234567', '+46701234567'],
    ['46701234567', '+46701234567'],
    ['0046701234567', '+46701234567'],
    ['22000', '22000'],
    [' +12025550160 ', '+12025550160']
  ])('%s is %s', (written, number) => expect(readNumber(written, 'The recipient')).toBe(number))

  it.each([
    '',
    '+',
    '12',
    '+0701234567',
    '0701234567',
    '+1234567890123456',
    '4670123456７',
    '+4670\n1234567',
    '+46701234567&Local/1@x',
    'bob',
    '../../x'
  ])('refuses %j', (written) => expect(() => readNumber(written, 'The recipient')).toThrow(/The recipient is no number/))

  it('takes names of senders only where they are wanted', () => {
    expect(readSender('My-Bank', true)).toBe('My-Bank')
    expect(() => readSender('My-Bank', false)).toThrow()
    for (const name of ['a@b', 'a,b', 'twelve-chars', '<x>', '']) expect(() => readSender(name, true)).toThrow()
  })

  it('refuses what is no text', () => {
    for (const body of ['', 'a\0b', '\ud800', 'a\ufffd', 'x'.repeat(4_001)]) expect(() => readBody(body)).toThrow()
  })
})

describe('a call file', () => {
  const of = (body: string) => callFile({ to: '+46701234567', from: '+12025550160', body }, defaultQueue)

  it('has the lines of the documentation', () => {
    expect(of('café #1;\n2')).toBe(`Channel: Local/+46701234567@dp_entry_answer
Context: dp_entry_text_in
Extension: +46701234567
Priority: 1
MaxRetries: 0
RetryTime: 300
WaitTime: 45
Setvar: MESSAGE(to)=+46701234567
Setvar: MESSAGE(from)=+12025550160
Setvar: MESSAGE_ENCODE=rfc3986
Setvar: MESSAGE(body)=caf%C3%A9%20%231%3B%0A2
`)
  })

  it('never has a line more, or one that Asterisk leaves out, and the text comes out whole', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (texts) => {
        const body = texts.join('')
        const found = splitBody(body).map((part) => {
          const lines = of(part).split('\n').slice(0, -1)
          for (const line of lines) {
            expect(line).toMatch(/^[A-Za-z]+: [\x21-\x7e]+$/)
            expect(line.length).toBeLessThan(1_023)
          }
          const pieces = lines.filter((line) => /^Setvar: MESSAGE(\(body\)|_BODY_[23])=/.test(line))
          expect(lines).toHaveLength(10 + pieces.length)
          return decodeURIComponent(pieces.map((line) => line.replace(/^[^=]+=/, '')).join(''))
        })
        expect(found.join('')).toBe(body)
      })
    )
  })

  it.each([
    ['x', 4_000],
    ['å', 2_000],
    ['✓', 1_333],
    ['😀', 1_000]
  ])('carries the longest text of %s in lines that Asterisk reads, three for the text at most', (sign, count) => {
    const parts = splitBody(sign.repeat(count))
    expect(parts.join('')).toBe(sign.repeat(count))
    for (const part of parts) {
      const lines = of(part).split('\n')
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(1_023)
      expect(lines.filter((line) => /^Setvar: MESSAGE(\(body\)|_BODY_\d)=/.test(line)).length).toBeLessThanOrEqual(3)
    }
  })

  it('refuses what the rules have let through', () => {
    for (const [to, from] of [
      ['+467\nSetvar: x=1', '+1'],
      ['1', 'a b'],
      ['1@x', '1']
    ])
      expect(() => callFile({ to: to!, from: from!, body: 'x' }, defaultQueue)).toThrow(/cannot stand/)
    expect(() => callFile({ to: '1', from: '1', body: 'x' }, { ...defaultQueue, context: 'a\nb' })).toThrow()
  })

  it('encodes all but what RFC 3986 leaves alone', () => {
    expect(percentEncode(`aZ09-._~!'()*&=;#`)).toBe('aZ09-._~%21%27%28%29%2A%26%3D%3B%23')
  })
})

describe('a template', () => {
  const fill = (template: string, type: string, body: string) =>
    fillTemplate(template, { to: '+1', from: '+2', body, id: 'x' }, escapeFor(type, 'test'))

  it('of JSON stays JSON, with the text as it was', () => {
    fc.assert(
      fc.property(text, (body) => {
        expect(JSON.parse(fill(`{"m":"\${body}","t":"\${to}"}`, 'application/json', body))).toEqual({ m: body, t: '+1' })
      })
    )
  })

  it('of a form and of XML stays one field, one element', () => {
    fc.assert(
      fc.property(text, (body) => {
        const filled = fill(`a=\${body}&b=1`, 'application/x-www-form-urlencoded', body)
        expect([...new URLSearchParams(filled)]).toEqual([
          ['a', body],
          ['b', '1']
        ])
      })
    )
    expect(fill(`<m>\${body}</m>`, 'text/xml', `</m><x a="'">&\u0001`)).toBe(
      '<m>&lt;/m&gt;&lt;x a=&quot;&apos;&quot;&gt;&amp;</m>'
    )
  })

  it('does not fill in what the text itself has', () => {
    expect(fill(`{"m":"\${body}"}`, 'application/json', `\${to}$&`)).toBe(`{"m":"\${to}$&"}`)
  })

  it('refuses a type for which there is no escaping', () => {
    expect(() => escapeFor('text/plain', 'x')).toThrow(/no way to escape/)
  })
})

describe('what a provider posts', () => {
  const profile = {
    ...{ name: 'x', path: '/x', allowed: undefined, secret: 's', only: undefined, answer: 'ok', allowsNames: false },
    keys: { to: 'To', from: 'From', body: 'Body', secret: undefined, echo: undefined }
  }
  const read = (query: string, type: string | undefined, body: string) =>
    readMessage(readFields(query, type, Buffer.from(body)), profile)

  it('is a form, JSON or a query', () => {
    const message = { to: '+46701234567', from: '22000', body: 'a & b' }
    expect(read('', undefined, 'To=%2B46701234567&From=22000&Body=a+%26+b')).toEqual(message)
    expect(read('', 'application/x-www-form-urlencoded; charset=utf-8', 'To=+46701234567&From=22000&Body=a%20%26%20b')).toEqual(
      message
    )
    expect(read('', 'application/json', '{"To":46701234567,"From":"22000","Body":"a & b","x":null}')).toEqual(message)
    expect(read('To=46701234567&From=22000&Body=a%20%26%20b', undefined, '')).toEqual(message)
  })

  it.each([
    ['application/json', '{"To":["+46701234567"],"From":"1234","Body":"x"}'],
    ['application/json', '[1]'],
    ['application/json', '{'],
    ['multipart/form-data', 'x'],
    [undefined, 'To=%FF&From=1&Body=x'],
    [undefined, 'From=1234&Body=x']
  ])('of %s is refused when it is nothing of these: %s', (type, body) => {
    expect(() => read('', type, body)).toThrow()
  })

  it('has a bound of fields', () => {
    const fields = Array.from({ length: 300 }, (_, index) => `a${index}=1`).join('&')
    expect(() => read('', undefined, fields)).toThrow(/More than 200 fields/)
  })

  it('never throws anything else, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(undefined, 'application/json', 'text/xml'), (body, type) => {
        try {
          read(body, type, body)
        } catch (error) {
          expect((error as { code?: string }).code).toBe('E_DATA')
        }
      })
    )
  })
})
