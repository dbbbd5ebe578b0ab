import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { makeAddress } from '../../../../src/lib/sip/address.js'
import type { SipRequest } from '../../../../src/lib/sip/message.js'
import { Parameters } from '../../../../src/lib/sip/parameters.js'
import { subscribe } from '../../../../src/lib/uac/subscribe.js'
import { type Asked, sipPeer, userAgent } from '../../support/sip-peer.js'

/** A NOTIFY of a SUBSCRIBE's dialog. */
function notify(
  request: SipRequest,
  { cseq, state, callId = request.callId }: { cseq: number; state: string; callId?: string }
): string {
  const lines = [
    `NOTIFY ${request.contacts[0]!.uriText} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKn${cseq}${callId};rport`,
    'From: <sip:bob@127.0.0.1>;tag=peer',
    `To: ${request.get('From')}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} NOTIFY`,
    'Contact: <sip:notifier@127.0.0.1>',
    'Event: dialog',
    `Subscription-State: ${state}`,
    'Content-Length: 0'
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

async function subscribeTo(script: (asked: Asked) => void, waitMs: number) {
  const peer = await sipPeer(script)
  const agent = userAgent({ udp: 'shared' })
  const notified: string[] = []
  const draft = {
    method: 'SUBSCRIBE',
    uri: `sip:bob@127.0.0.1:${peer.port}`,
    from: makeAddress('sip:alice@127.0.0.1', undefined, Parameters.none.with('tag', agent.ids.tag())),
    to: makeAddress('sip:bob@127.0.0.1'),
    callId: agent.ids.callId(),
    cseq: 1,
    contactUser: 'alice',
    headers: [['Event', 'dialog'] as const]
  }
  const onNotify = (request: SipRequest) => notified.push(request.get('Subscription-State')!)
  const { signal } = new AbortController()
  const result = await subscribe(agent, draft, { to: peer.uri, timeoutMs: 1000, waitMs, onNotify, signal })
  // It is that of many requests.
  expect(getEventListeners(signal, 'abort')).toEqual([])
  return { peer, notified, result }
}

it('takes NOTIFYs, the first before the reply too, until there will be no more', async () => {
  const { peer, notified, result } = await subscribeTo(({ request, reply, send }) => {
    send(notify(request, { cseq: 1, state: 'active;expires=60' }))
    reply({ status: 200 })
    send(notify(request, { cseq: 2, state: 'terminated;reason=timeout' }))
  }, 60_000)
  expect(notified).toEqual(['active;expires=60', 'terminated;reason=timeout'])
  expect(result).toMatchObject({ notifies: 2, isTerminated: true })
  await peer.until(({ replies }) => replies.length >= 2)
  expect(peer.replies.map(({ start }) => start.status)).toEqual([200, 200])
  expect(peer.of('SUBSCRIBE')).toHaveLength(1)
})

it('takes itself back when its time is over, and answers NOTIFYs of others 481', async () => {
  const { peer, notified, result } = await subscribeTo(({ request, reply, send, nth }) => {
    reply({ status: 200, headers: [['Contact', request.start.uri.replace(/.*/, '<$&>')]] })
    if (nth === 1) send(notify(request, { cseq: 1, state: 'active', callId: 'other' }))
  }, 200)
  expect({ notified, ...result }).toMatchObject({ notified: [], notifies: 0, isTerminated: false })
  await peer.until(({ replies }) => replies.length > 0)
  const [first, last] = peer.of('SUBSCRIBE')
  expect([last!.expires, last!.get('Event'), last!.to.tag, last!.cseq.number]).toEqual([0, 'dialog', 'peer', 2])
  expect(last!.callId).toBe(first!.callId)
  expect(peer.replies.map(({ start }) => start.status)).toEqual([481])
})

it('waits for nothing when it is refused', async () => {
  const { result } = await subscribeTo(({ reply }) => reply({ status: 489 }), 60_000)
  expect(result.answer.reply.start.status).toBe(489)
})
