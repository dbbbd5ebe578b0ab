import { describe, expect, it } from 'vitest'
import { makeAddress, parseAddress } from '../../../../src/lib/sip/address.js'
import { ha1Of, hashHex } from '../../../../src/lib/sip/digest.js'
import { DigestSession } from '../../../../src/lib/sip/digest-session.js'
import { Parameters } from '../../../../src/lib/sip/parameters.js'
import type { RequestDraft } from '../../../../src/lib/uac/draft.js'
import { exchange } from '../../../../src/lib/uac/exchange.js'
import type { UserAgent } from '../../../../src/lib/uac/user-agent.js'
import { type Asked, deadPort, type SipPeer, sipPeer, sipPeerOfBoth, userAgent } from '../../support/sip-peer.js'

function draftOf(agent: UserAgent, method = 'OPTIONS', more: Partial<RequestDraft> = {}): RequestDraft {
  const from = makeAddress('sip:alice@127.0.0.1', undefined, Parameters.none.with('tag', agent.ids.tag()))
  return {
    method,
    uri: 'sip:bob@127.0.0.1',
    from,
    to: makeAddress('sip:bob@127.0.0.1'),
    callId: agent.ids.callId(),
    cseq: 1,
    ...more
  }
}

function digestOf(agent: UserAgent, password = 'secret', realm?: string): DigestSession {
  return new DigestSession({
    credentialsFor: (asked) => (realm === undefined || asked === realm ? { username: 'alice', password } : undefined),
    cnonce: () => agent.ids.cnonce()
  })
}

const challenge = (nonce: string, more = '') =>
  ['WWW-Authenticate', `Digest realm="lab", nonce="${nonce}", qop="auth"${more}`] as const

/** A server's own look at an MD5 answer. */
function proves(value: string | undefined, method: string): boolean {
  if (!value) return false
  const get = (name: string) => new RegExp(`\\b${name}="?([^",]+)`).exec(value)?.[1]
  const key = ha1Of({ username: 'alice', password: 'secret' }, 'lab', 'MD5')
  const second = hashHex('MD5', `${method}:${get('uri')}`)
  return get('response') === hashHex('MD5', [key, get('nonce'), get('nc'), get('cnonce'), 'auth', second].join(':'))
}

const guarded =
  () =>
  ({ request, reply }: Asked) => {
    const isProven = proves(request.get('Authorization'), request.start.method)
    reply(isProven ? { status: 200 } : { status: 401, headers: [challenge('n1')] })
  }

describe('a request and its reply', () => {
  it('are matched, with the time between them', async () => {
    const peer = await sipPeer(({ reply }) => {
      reply({ status: 100 })
      reply({ status: 200 })
    })
    const agent = userAgent()
    const { reply, roundTripMs, failures } = await exchange(agent, draftOf(agent), { to: peer.uri, timeoutMs: 5000 })
    expect(reply.start.status).toBe(200)
    expect(roundTripMs).toBeGreaterThan(0)
    expect(failures).toEqual([])
    expect(peer.requests[0]!.get('User-Agent')).toBe('pbxkit')
  })

  it('survive a lost request over UDP, with the same bytes', async () => {
    const peer = await sipPeer(({ nth, reply }) => nth > 2 && reply({ status: 200 }))
    const agent = userAgent({ timers: { t1Ms: 20, t2Ms: 80, t4Ms: 50 } })
    await exchange(agent, draftOf(agent), { to: peer.uri, timeoutMs: 5000 })
    expect(new Set(peer.requests.map(({ bytes }) => String(bytes))).size).toBe(1)
  })

  it('are not a forged one: with another CSeq, Call-ID or From tag it changes nothing', async () => {
    const peer = await sipPeer(({ request, send, reply }) => {
      const forged = (from: RegExp, to: string) =>
        send(
          String(request.bytes)
            .replace(/^[^\r]*/, 'SIP/2.0 200 OK')
            .replace(from, to)
        )
      forged(/CSeq: 1 /, 'CSeq: 2 ')
      forged(/Call-ID: /, 'Call-ID: x')
      forged(/tag=/, 'tag=x')
      forged(/branch=z9hG4bK/, 'branch=z9hG4bKx')
      reply({ status: 404 })
    })
    const agent = userAgent()
    const { reply } = await exchange(agent, draftOf(agent), { to: peer.uri, timeoutMs: 5000 })
    expect(reply.start.status).toBe(404)
    expect(agent.counters).toEqual({ refused: 0, forged: 3, unknown: 1 })
  })

  it('end in a time-out that names the target, and in the reason of whoever stops it', async () => {
    const peer = await sipPeer(() => {})
    const agent = userAgent()
    await expect(exchange(agent, draftOf(agent), { to: peer.uri, timeoutMs: 30 })).rejects.toMatchObject({
      code: 'E_TIMEOUT',
      exit: 75
    })
    const stop = new AbortController()
    const pending = exchange(agent, draftOf(agent), { to: peer.uri, timeoutMs: 5000, signal: stop.signal })
    await peer.until(({ requests }) => new Set(requests.map(({ callId }) => callId)).size === 2)
    stop.abort(new Error('enough'))
    await expect(pending).rejects.toThrow('enough')
  })
})

describe('failover (RFC 3263 4.3)', () => {
  it('goes on after a port where nobody listens, a time-out and a 503, and remembers them', async () => {
    const dead = { transport: 'udp' as const, address: '127.0.0.1', port: await deadPort(), serverName: 'a' }
    const silent = await sipPeer(() => {})
    const busy = await sipPeer(({ reply }) => reply({ status: 503, headers: [['Retry-After', '100']] }))
    const good = await sipPeer(({ reply }) => reply({ status: 200 }))
    const agent = userAgent()
    const targets = [dead, silent.target, busy.target, good.target]
    const { flow, failures } = await exchange(agent, draftOf(agent), { to: targets, timeoutMs: 400 })
    expect(flow.target).toEqual(good.target)
    expect(failures.map(({ error }) => error.code)).toEqual(['E_CONNECT', 'E_TIMEOUT'])
    expect(agent.blacklist.order(targets)[0]).toEqual(good.target)
    expect(agent.blacklist.order(targets).at(-1)).toEqual(busy.target)
    expect([silent, busy, good].map(({ requests }) => requests[0]!.cseq.number)).toEqual([2, 3, 4])
  })

  it('gives the 503 when nobody is better, and the last error when nobody answers', async () => {
    const busy = await sipPeer(({ reply }) => reply({ status: 503 }))
    const port = await deadPort()
    const agent = userAgent()
    const dead = { ...busy.target, port }
    const { reply } = await exchange(agent, draftOf(agent), { to: [busy.target, dead], timeoutMs: 1000 })
    expect(reply.start.status).toBe(503)
    await expect(exchange(agent, draftOf(agent), { to: [dead], timeoutMs: 1000 })).rejects.toMatchObject({
      code: 'E_CONNECT',
      exit: 69
    })
  })

  it('is not for another refusal', async () => {
    const refusing = await sipPeer(({ reply }) => reply({ status: 403 }))
    const good = await sipPeer(({ reply }) => reply({ status: 200 }))
    const agent = userAgent()
    const { reply } = await exchange(agent, draftOf(agent), { to: [refusing.target, good.target], timeoutMs: 1000 })
    expect({ status: reply.start.status, asked: good.requests.length }).toEqual({ status: 403, asked: 0 })
  })
})

describe('a challenge', () => {
  it('is answered with the next CSeq, the same Call-ID and From tag, and a new branch; the next request proves itself at once', async () => {
    const peer = await sipPeer(guarded())
    const agent = userAgent()
    const digest = digestOf(agent)
    const options = { to: peer.uri, timeoutMs: 5000, digest }
    expect((await exchange(agent, draftOf(agent, 'REGISTER'), options)).reply.start.status).toBe(200)
    const [first, second] = peer.requests as [SipPeer['requests'][0], SipPeer['requests'][0]]
    expect([first.cseq.number, second.cseq.number]).toEqual([1, 2])
    expect(second.callId).toBe(first.callId)
    expect(second.from.tag).toBe(first.from.tag)
    expect(second.via.branch).not.toBe(first.via.branch)
    expect((await exchange(agent, draftOf(agent, 'REGISTER'), options)).reply.start.status).toBe(200)
    expect(peer.requests).toHaveLength(3)
  })

  it('that refuses the password is not answered again', async () => {
    const peer = await sipPeer(guarded())
    const agent = userAgent()
    const { reply, challenge } = await exchange(agent, draftOf(agent), {
      to: peer.uri,
      timeoutMs: 5000,
      digest: digestOf(agent, 'wrong')
    })
    expect({ status: reply.start.status, challenge, sent: peer.requests.length }).toEqual({
      status: 401,
      challenge: 'refused',
      sent: 2
    })
  })

  it('of a realm that is not ours is not answered', async () => {
    const peer = await sipPeer(guarded())
    const agent = userAgent()
    const { challenge } = await exchange(agent, draftOf(agent), {
      to: peer.uri,
      timeoutMs: 5000,
      digest: digestOf(agent, 'secret', 'other')
    })
    expect({ challenge, sent: peer.requests.length }).toEqual({ challenge: 'foreign realm', sent: 1 })
  })

  it('that never ends is left', async () => {
    let nonce = 0
    const peer = await sipPeer(({ reply }) => reply({ status: 401, headers: [challenge(`n${++nonce}`, ', stale=true')] }))
    const agent = userAgent()
    const { reply } = await exchange(agent, draftOf(agent), { to: peer.uri, timeoutMs: 5000, digest: digestOf(agent) })
    expect(reply.start.status).toBe(401)
    expect(peer.requests.length).toBeLessThanOrEqual(6)
    // A realm that is new each time is never a refusal.
    const moving = await sipPeer(({ reply, nth }) =>
      reply({ status: 401, headers: [['WWW-Authenticate', `Digest realm="r${nth}", nonce="n${nth}", qop="auth"`]] })
    )
    await exchange(agent, draftOf(agent), { to: moving.uri, timeoutMs: 5000, digest: digestOf(agent) })
    expect(moving.requests).toHaveLength(6)
  })
})

describe('a request of more than 1300 bytes', () => {
  const long = (agent: UserAgent) =>
    draftOf(agent, 'MESSAGE', { body: Buffer.alloc(1300, 'x'), headers: [['Content-Type', 'text/plain']] })

  const answer = ({ reply }: Asked) => reply({ status: 200 })

  it('goes over TCP, and over UDP where there is no TCP', async () => {
    const { udp, tcp } = await sipPeerOfBoth(answer)
    const agent = userAgent()
    expect((await exchange(agent, long(agent), { to: udp.uri, timeoutMs: 5000 })).flow.protocol).toBe('TCP')
    expect([udp.requests.length, tcp.requests[0]!.via.transport]).toEqual([0, 'TCP'])
    const alone = await sipPeer(answer)
    expect((await exchange(agent, long(agent), { to: alone.uri, timeoutMs: 5000 })).flow.protocol).toBe('UDP')
  })

  it('stays on UDP when that is wanted', async () => {
    const { udp } = await sipPeerOfBoth(answer)
    const agent = userAgent()
    expect((await exchange(agent, long(agent), { to: udp.uri, timeoutMs: 5000, udpOnly: true })).flow.protocol).toBe('UDP')
  })
})

it('what cannot be written is not sent, and no target is blamed', async () => {
  const peer = await sipPeer(({ reply }) => reply({ status: 200 }))
  const agent = userAgent()
  const draft = draftOf(agent, 'OPTIONS', { headers: [['X', 'a\r\nVia: b']] })
  await expect(exchange(agent, draft, { to: peer.uri, timeoutMs: 5000 })).rejects.toMatchObject({ code: 'E_UNSAFE_HEADER' })
  expect({ sent: peer.requests.length, blocked: agent.blacklist.isBlocked(peer.target) }).toEqual({ sent: 0, blocked: false })
})

it('addresses of From and To go out as they were given', async () => {
  const peer = await sipPeer(({ reply }) => reply({ status: 200 }))
  const agent = userAgent()
  const from = parseAddress('"Alice \\"A\\"" <sip:alice@example.org;x=1>;tag=abc')
  await exchange(agent, draftOf(agent, 'OPTIONS', { from }), { to: peer.uri, timeoutMs: 5000 })
  expect(peer.requests[0]!.get('From')).toBe('"Alice \\"A\\"" <sip:alice@example.org;x=1>;tag=abc')
})
