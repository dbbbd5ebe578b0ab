import { describe, expect, it } from 'vitest'
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
})
