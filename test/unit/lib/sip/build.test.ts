import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeAddress } from '../../../../src/lib/sip/address.js'
import {
  buildAck,
  buildCancel,
  buildReply,
  buildRequest,
  noteSource,
  type RequestParts,
  readAddress
} from '../../../../src/lib/sip/build.js'
import { Identifiers } from '../../../../src/lib/sip/identifiers.js'
import { encodeText } from '../../../../src/lib/sip/lexical.js'
import { isReply, isRequest, type SipMessage } from '../../../../src/lib/sip/message.js'
import { Parameters } from '../../../../src/lib/sip/parameters.js'
import { parseDatagram } from '../../../../src/lib/sip/parse.js'
import { isUniqueBranch } from '../../../../src/lib/sip/via.js'
import { editMessage, writeMessage } from '../../../../src/lib/sip/write.js'
import { bytesOf, optionsLines, parseLines, withLines } from '../../support/sip-samples.js'

const parts: RequestParts = {
  method: 'INVITE',
  uri: 'sip:bob@example.org',
  via: { transport: 'UDP', sentBy: '192.0.2.1:5070', branch: 'z9hG4bK1' },
  from: makeAddress('sip:alice@example.org', 'Älice "A"', new Parameters([{ name: 'tag', value: 'a1' }])),
  to: readAddress('Bob <sip:bob@example.org>'),
  callId: 'c1',
  cseq: 3,
  headers: [
    ['Route', '<sip:edge.example.org;lr>'],
    ['Contact', '<sip:alice@192.0.2.1:5070>']
  ],
  body: Buffer.from('v=0\r\n')
}

function requestOf(message: SipMessage) {
  if (!isRequest(message)) throw new Error('no request')
  return message
}

function replyOf(message: SipMessage) {
  if (!isReply(message)) throw new Error('no reply')
  return message
}

describe('a request of ours', () => {
  const invite = buildRequest(parts)
  const reply = replyOf(parseDatagram(buildReply(requestOf(parseDatagram(invite.bytes)), { status: 486, toTag: 'b1' })))

  it('is read as it was meant', () => {
    const read = parseDatagram(invite.bytes)
    expect([read.from.displayName, read.from.tag, read.via.branch, read.via.rport]).toEqual([
      'Älice "A"',
      'a1',
      'z9hG4bK1',
      undefined
    ])
    expect([read.via.parameters.has('rport'), read.maxForwards, read.body.toString(), read.get('l')]).toEqual([
      true,
      70,
      'v=0\r\n',
      '5'
    ])
    expect(read.cseq).toEqual({ number: 3, method: 'INVITE' })
  })

  it('has an ACK of the same transaction: branch, CSeq number, Route; the To of the reply; no body (RFC 3261 17.1.1.3)', () => {
    const ack = parseDatagram(buildAck(invite, reply).bytes)
    expect([ack.via.branch, ack.cseq, ack.to.tag, ack.from.tag]).toEqual(['z9hG4bK1', { number: 3, method: 'ACK' }, 'b1', 'a1'])
    expect([ack.routes.length, ack.contacts.length, ack.body.length, ack.from.displayName]).toEqual([1, 0, 0, 'Älice "A"'])
  })

  it('has a CANCEL: the same, with its own To (RFC 3261 9.1)', () => {
    const cancel = parseDatagram(buildCancel(invite).bytes)
    expect([cancel.via.branch, cancel.cseq, cancel.to.tag]).toEqual(['z9hG4bK1', { number: 3, method: 'CANCEL' }, undefined])
    expect([cancel.routes.length, cancel.get('Contact'), cancel.body.length]).toEqual([1, undefined, 0])
  })

  it('takes no header from outside into itself, whatever a value holds', () => {
    const build = (value: string) => buildRequest({ ...parts, headers: [['X-Test', value]] })
    for (const value of ['a\r\nX: 1', 'a\nb', 'a\rb', 'a\0', 'Ċ']) {
      expect(() => build(value), JSON.stringify(value)).toThrow(expect.objectContaining({ code: 'E_UNSAFE_HEADER' }))
    }
    expect(() => buildRequest({ ...parts, method: 'A B' })).toThrow('no method')
    expect(() => buildRequest({ ...parts, uri: 'sip:a b' })).toThrow()
    expect(() => buildRequest({ ...parts, headers: [['A: b', 'c']] })).toThrow('no name')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        try {
          const encoded = encodeText(value)
          expect(parseDatagram(build(encoded).bytes).headers).toHaveLength(8)
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^E_(UNSAFE_HEADER|PROTOCOL)$/) })
        }
      })
    )
  })
})

describe('a reply of ours', () => {
  const lines = [...optionsLines, 'v: SIP/2.0/TCP  second.example ;branch=z9hG4bKx', 'Record-Route: <sip:p;lr>', 'X-Test: 1']
  const request = requestOf(parseLines(lines))

  it('has Via, From, To, Call-ID and CSeq as they came, and a tag of ours', () => {
    expect(buildReply(request, { status: 404, toTag: 'b1' }).toString()).toBe(
      [
        'SIP/2.0 404 Not Found',
        lines[1],
        lines[3],
        'To: <sip:bob@example.org>;tag=b1',
        lines[5],
        lines[6],
        lines[7],
        'Content-Length: 0',
        '',
        ''
      ].join('\r\n')
    )
  })

  it('has no tag with 100, keeps a tag that is there, and Record-Route where a dialog may begin', () => {
    expect(replyOf(parseDatagram(buildReply(request, { status: 100, toTag: 'b1' }))).to.tag).toBeUndefined()
    const inside = requestOf(parseLines(withLines(lines, 'To: <sip:bob@example.org>;tag=old')))
    expect(parseDatagram(buildReply(inside, { status: 200, toTag: 'b1' })).to.tag).toBe('old')
    expect(parseDatagram(buildReply(request, { status: 200, toTag: 'b1' })).recordRoutes).toHaveLength(1)
    expect(() => buildReply(request, { status: 200, toTag: 'a b' })).toThrow()
    expect(() => buildReply(request, { status: 99 })).toThrow()
  })

  it('tells where the request came from (RFC 3581)', () => {
    const noted = requestOf(parseDatagram(noteSource(request, { address: '198.51.100.7', port: 40_001 })))
    expect([noted.via.received, noted.via.rport]).toEqual(['198.51.100.7', 40_001])
    expect(noted.vias).toHaveLength(2)
    const plain = requestOf(parseLines(withLines(optionsLines, 'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKabc')))
    expect(noteSource(plain, { address: '192.0.2.1', port: 9 })).toBe(plain.bytes)
    const moved = requestOf(parseDatagram(noteSource(plain, { address: '192.0.2.9', port: 9 })))
    expect([moved.via.received, moved.via.rport]).toEqual(['192.0.2.9', undefined])
  })
})

describe('a received message', () => {
  const lines = [...optionsLines, 'X-Folded:\ta\r\n  b', 'k:path', 'Supported :gruu']
  const message = parseLines(lines, 'body')

  it('that is not changed goes on as the same bytes', () => {
    expect(editMessage(message, [])).toBe(message.bytes)
  })

  it('that is changed keeps all other bytes', () => {
    const edited = editMessage(message, [
      { prepend: 'Via', value: 'SIP/2.0/UDP p;branch=z9hG4bKp' },
      { set: 'Supported', value: 'outbound' },
      { set: 'Max-Forwards', value: '69' },
      { remove: 'x-folded' },
      { append: 'X-Last', value: '1' },
      { set: 'X-New', value: '2' }
    ])
    expect(edited.toString('latin1')).toBe(
      bytesOf(
        [
          optionsLines[0]!,
          'Via: SIP/2.0/UDP p;branch=z9hG4bKp',
          optionsLines[1]!,
          'Max-Forwards: 69',
          ...optionsLines.slice(3),
          'Supported: outbound',
          'X-Last: 1',
          'X-New: 2'
        ],
        'body'
      ).toString('latin1')
    )
    expect(editMessage(message, [{ removeFirst: 'Supported' }]).includes('k:path')).toBe(false)
    const start = editMessage(message, [], { method: 'OPTIONS', uri: 'sip:other' })
    expect(start.toString('latin1').startsWith('OPTIONS sip:other SIP/2.0\r\nVia')).toBe(true)
  })

  it('comes back from what was written, whatever its headers hold', () => {
    const value = fc.stringMatching(/^[\x21-\x7e\x80-\xff]([\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/)
    const name = fc.stringMatching(/^[A-Za-z0-9.!%*_+`'~-]{3,20}$/).map((text) => `X-${text}`)
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 20 }), fc.uint8Array(), (headers, body) => {
        const base = optionsLines.slice(1).map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string])
        const bytes = writeMessage({ method: 'OPTIONS', uri: 'sip:a' }, [...base, ...headers], Buffer.from(body))
        const read = parseDatagram(bytes)
        expect(read.headers.slice(base.length, -1).map((one) => [one.name, one.value])).toEqual(headers)
        expect(read.body.equals(body)).toBe(true)
        expect(read.bytes).toBe(bytes)
      })
    )
  })
})

describe('identifiers', () => {
  it('come from the randomness they are given, and never twice from the machine', () => {
    const known = new Identifiers((bytes) => Buffer.alloc(bytes, 0xab))
    expect(known.branch()).toBe(`z9hG4bK${'ab'.repeat(9)}`)
    const real = new Identifiers()
    const all = Array.from({ length: 2000 }, () => [real.branch(), real.tag(), real.callId(), real.cnonce()]).flat()
    expect(new Set(all).size).toBe(8000)
    expect(isUniqueBranch(all[0])).toBe(true)
  })
})
