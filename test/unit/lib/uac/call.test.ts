import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { makeAddress } from '../../../../src/lib/sip/address.js'
import { Parameters } from '../../../../src/lib/sip/parameters.js'
import { type CallOptions, call } from '../../../../src/lib/uac/call.js'
import type { RequestDraft } from '../../../../src/lib/uac/draft.js'
import { inactiveOffer } from '../../../../src/lib/uac/request-fields.js'
import type { UserAgent } from '../../../../src/lib/uac/user-agent.js'
import { type Asked, type SipPeer, sipPeer, userAgent } from '../../support/sip-peer.js'

function invite(agent: UserAgent): RequestDraft {
  const from = makeAddress('sip:alice@127.0.0.1', undefined, Parameters.none.with('tag', agent.ids.tag()))
  return {
    method: 'INVITE',
    uri: 'sip:bob@127.0.0.1',
    from,
    to: makeAddress('sip:bob@127.0.0.1'),
    callId: agent.ids.callId(),
    cseq: 1,
    contactUser: 'alice',
    body: (flow) => inactiveOffer(flow.sentBy)
  }
}

async function callTo(peer: SipPeer, options: Partial<CallOptions> = {}) {
  const agent = userAgent({ udp: 'shared' })
  const ended = call(agent, invite(agent), { to: peer.uri, timeoutMs: 2000, cancelAfterMs: 5000, byeAfterMs: 0, ...options })
  return { agent, ended }
}

const contact = (port: number) => ['Contact', `<sip:bob@127.0.0.1:${port}>`] as const

/** A phone that answers each call and every BYE. */
const phone = (onInvite: (asked: Asked, port: () => number) => void, onCancel = () => {}) => {
  let peer: SipPeer
  const started = sipPeer((asked) => {
    if (asked.request.start.method === 'INVITE') onInvite(asked, () => peer.port)
    else if (asked.request.start.method === 'CANCEL') onCancel()
    else if (asked.request.start.method !== 'ACK') asked.reply({ status: 200 })
  })
  return started.then((one) => {
    peer = one
    return one
  })
}

describe('a call', () => {
  it('is acknowledged and ended', async () => {
    const peer = await phone(({ reply }, port) => {
      reply({ status: 180 })
      reply({ status: 200, headers: [contact(port())] })
    })
    const { ended } = await callTo(peer)
    expect(await ended).toMatchObject({ endedBy: 'us', forks: 0, bye: { reply: { start: { status: 200 } } } })
    const [ack] = peer.of('ACK')
    const [bye] = peer.of('BYE')
    const [first] = peer.of('INVITE')
    expect(ack!.start.uri).toBe(`sip:bob@127.0.0.1:${peer.port}`)
    expect([ack!.cseq.number, bye!.cseq.number]).toEqual([1, 2])
    expect(ack!.via.branch).not.toBe(first!.via.branch)
    expect([ack!.to.tag, bye!.to.tag]).toEqual(['peer', 'peer'])
    expect(String(first!.body)).toContain('a=inactive')
    expect(first!.contacts[0]!.uriText).toMatch(/^sip:alice@127\.0\.0\.1:\d+$/)
  })

  it('leaves nothing behind at a signal that is that of many calls', async () => {
    const peer = await phone(({ reply }, port) => reply({ status: 200, headers: [contact(port())] }))
    const { signal } = new AbortController()
    const { ended } = await callTo(peer, { signal })
    await ended
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('answers a 2xx that comes again with the same ACK', async () => {
    const peer = await phone(({ reply }, port) => {
      for (let copy = 0; copy < 3; copy++) reply({ status: 200, headers: [contact(port())] })
    })
    const { ended } = await callTo(peer)
    await ended
    await peer.until(() => peer.of('ACK').length === 3)
    expect(new Set(peer.of('ACK').map(({ bytes }) => String(bytes))).size).toBe(1)
    expect(peer.of('BYE')).toHaveLength(1)
  })

  it('goes by the routes that the reply has recorded, last first', async () => {
    const peer = await phone(({ reply }, port) => {
      reply({
        status: 200,
        headers: [
          ['Record-Route', `<sip:far@127.0.0.1:${port()};lr>, <sip:near@127.0.0.1:${port()};lr>`],
          ['Contact', '<sip:bob@192.0.2.1:9>']
        ]
      })
    })
    const { ended } = await callTo(peer)
    await ended
    for (const method of ['ACK', 'BYE']) {
      const [request] = peer.of(method)
      expect(request!.start.uri).toBe('sip:bob@192.0.2.1:9')
      expect(request!.routes.map(({ uriText }) => uriText.slice(0, 8))).toEqual(['sip:near', 'sip:far@'])
    }
  })

  it('whose 2xx has a broken Contact and Record-Route is acknowledged and ended all the same', async () => {
    const peer = await phone(({ reply }) => {
      reply({
        status: 200,
        headers: [
          ['Contact', '<sip:bob'],
          ['Record-Route', '<<>']
        ]
      })
    })
    const agent = userAgent({ udp: 'shared' })
    const draft = { ...invite(agent), uri: `sip:bob@127.0.0.1:${peer.port}` }
    const options = { to: peer.uri, timeoutMs: 2000, cancelAfterMs: 5000, byeAfterMs: 0 }
    expect(await call(agent, draft, options)).toMatchObject({ endedBy: 'us', bye: { reply: { start: { status: 200 } } } })
  })

  it('of which two forks answer ends both, and each has its own ACK', async () => {
    const peer = await phone(({ reply }, port) => {
      reply({ status: 200, headers: [contact(port())] })
      reply({ status: 200, toTag: 'other', headers: [contact(port())] })
    })
    const { ended } = await callTo(peer, { byeAfterMs: 400 })
    expect(await ended).toMatchObject({ forks: 1 })
    expect(peer.of('ACK').map(({ to }) => to.tag)).toEqual(['peer', 'other'])
    expect(
      peer
        .of('BYE')
        .map(({ to }) => to.tag)
        .sort()
    ).toEqual(['other', 'peer'])
  })

  it('that the other side ends is answered 200, and not ended twice', async () => {
    const peer = await phone(({ reply, request, send }, port) => {
      reply({ status: 200, headers: [contact(port())] })
      const bye = [
        `BYE ${request.contacts[0]!.uriText} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${port()};branch=z9hG4bKbye;rport`,
        'From: <sip:bob@127.0.0.1>;tag=peer',
        `To: ${request.get('From')}`,
        `Call-ID: ${request.callId}`,
        'CSeq: 7 BYE',
        'Content-Length: 0'
      ]
      send(`${bye.join('\r\n')}\r\n\r\n`)
    })
    const { ended } = await callTo(peer, { byeAfterMs: 5000 })
    expect(await ended).toMatchObject({ endedBy: 'peer', forks: 0 })
    await peer.until(({ replies }) => replies.length > 0)
    expect(peer.replies[0]!.start.status).toBe(200)
    expect(peer.of('BYE')).toEqual([])
  })
})

it('a call that is stopped while it is up is ended, not cancelled', async () => {
  const peer = await phone(({ reply }, port) => {
    reply({ status: 180 })
    reply({ status: 200, headers: [contact(port())] })
  })
  const stop = new AbortController()
  const { ended } = await callTo(peer, { byeAfterMs: 60_000, signal: stop.signal })
  await peer.until(() => peer.of('ACK').length > 0)
  stop.abort(new Error('enough'))
  expect(await ended).toMatchObject({ endedBy: 'us', bye: { reply: { start: { status: 200 } } } })
  expect(peer.of('CANCEL')).toEqual([])
})

describe('a call that nobody answers', () => {
  it('is cancelled when its time is over, with the branch of the INVITE, and its 487 is acknowledged', async () => {
    let refuse = () => {}
    const peer = await sipPeer(({ request, reply }) => {
      if (request.start.method === 'INVITE') {
        reply({ status: 180 })
        refuse = () => reply({ status: 487 })
      }
      if (request.start.method === 'CANCEL') {
        reply({ status: 200 })
        refuse()
      }
    })
    const { ended } = await callTo(peer, { cancelAfterMs: 30 })
    expect(await ended).toMatchObject({ answer: { reply: { start: { status: 487 } } } })
    await peer.until(() => peer.of('ACK').length > 0)
    expect(peer.of('CANCEL')[0]!.via.branch).toBe(peer.of('INVITE')[0]!.via.branch)
    expect(peer.of('ACK')[0]!.via.branch).toBe(peer.of('INVITE')[0]!.via.branch)
  })

  it('but is answered while it is cancelled is ended at once', async () => {
    let answer = () => {}
    const peer = await phone(
      ({ reply }, port) => {
        reply({ status: 180 })
        answer = () => reply({ status: 200, headers: [contact(port())] })
      },
      () => answer()
    )
    const { ended } = await callTo(peer, { cancelAfterMs: 30, byeAfterMs: 60_000 })
    expect(await ended).toMatchObject({ endedBy: 'us', bye: { reply: { start: { status: 200 } } } })
  })

  it('and whose CANCEL is not answered is given up', async () => {
    const peer = await sipPeer(({ request, reply }) => request.start.method === 'INVITE' && reply({ status: 180 }))
    const { ended } = await callTo(peer, { cancelAfterMs: 20, timeoutMs: 400 })
    await expect(ended).rejects.toMatchObject({ code: 'E_CONNECT' })
  })

  it('is not cancelled before anybody has said a word (RFC 3261 9.1)', async () => {
    const peer = await sipPeer(() => {})
    const { ended } = await callTo(peer, { cancelAfterMs: 10, timeoutMs: 100 })
    await expect(ended).rejects.toMatchObject({ code: 'E_TIMEOUT' })
    expect(peer.of('CANCEL')).toEqual([])
  })
})
