import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../../../src/lib/sip/address.js'
import { maskSecrets } from '../../../../src/lib/sip/secrets.js'

describe('what is shown of a message', () => {
  it('has no response of a digest, folded, spaced, bare or in another case', () => {
    const text = [
      'REGISTER sip:a SIP/2.0',
      'Authorization: Digest username="alice", response="0123456789abcdef", nc=00000001',
      'PROXY-AUTHORIZATION : Digest username="alice",',
      '\tRESPONSE = "fedcba", qop=auth',
      'Authorization: Digest response=c0ffee, realm="x"',
      'X-Other: response="kept"'
    ].join('\r\n')
    const shown = maskSecrets(text)
    expect(shown).not.toMatch(/0123456789abcdef|fedcba|c0ffee/)
    expect(shown).toContain('username="alice", response="***", nc=00000001')
    expect(shown).toContain('X-Other: response="kept"')
    expect(shown.split('\r\n')).toHaveLength(6)
  })

  it('has no password of Basic, none of a URI, and no key of SRTP', () => {
    expect(maskSecrets('Authorization: Basic YWxpY2U6c2VjcmV0\r\nTo: a')).toBe('Authorization: Basic ***\r\nTo: a')
    expect(maskSecrets('To: <sip:alice:secret@example.org:5060>')).toBe('To: <sip:alice:***@example.org:5060>')
    expect(maskSecrets('To: <sip:example.org:5060>, <sip:bob@example.org>')).toBe(
      'To: <sip:example.org:5060>, <sip:bob@example.org>'
    )
    expect(maskSecrets('a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0a2V5|2^31')).toBe(
      'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***|2^31'
    )
  })

  it('has no proof of a user called basic, none that is folded away from its name, and none of the server', () => {
    const text = [
      'Authorization: Digest username="basic", response="0123"',
      'Authorization: Digest username="a",response=',
      ' "4567"',
      'Authorization: Basic',
      ' YWxpY2U6c2VjcmV0',
      'Authentication-Info: qop=auth, rspauth="89ab"',
      'To: <sip:a@b>'
    ].join('\r\n')
    const shown = maskSecrets(text)
    expect(shown).not.toMatch(/0123|4567|YWx|89ab/)
    expect(shown).toMatch(/\r\nTo: <sip:a@b>$/)
  })

  it('has none of several keys of SRTP in one line, and no key of k=', () => {
    expect(maskSecrets('a=crypto:1 X inline:b25l|2^20|1:4;inline:dHdv|2^20|2:4\r\nk=clear:c2VjcmV0\r\n')).toBe(
      'a=crypto:1 X inline:***|2^20|1:4;inline:***|2^20|2:4\r\nk=clear:***\r\n'
    )
  })
})

describe('an error about what somebody wrote', () => {
  it.each([
    'sip:alice:s3c%ret@example.org',
    'sip:alice:s3c@ret@example.org',
    'sip:alice:s3cret@exa_mple..org',
    '"Alice <sip:alice:s3cret@example.org>',
    `sip:alice:s3c${'r'.repeat(80)}et@example..org`
  ])('does not quote the password of %s', (text) => {
    let message = ''
    try {
      parseAddress(text)
    } catch (error) {
      message = (error as Error).message
    }
    expect(message).not.toBe('')
    expect(message).not.toMatch(/s3c|ret/)
  })
})
