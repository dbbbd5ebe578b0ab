import { describe, expect, it } from 'vitest'
import type { SipRequest } from '../../../../src/lib/sip/message.js'
import { parseDatagram } from '../../../../src/lib/sip/parse.js'
import { standardAnswer } from '../../../../src/lib/uac/incoming.js'

function request(method: string, headers: string[] = [], to = '<sip:us@192.0.2.1>', uri = 'sip:us@192.0.2.1'): SipRequest {
  const lines = [`${method} ${uri} SIP/2.0`, 'Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKa', 'From: <sip:a@b>;tag=1', `To: ${to}`]
  return parseDatagram(Buffer.from([...lines, 'Call-ID: c', `CSeq: 1 ${method}`, ...headers, '', ''].join('\r\n'))) as SipRequest
}

describe('a request of a stranger', () => {
  it.each([
    ['OPTIONS', 200],
    ['INVITE', 486],
    ['NOTIFY', 481],
    ['BYE', 481],
    ['CANCEL', 481],
    ['MESSAGE', 405],
    ['SUBSCRIBE', 405],
    ['FOO', 501]
  ])('%s is answered %i', (method, status) => {
    expect(standardAnswer(request(method)).status).toBe(status)
  })

  it('says what is allowed where it is refused for its method', () => {
    expect(standardAnswer(request('REFER')).headers).toContainEqual(['Allow', expect.stringContaining('OPTIONS')])
  })

  it('inside of a call that is not ours is answered 481', () => {
    expect(standardAnswer(request('INVITE', [], '<sip:us@192.0.2.1>;tag=old')).status).toBe(481)
  })

  it('that requires what we do not have is answered 420, with what that is', () => {
    const answer = standardAnswer(request('OPTIONS', ['Require: path, foo']), ['path'])
    expect(answer).toEqual({ status: 420, headers: [['Unsupported', 'foo']] })
  })

  it.each([
    ['tel:+12125551212', 200],
    ['SIPS:us@192.0.2.1', 200],
    ['nobodyKnowsThisScheme:totallyopaquecontent', 416],
    ['soap.beep://192.0.2.103:3002', 416]
  ])('for %s is answered %i', (uri, status) => {
    expect(standardAnswer(request('OPTIONS', [], undefined, uri)).status).toBe(status)
  })

  it('with a broken header is answered 400', () => {
    expect(standardAnswer(request('OPTIONS', ['Max-Forwards: 300'])).status).toBe(400)
    expect(standardAnswer(request('INVITE', ['Contact: <sip:a'])).status).toBe(400)
  })
})
