import { expect, it } from 'vitest'
import { runOnInvite } from '../../../../src/lib/registrations/on-invite.js'
import type { SipRequest } from '../../../../src/lib/sip/message.js'
import { parseDatagram } from '../../../../src/lib/sip/parse.js'

const lines = [
  'INVITE sip:a@b SIP/2.0',
  'Via: SIP/2.0/UDP a;branch=z9hG4bK1',
  'From: "Jörg" <sip:joerg@b>;tag=1',
  'To: <sip:a@b>',
  'Call-ID: c',
  'CSeq: 1 INVITE',
  '',
  ''
]
const request = parseDatagram(Buffer.from(lines.join('\r\n'))) as SipRequest

it('a program knows who calls, in the letters of the caller', async () => {
  const command = `case "$PBXKIT_FROM" in '"Jörg" '*) echo 486;; *) echo 603;; esac`
  expect(await runOnInvite(command, request, undefined)).toEqual({ status: 486 })
})

it('what it prints can be written in a reply, whatever letters it has', async () => {
  const answer = await runOnInvite('echo "302 sip:зал@b"', request, undefined)
  expect(answer.status).toBe(302)
  expect(Buffer.from(answer.headers![0]![1], 'latin1').toString()).toBe('<sip:зал@b>')
})

it('a program that does not end is ended with all that it has started, and the call is answered', async () => {
  expect(await runOnInvite('sleep 60; echo 486', request, undefined, 50)).toEqual({ status: 480 })
}, 5_000)
