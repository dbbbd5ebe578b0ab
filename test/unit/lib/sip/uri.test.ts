import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeParameter, escapeUser, formatUri, isSipUri, parseUri, unescapeUri } from '../../../../src/lib/sip/uri.js'
import { sameUri } from '../../../../src/lib/sip/uri-compare.js'

describe('a URI', () => {
  it.each([
    'sip:alice@atlanta.com',
    'sip:alice:secretword@atlanta.com;transport=tcp',
    'sips:alice@atlanta.com?subject=project%20x&priority=urgent',
    'sip:+1-212-555-1212:1234@gateway.com;user=phone',
    'sips:1212@gateway.com',
    'sip:alice;day=tuesday@atlanta.com',
    'sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com',
    'sip:[2001:db8::1]:5061;transport=tls;lr',
    'sip:id1@127.0.0.1:26070;line=abc',
    'tel:+49-30-123;phone-context=+49',
    'tel:110;phone-context=berlin.de',
    'urn:service:sos',
    'soap.beep://192.0.2.103:3002'
  ])('%s is read and written back', (text) => {
    expect(formatUri(parseUri(text))).toBe(text)
  })

  it.each([
    'sip:',
    'sip:@host',
    'sip:a@',
    'sip:a b@host',
    'sip:a%zz@host',
    'sip:a@b@c',
    'sip:a@host:',
    'sip:a@host:x',
    'sip:a@host:70000',
    'sip:a@-host',
    'sip:a@host;',
    'sip:a@host;x=1;X=2',
    'sip:a@host?',
    'sip:a@host?x',
    'sip:a@2001:db8::1',
    'sip:<a@host>',
    'tel:',
    'tel:hello',
    'alice',
    'sip:a@host\r\nX: 1'
  ])('%j is refused', (text) => {
    expect(() => parseUri(text)).toThrow(expect.objectContaining({ code: 'E_PROTOCOL' }))
  })

  const same = [
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtlanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;newparam=5'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com'
    ],
    ['sip:alice@atlanta.com?subject=project%20x&priority=urgent', 'sip:alice@atlanta.com?priority=urgent&subject=project%20x'],
    ['tel:+1-201-555-0123', 'tel:+12015550123']
  ] as const
  it.each(same)('%s is %s (RFC 3261 19.1.4)', (a, b) => {
    expect([sameUri(parseUri(a), parseUri(b)), sameUri(parseUri(b), parseUri(a))]).toEqual([true, true])
  })

  const different = [
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:a@b', 'sips:a@b'],
    ['sip:a@b', 'sip:a:@b'],
    ['sip:a%3bb@c', 'sip:a;b@c'],
    ['tel:110', 'tel:110;phone-context=berlin.de']
  ] as const
  it.each(different)('%s is not %s', (a, b) => {
    expect([sameUri(parseUri(a), parseUri(b)), sameUri(parseUri(b), parseUri(a))]).toEqual([false, false])
  })

  it('takes any text as a user or as a parameter, once it is escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const uri = parseUri(`sip:${escapeUser(text)}@host;p=${escapeParameter(text)}`)
        if (!isSipUri(uri)) throw new Error('no SIP URI')
        const decoded = (part: string) => Buffer.from(unescapeUri(part), 'latin1').toString('utf8')
        expect([decoded(uri.user!), decoded(uri.parameters.get('p')!)]).toEqual([text, text])
      })
    )
  })
})
