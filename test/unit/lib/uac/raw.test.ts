import { expect, it } from 'vitest'
import { sendRaw } from '../../../../src/lib/uac/raw.js'
import { deadPort, sipPeer, userAgent } from '../../support/sip-peer.js'

const { signal } = new AbortController()
const bytes = Buffer.from(
  [
    'OPTIONS sip:a@b SIP/2.0',
    'Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKraw',
    'From: <sip:a@b>;tag=1',
    'To: <sip:a@b>',
    'Call-ID: raw',
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '',
    ''
  ].join('\r\n')
)

it('bytes go out as they are, and the first final reply is the answer', async () => {
  const peer = await sipPeer(({ reply }) => {
    reply({ status: 100 })
    reply({ status: 404 })
  })
  const { reply } = await sendRaw(userAgent(), bytes, { target: peer.target, timeoutMs: 5000, signal })
  expect(reply.start.status).toBe(404)
  expect(peer.requests[0]!.via.branch).toBe('z9hG4bKraw')
})

it('a port on which nobody listens is not waited for', async () => {
  const target = { transport: 'udp' as const, address: '127.0.0.1', port: await deadPort(), serverName: '127.0.0.1' }
  const sending = sendRaw(userAgent(), bytes, { target, timeoutMs: 60_000, signal })
  await expect(sending).rejects.toMatchObject({ code: 'E_CONNECT', message: expect.stringContaining('nothing listens there') })
})

it('a connection that is closed without a reply is not waited for', async () => {
  const peer = await sipPeer(() => void peer.close(), 'tcp')
  const sending = sendRaw(userAgent(), bytes, { target: peer.target, timeoutMs: 60_000, signal })
  await expect(sending).rejects.toMatchObject({ code: 'E_CONNECTION_LOST' })
})
