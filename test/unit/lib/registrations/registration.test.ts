import { describe, expect, it } from 'vitest'
import type { RegistrationAccount } from '../../../../src/lib/registrations/account.js'
import type { SipReply } from '../../../../src/lib/sip/message.js'
import { parseDatagram } from '../../../../src/lib/sip/parse.js'
import { Desk, flowOf } from './support/registrar.js'

const end = (waitMs?: number) => ({ do: 'end', waitMs })

describe('the request', () => {
  it("is Kamailio's: the domain, the AOR twice, l_uuid in the contact, rport", () => {
    const { request } = new Desk().begin()
    expect(request.start.uri).toBe('sip:lab.test')
    expect(request.from.uriText).toBe('sip:alice@lab.test')
    expect(request.to.uriText).toBe('sip:alice@lab.test')
    expect(request.get('Contact')).toBe('<sip:a1@192.0.2.10:5060>')
    expect(request.get('Expires')).toBe('600')
    expect(request.via.parameters.has('rport')).toBe(true)
  })

  it('has line= with a contact_user, and the given contact_addr', () => {
    const { request } = new Desk({ contactUser: 'desk', contactAddress: 'edge.test:5080;x=1' }).begin()
    expect(request.get('Contact')).toBe('<sip:desk@edge.test:5080;x=1;line=a1>')
  })

  it('has instance, reg-id and the option tags with outbound', () => {
    const { request } = new Desk({ outbound: true }).begin()
    expect(request.get('Contact')).toMatch(/^<sip:a1@192\.0\.2\.10:5060;ob>;\+sip\.instance="<urn:uuid:[0-9a-f-]{36}>";reg-id=1$/)
    expect(request.get('Supported')).toBe('path, outbound, gruu')
    expect(new Desk({ outbound: true }).begin().request.get('Contact')).toBe(request.get('Contact'))
  })

  it('keeps Call-ID and From tag for ever, and counts CSeq', () => {
    const desk = new Desk()
    const first = desk.begin().request
    desk.accept()
    const second = desk.begin().request
    expect([second.callId, second.from.tag, second.cseq.number]).toEqual([first.callId, first.from.tag, first.cseq.number + 1])
    expect(second.via.branch).not.toBe(first.via.branch)
    const other = new Desk({}, { newCallId: true })
    const before = other.begin().request.callId
    expect(other.begin().request.callId).not.toBe(before)
  })

  it('refuses a value that would be a second header', () => {
    const desk = new Desk({ extraHeaders: [{ name: 'X', value: 'a\r\nEvil: b' }] })
    expect(() => desk.begin()).toThrow(/CR, LF or NUL/)
  })
})

describe('a 200', () => {
  it('registers for what the own contact was granted, and refreshes before', () => {
    const desk = new Desk()
    desk.begin()
    expect(desk.registration.state).toBe('registering')
    expect(desk.accept(200)).toEqual(end(100_000))
    expect(desk.registration).toMatchObject({
      state: 'registered',
      isRegistered: true,
      boundMs: 200_000,
      code: 200,
      reason: undefined
    })
    desk.nowMs = 100_000
    desk.begin()
    expect(desk.registration).toMatchObject({ state: 'refreshing', isRegistered: true })
  })

  it('never refreshes later than 32 s before the end, nor after 60 % of a short time', () => {
    expect(new Desk({ refreshRatio: 0.95 }).begin().accept(100)).toEqual(end(68_000))
    expect(new Desk({ refreshRatio: 0.95 }).begin().accept(64)).toEqual(end(38_400))
    expect(new Desk({ refreshRatio: undefined }).begin().accept(1000)).toEqual(end(675_000))
  })

  it('takes Expires where the contact has none, and the wish where there is neither', () => {
    const desk = new Desk()
    desk.begin()
    desk.answer(200, [
      ['Contact', desk.contact],
      ['Expires', '90']
    ])
    expect(desk.registration.boundMs).toBe(90_000)
    desk.begin()
    desk.answer(200, [['Contact', desk.contact]])
    expect(desk.registration.boundMs).toBe(600_000)
  })

  it('without a contact is accepted with a warning', () => {
    const desk = new Desk()
    desk.begin()
    desk.answer(200)
    expect(desk.registration).toMatchObject({ state: 'registered', warning: 'the 200 lists no contact' })
  })

  it('finds the own binding among others, and not the longer life of a clone', () => {
    const desk = new Desk()
    desk.begin()
    desk.answer(200, [
      ['Contact', `<sip:a1@203.0.113.9:5060>;expires=3600, <sip:b@x.test>;expires=9, ${desk.contact};expires=120`]
    ])
    expect(desk.registration.boundMs).toBe(120_000)
    desk.begin()
    desk.answer(200, [['Contact', '<sip:a1@203.0.113.9>;expires=3600, <sip:a1@203.0.113.8>;expires=70']])
    expect(desk.registration.boundMs).toBe(70_000)
    const line = new Desk({ contactUser: 'desk' })
    line.begin()
    line.answer(200, [['Contact', '<sip:desk@x.test;line=other>;expires=50, <sip:changed@y.test;line=a1>;expires=80']])
    expect(line.registration.boundMs).toBe(80_000)
    const outbound = new Desk({ outbound: true })
    outbound.begin()
    const changed = outbound.contact.replace('192.0.2.10:5060', 'edge.test')
    outbound.answer(200, [['Contact', `<sip:a1@z.test>;expires=50, ${changed};expires=85`]])
    expect(outbound.registration.boundMs).toBe(85_000)
  })

  it('with nobody but others is no registration; alone and rewritten it is one', () => {
    const desk = new Desk()
    desk.begin()
    expect(desk.answer(200, [['Contact', '<sip:x@a.test>;expires=60, <sip:y@a.test>;expires=60']])).toEqual(end(22_500))
    expect(desk.registration).toMatchObject({ state: 'backoff', reason: 'binding missing' })
    desk.begin()
    desk.answer(200, [['Contact', '<sip:x@a.test>;expires=60']])
    expect(desk.registration).toMatchObject({ state: 'registered', warning: 'the contact was rewritten', boundMs: 60_000 })
  })

  it('that grants no time is a failure', () => {
    const desk = new Desk()
    desk.begin()
    expect(desk.accept(0)).toEqual(end(22_500))
    expect(desk.registration).toMatchObject({ state: 'backoff', reason: 'no time granted' })
  })

  it('survives broken contacts beside the own', () => {
    const desk = new Desk()
    desk.begin()
    desk.answer(200, [
      ['Contact', '<sip:broken'],
      ['Contact', `${desk.contact};expires=77`]
    ])
    expect(desk.registration.boundMs).toBe(77_000)
  })

  it('tells Path, Service-Route, associated URIs, GRUUs and Flow-Timer', () => {
    const desk = new Desk()
    desk.begin()
    desk.answer(200, [
      ['Contact', `${desk.contact};expires=60;pub-gruu="sip:g@a;gr=1";temp-gruu="sip:t@a;gr"`],
      ['Path', '<sip:edge;lr>'],
      ['Service-Route', '<sip:a;lr>, <sip:b;lr>'],
      ['P-Associated-URI', '<tel:+4930>'],
      ['Flow-Timer', '25']
    ])
    expect(desk.registration.facts).toEqual({
      path: ['<sip:edge;lr>'],
      serviceRoute: ['<sip:a;lr>', '<sip:b;lr>'],
      associated: ['<tel:+4930>'],
      publicGruu: 'sip:g@a;gr=1',
      temporaryGruu: 'sip:t@a;gr',
      flowTimerS: 25
    })
  })

  it('is registered by a 200 whose Path and Service-Route cannot be read', () => {
    const desk = new Desk()
    desk.begin()
    const broken = '"never closed, <sip:a;lr>'
    const step = desk.accept(60, [
      ['Path', broken],
      ['Service-Route', broken],
      ['P-Associated-URI', '<tel:+4930>']
    ])
    expect(step).toMatchObject({ do: 'end', waitMs: expect.any(Number) })
    expect(desk.registration.state).toBe('registered')
    expect(desk.registration.facts).toEqual({ path: [], serviceRoute: [], associated: ['<tel:+4930>'] })
  })
})

describe('a challenge', () => {
  it('is answered once, and before it is made again: a refresh is one request', () => {
    const desk = new Desk()
    desk.begin()
    expect(desk.challenge('n1')).toEqual({ do: 'send' })
    desk.send()
    expect(desk.request.get('Authorization')).toContain('nc=00000001')
    desk.accept()
    desk.begin()
    expect(desk.request.get('Authorization')).toContain('nc=00000002')
  })

  it('of a proxy and of the registrar are both answered', () => {
    const desk = new Desk()
    desk.begin()
    desk.challenge('p', { status: 407, realm: 'edge' })
    desk.send()
    desk.challenge('n')
    desk.send()
    expect(desk.request.get('Authorization')).toContain('realm="lab.test"')
    expect(desk.request.get('Proxy-Authorization')).toContain('realm="edge"')
  })

  it('after our answer is a wrong password, which does not hammer', () => {
    const desk = new Desk()
    desk.begin()
    desk.challenge('n1')
    desk.send()
    expect(desk.challenge('n1')).toEqual(end(630_000))
    expect(desk.registration).toMatchObject({ state: 'rejected', reason: 'wrong password' })
  })

  it('that is stale is answered with the new nonce', () => {
    const desk = new Desk()
    desk.begin()
    desk.challenge('n1')
    desk.send()
    desk.accept()
    desk.begin()
    expect(desk.challenge('n2', { more: ', stale=true' })).toEqual({ do: 'send' })
    expect(desk.send().request.get('Authorization')).toMatch(/nonce="n2".*nc=00000001/)
  })

  it('of another realm than the row has gets no answer', () => {
    const desk = new Desk({ realm: 'other.test' })
    desk.begin()
    desk.challenge('n1')
    expect(desk.registration).toMatchObject({ state: 'rejected', reason: 'realm mismatch' })
  })

  it('of a proxy with a login of its own gets that, and the account its own', () => {
    const credentials = (realm: string) => (realm === 'edge.test' ? { username: 'edge', password: 'x' } : undefined)
    const desk = new Desk({ realm: 'lab.test' }, { credentials })
    desk.begin()
    expect(desk.challenge('n1', { status: 407, realm: 'edge.test' }).do).toBe('send')
    expect(desk.send().request.get('Proxy-Authorization')).toContain('username="edge", realm="edge.test"')
    expect(desk.challenge('n2', { realm: 'lab.test' }).do).toBe('send')
    expect(desk.send().request.get('Authorization')).toContain('username="alice", realm="lab.test"')
  })

  it('for an account without a realm is told of when it is answered, unless it is the domain itself', () => {
    const told: string[] = []
    const onGuess = (realm: string) => void told.push(realm)
    const answers = (realm: string, values: Partial<RegistrationAccount> = {}, anyRealm = false) => {
      const desk = new Desk(values, { onGuess, anyRealm }).begin()
      expect(desk.challenge('n1', { realm }).do).toBe('send')
    }
    answers('lab.test')
    answers('named', { realm: 'named' })
    answers('any', {}, true)
    expect(told).toEqual([])
    answers('other')
    expect(told).toEqual(['other'])
  })

  it('goes on for five rounds at most', () => {
    const desk = new Desk()
    desk.begin()
    desk.challenge('n0')
    let rounds = 1
    for (; rounds < 20; rounds++) {
      desk.send()
      if (desk.challenge(`n${rounds}`, { realm: `r${rounds}` }).do !== 'send') break
    }
    expect(rounds).toBe(5)
    expect(desk.registration.state).toBe('rejected')
  })
})

describe('a refusal', () => {
  it.each([403, 404, 405, 600, 603, 604, 400])('with %i is rejected, with a long wait', (status) => {
    const desk = new Desk()
    desk.begin()
    expect(desk.answer(status)).toEqual(end(630_000))
    expect(desk.registration).toMatchObject({ state: 'rejected', code: status, reason: 'refused' })
  })

  it('423 is followed at once, and its Min-Expires kept', () => {
    const desk = new Desk()
    desk.begin()
    expect(desk.answer(423, [['Min-Expires', '900']])).toEqual({ do: 'send' })
    expect(desk.send().request.get('Expires')).toBe('900')
    desk.accept(900)
    expect(desk.begin().request.get('Expires')).toBe('900')
    expect(desk.registration.account.expiresS).toBe(600)
  })

  it('423 without a number doubles; beyond --max-expires it is refused; the same again, too', () => {
    const desk = new Desk()
    desk.begin()
    desk.answer(423)
    expect(desk.send().request.get('Expires')).toBe('1200')
    const greedy = new Desk()
    greedy.begin()
    greedy.answer(423, [['Min-Expires', '99999999']])
    expect(greedy.registration.reason).toBe('min-expires too long')
    const dull = new Desk()
    dull.begin()
    expect(dull.answer(423, [['Min-Expires', '10']])).toEqual({ do: 'send' })
    dull.send()
    expect(dull.answer(423, [['Min-Expires', '10']])).toMatchObject({ do: 'end' })
  })

  it('439 goes on without outbound, 420 without the unsupported tags', () => {
    const desk = new Desk({ outbound: true })
    desk.begin()
    expect(desk.answer(439)).toEqual({ do: 'send' })
    expect(desk.send().request.get('Contact')).not.toContain('reg-id')
    const bad = new Desk({ path: true })
    bad.begin()
    expect(bad.answer(420, [['Unsupported', 'PATH']])).toEqual({ do: 'send' })
    expect(bad.send().request.get('Supported')).toBeUndefined()
    expect(bad.answer(420, [['Unsupported', 'path']])).toEqual(end(630_000))
  })
})

describe('a registrar that cannot', () => {
  it.each([408, 480, 500, 503, 504])('now, with %i, is followed by the next target, then by a back-off', (status) => {
    const desk = new Desk()
    desk.begin()
    expect(desk.answer(status)).toMatchObject({ do: 'next target' })
    expect(desk.registration.exhausted(undefined)).toEqual(end(22_500))
    expect(desk.registration).toMatchObject({ state: 'backoff', reason: 'busy' })
  })

  it('makes the waits double up to half an hour', () => {
    const desk = new Desk()
    const waits = Array.from({ length: 9 }, () => {
      desk.begin()
      desk.registration.fail('timeout')
      const step = desk.registration.exhausted(undefined)
      return step.do === 'end' ? step.waitMs : undefined
    })
    expect(waits.slice(0, 3)).toEqual([22_500, 45_000, 90_000])
    expect(waits.at(-1)).toBe(1_350_000)
    expect(desk.registration).toMatchObject({ state: 'backoff', reason: 'timeout', code: undefined })
  })

  it('names a Retry-After: the first is taken at its word, later ones are a minimum', () => {
    const desk = new Desk()
    desk.begin()
    expect(desk.answer(503, [['Retry-After', '3 (soon)']])).toEqual({ do: 'next target', blockMs: 3000 })
    expect(desk.registration.exhausted(3)).toEqual(end(3375))
    desk.begin()
    expect(desk.registration.exhausted(3)).toEqual(end(45_000))
    expect(desk.registration.exhausted(3000)).toEqual(end(3_375_000))
  })

  it('is the end with --retry-interval 0', () => {
    const desk = new Desk({}, { retryS: 0 })
    desk.begin()
    desk.registration.fail('timeout')
    expect(desk.registration.exhausted(undefined)).toEqual(end(undefined))
    expect(desk.registration.state).toBe('rejected')
  })

  it('takes nothing from who is still registered, and waits longer for it', () => {
    const desk = new Desk()
    desk.begin()
    desk.accept(600)
    desk.nowMs = 100_000
    desk.begin()
    desk.registration.fail('timeout')
    expect(desk.registration.exhausted(undefined)).toEqual(end(67_500))
    expect(desk.registration).toMatchObject({ state: 'registered', isRegistered: true, reason: 'timeout' })
    desk.nowMs = 601_000
    expect(desk.registration.isRegistered).toBe(false)
  })
})

describe('a redirect', () => {
  it('is followed in the order of q, without headers and users', () => {
    const desk = new Desk()
    desk.begin()
    const contacts = '<sip:x@b.test:5070?Evil=1>;q=0.1, <sip:a.test>;q=0.9'
    expect(desk.answer(302, [['Contact', contacts]])).toEqual({ do: 'redirect', uris: ['sip:a.test', 'sip:b.test:5070'] })
    desk.registration.redirectTo('sip:a.test')
    expect(desk.send().request.start.uri).toBe('sip:a.test')
    expect(desk.registration.route).toEqual(['sip:lab.test'])
    expect(desk.begin().request.start.uri).toBe('sip:lab.test')
  })

  it('301 is kept, 305 refused, and the sixth too', () => {
    const desk = new Desk()
    desk.begin()
    desk.answer(301, [['Contact', '<sip:new.test>']])
    expect(desk.registration.route).toEqual(['sip:new.test'])
    for (let i = 0; i < 4; i++) expect(desk.answer(302, [['Contact', '<sip:new.test>']]).do).toBe('redirect')
    expect(desk.answer(302, [['Contact', '<sip:new.test>']]).do).toBe('end')
    expect(desk.registration.reason).toBe('too many hops')
    const proxy = new Desk()
    proxy.begin()
    proxy.answer(305, [['Contact', '<sip:evil.test>']])
    expect(proxy.registration.reason).toBe('redirect refused')
  })

  it('does not lead from sips to sip', () => {
    const desk = new Desk({ proxies: ['sips:lab.test'] })
    desk.flow = { ...flowOf(), protocol: 'TLS', target: { ...flowOf().target, transport: 'tls' } }
    desk.begin()
    desk.answer(302, [['Contact', '<sip:evil.test>']])
    expect(desk.registration.reason).toBe('redirect refused')
  })
})

describe('behind a NAT', () => {
  const seen = '40000;received=203.0.113.7'
  const reply = (desk: Desk, via: string) => desk.answer(200, [['Contact', `${desk.contact};expires=600`]], via)

  it('the address that the registrar saw is registered, and the old binding taken back, once', () => {
    const desk = new Desk()
    desk.begin()
    expect(reply(desk, seen)).toEqual({ do: 'send' })
    desk.send()
    expect(desk.request.lines('Contact')).toEqual(['<sip:a1@203.0.113.7:40000>', '<sip:a1@192.0.2.10:5060>;expires=0'])
    expect(reply(desk, seen)).toMatchObject({ do: 'end' })
    desk.begin()
    expect(desk.request.lines('Contact')).toEqual(['<sip:a1@203.0.113.7:40000>'])
  })

  it('a gateway with another address each time does not make us register for ever', () => {
    const desk = new Desk()
    let sent = 0
    for (let attempt = 0; attempt < 10; attempt++) {
      desk.begin()
      sent++
      while (reply(desk, `${40_000 + sent};received=203.0.113.7`).do === 'send') {
        desk.send()
        sent++
      }
    }
    expect(sent).toBe(18)
  })

  it('a private address that a public server names is not believed; nor any with --nat off or a contact of our own', () => {
    const lies = '5060;received=10.0.0.7'
    const liedTo = new Desk().begin()
    expect(reply(liedTo, lies).do).toBe('end')
    const off = new Desk({}, { nat: 'off' }).begin()
    expect(reply(off, seen).do).toBe('end')
    const named = new Desk({ contactAddress: 'me.test' }).begin()
    expect(reply(named, seen).do).toBe('end')
    const near = new Desk()
    near.flow = flowOf('10.0.0.5:5060', '10.0.0.1')
    near.begin()
    expect(reply(near, lies)).toEqual({ do: 'send' })
  })
})

describe('leaving', () => {
  it('takes back what the registrar has, with Expires 0, and all with a star', () => {
    const desk = new Desk()
    desk.begin()
    desk.accept()
    desk.flow = flowOf('192.0.2.99:1234')
    desk.begin('unregister')
    expect([desk.request.lines('Contact'), desk.request.get('Expires')]).toEqual([['<sip:a1@192.0.2.10:5060>'], '0'])
    expect(desk.answer(200)).toEqual(end(undefined))
    expect(desk.registration.isRegistered).toBe(false)
    desk.begin('unregister all')
    expect([desk.request.lines('Contact'), desk.request.get('Expires')]).toEqual([['*'], '0'])
  })

  it('lists the bindings that there are', () => {
    const desk = new Desk()
    desk.begin('fetch')
    expect(desk.request.get('Contact')).toBeUndefined()
    desk.answer(200, [['Contact', '<sip:x@a.test>;expires=60']])
    expect(desk.registration.bindings).toEqual([{ contact: '<sip:x@a.test>', expiresS: 60, own: false }])
  })
})

describe('a restart', () => {
  it('goes on with Call-ID, From tag, CSeq, nonce and contact', () => {
    const first = new Desk()
    first.begin()
    first.challenge('n1')
    first.send()
    first.accept(600)
    const saved = JSON.parse(JSON.stringify(first.registration.save(1_000_000)))
    expect(saved).toMatchObject({ contact: 'sip:a1@192.0.2.10:5060', expiresAtMs: 1_600_000, cseq: 2 })
    const second = new Desk({}, {}, saved)
    second.registration.resume(400_000)
    expect(second.registration).toMatchObject({ state: 'registered', isRegistered: true })
    second.begin()
    expect([second.request.callId, second.request.from.tag, second.request.cseq.number]).toEqual([
      first.request.callId,
      first.request.from.tag,
      3
    ])
    expect(second.request.get('Authorization')).toMatch(/nonce="n1".*nc=00000002/)
  })

  it('does not go on with a disabled account', () => {
    expect(new Desk({ isDisabled: true }).registration.state).toBe('disabled')
    expect(new Desk({ expiresS: 0 }).registration.state).toBe('disabled')
  })
})

it('reads numbers of a peer that are none as missing', () => {
  const desk = new Desk()
  desk.begin()
  const bytes = Buffer.from(
    'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\nExpires: soon\r\n\r\n'
  )
  desk.registration.receive(parseDatagram(bytes) as SipReply, desk.flow)
  expect(desk.registration.boundMs).toBe(600_000)
})
