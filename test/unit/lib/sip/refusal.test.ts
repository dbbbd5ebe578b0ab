import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDatagram } from '../../../../src/lib/sip/parse.js'
import { refusalOf } from '../../../../src/lib/sip/refusal.js'

const lines = [
  'INVITE sip:us@192.0.2.1 SIP/2.0',
  'v: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKa',
  'Via: SIP/2.0/UDP 192.0.2.3',
  'From: "A, B" <sip:a@b>;tag=1',
  't: <sip:us@192.0.2.1>',
  'i: refused',
  'CSeq: 1',
  ' INVITE',
  'Content-Length: 9999'
]
const bytes = (some: readonly string[]) => Buffer.from(`${some.join('\r\n')}\r\n\r\n`, 'latin1')
const without = (start: RegExp) => bytes(lines.filter((line) => !start.test(line)))

describe('a request that cannot be read', () => {
  it('is answered with what can be found of it, and a tag', () => {
    const answer = parseDatagram(refusalOf(bytes(lines), 400, 'ours')!)
    expect(answer.start).toEqual({ kind: 'reply', status: 400, reason: 'Bad Request' })
    expect(answer.vias.map(String)).toEqual(['SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKa', 'SIP/2.0/UDP 192.0.2.3'])
    expect([answer.callId, answer.cseq, answer.from.tag, answer.to.tag]).toEqual([
      'refused',
      { number: 1, method: 'INVITE' },
      '1',
      'ours'
    ])
  })

  it('is answered also where From or To is what is missing, and with the version that we speak', () => {
    expect(refusalOf(without(/^(From|t):/), 400, 'ours')!.toString()).not.toMatch(/^(From|To):/m)
    const newer = bytes(['INVITE sip:us@192.0.2.1 SIP/7.0', ...lines.slice(1)])
    expect(refusalOf(newer, 505, 'ours')!.toString()).toMatch(/^SIP\/2\.0 505 /)
  })

  it.each([
    ['an ACK', bytes(['ACK sip:us@192.0.2.1 SIP/2.0', ...lines.slice(1)])],
    ['a reply', bytes(['SIP/2.0 200 OK', ...lines.slice(1)])],
    ['one without Via', without(/^(v|Via):/i)],
    ['one without Call-ID', without(/^i:/)],
    ['one without CSeq', without(/^(CSeq:| INVITE)/)],
    ['no SIP', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
    ['nothing', Buffer.alloc(0)]
  ])('gets no answer when it is %s', (_, request) => {
    expect(refusalOf(request, 400, 'ours')).toBeUndefined()
  })

  it('never makes us fail, nor say what is no text', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 })), { maxLength: 6 })
    fc.assert(
      fc.property(edits, (all) => {
        const broken = bytes(lines)
        for (const [at, change] of all) broken.set(change.subarray(0, broken.length - (at % broken.length)), at % broken.length)
        const answer = refusalOf(broken, 400, 'ours')
        return !answer || /^SIP\/2\.0 400 Bad Request\r\n([^\x00-\x1f\x7f]+\r\n)+\r\n$/.test(answer.toString('latin1'))
      })
    )
  })
})
