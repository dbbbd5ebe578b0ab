import { describe, expect, it } from 'vitest'
import { diagnose, type Symptoms } from '../../../../src/lib/registrations/doctor.js'
import { cluesOf } from '../../../../src/lib/registrations/failure-clues.js'
import type { SipReply } from '../../../../src/lib/sip/message.js'
import { parseDatagram } from '../../../../src/lib/sip/parse.js'
import { account } from './support/registrar.js'

const nowMs = Date.UTC(2026, 0, 1, 12)

function of(symptoms: Partial<Symptoms>): string {
  return diagnose({
    reason: 'timeout',
    ...{ code: undefined, detail: undefined, target: 'udp 198.51.100.1:5060', local: '192.0.2.7:5060', clues: undefined },
    ...{ account, nowMs },
    ...symptoms
  })
}

describe('the doctor', () => {
  it('thinks of a NAT where our address is private and the silent server is not', () => {
    expect(of({ local: '10.0.0.5:5060' })).toContain('Our address 10.0.0.5:5060 is private')
    expect(of({})).not.toContain('private')
    expect(of({ local: '10.0.0.5:5060', target: 'udp 10.0.0.1:5060' })).not.toContain('is private')
    expect(of({ target: 'tcp 198.51.100.1:5060' })).not.toContain('transport=tcp')
  })

  it.each([
    ['getaddrinfo ENOTFOUND lab.test', 'leads nowhere'],
    ['connect ECONNREFUSED 198.51.100.1:5060', 'nothing listens on that port'],
    ['connect ENETUNREACH 198.51.100.1:5060', 'no route'],
    ['No way to UDP 198.51.100.1:5060: connect EHOSTUNREACH', 'no route'],
    ['certificate is not yet valid', 'the clock here'],
    ['self-signed certificate', '--tls-ca'],
    ['The certificate of 198.51.100.1:5061 is not trusted: unable to verify the first certificate', '--tls-ca'],
    ['The certificate of 198.51.100.1:5061 is not the pinned one', '--tls-pin'],
    ['No connection to 198.51.100.1:5060 (TLS) within 3 s', 'the port for TLS'],
    ['No TLS with 198.51.100.1:5060 (TLS): wrong version number', 'the port for TLS'],
    ['198.51.100.1:5061 (TLS) closed the connection during the handshake', 'the port for TLS'],
    ['No connection to 198.51.100.1:5060 within 3 s', 'refuses none'],
    [undefined, 'There is no way to']
  ])('says of "%s" that %s', (detail, words) => {
    expect(of({ reason: 'unreachable', detail })).toContain(words)
  })

  it('says what a HA1 is made of', () => {
    const clues = { realms: ['pbx'], schemes: [], dateMs: undefined, seen: undefined, warnings: [] }
    const secret = { kind: 'ha1', algorithm: 'MD5', ha1: 'x' } as const
    expect(of({ reason: 'wrong password', clues, account: { ...account, secret, authUsername: 'al' } })).toBe(
      'The registrar was answered and asks again: the password of "al" is wrong, or it knows no such user in the realm "pbx". ' +
        'A HA1 is made of user, realm and password: was it made with "al" and the realm "pbx"?'
    )
  })

  it('finds realms, dates and warnings in a reply, and nothing in one that is broken', () => {
    const reply = (headers: string) =>
      cluesOf(
        parseDatagram(
          Buffer.from(
            `SIP/2.0 403 No\r\nVia: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKa;received=203.0.113.1;rport=9\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n${headers}\r\n`
          )
        ) as SipReply
      )
    expect(
      reply(
        'WWW-Authenticate: Digest realm="a", nonce="n", algorithm=SHA-256\r\nDate: Thu, 01 Jan 2026 13:00:00 GMT\r\nWarning: 399 x "closed"\r\n'
      )
    ).toEqual({
      realms: ['a'],
      schemes: ['Digest SHA-256'],
      dateMs: nowMs + 3_600_000,
      seen: '203.0.113.1:9',
      warnings: ['closed']
    })
    expect(reply('WWW-Authenticate: Digest realm="\r\nDate: soon\r\n')).toMatchObject({
      realms: [],
      dateMs: undefined,
      warnings: []
    })
    expect(of({ reason: 'refused', code: 403, clues: reply('Date: Thu, 01 Jan 2026 13:00:00 GMT\r\n') })).toContain(
      '60 minutes (ours is behind)'
    )
  })
})
