import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RegistrationAccount } from '../../../../src/lib/registrations/account.js'
import { AgentPool } from '../../../../src/lib/registrations/agent-pool.js'
import { controlMethods } from '../../../../src/lib/registrations/control-methods.js'
import { answerRequests } from '../../../../src/lib/registrations/incoming-requests.js'
import { metricsRenderer } from '../../../../src/lib/registrations/metrics-server.js'
import { defaultPolicy } from '../../../../src/lib/registrations/policy.js'
import type { RegistrationEvent } from '../../../../src/lib/registrations/registration-event.js'
import { RegistrationKeeper } from '../../../../src/lib/registrations/registration-keeper.js'
import { readState, writeState } from '../../../../src/lib/registrations/state-file.js'
import type { SipRequest } from '../../../../src/lib/sip/message.js'
import { SystemWheel } from '../../../../src/lib/sip-transport/system-wheel.js'
import { type Asked, type SipPeer, sipPeer, userAgent } from '../../support/sip-peer.js'
import { account } from './support/registrar.js'

/** A keeper on a real socket of loopback, and what happens to its accounts. @param t1Ms long where requests are counted: a busy machine makes copies of them */
function keeperOf({ window = 300, requestTimeoutMs = 300, retryS = 30, t1Ms = 60 } = {}) {
  const events: RegistrationEvent[] = []
  const watchers = new Set<() => void>()
  const wheel = new SystemWheel(() => performance.now())
  const agents = new AgentPool(() => userAgent({ udp: 'shared', timers: { t1Ms, t2Ms: Math.max(200, t1Ms), t4Ms: 500 } }))
  onTestFinished(() => wheel.stop())
  const faults: unknown[] = []
  const keeper = new RegistrationKeeper({
    policy: { ...defaultPolicy, retryS },
    ...{ agents, wheel, window, requestTimeoutMs },
    now: () => performance.now(),
    wallNow: () => Date.now(),
    random: () => 0.5,
    spreadMs: 0,
    udpOnly: false,
    keepAlive: 'none',
    keepAliveMs: 25_000,
    onEvent: (event) => {
      events.push(event)
      for (const watcher of watchers) watcher()
    },
    onFault: (error) => faults.push(error)
  })
  const until = (look: () => boolean) =>
    new Promise<void>((resolve) => {
      const watcher = () => {
        if (!look()) return
        watchers.delete(watcher)
        resolve()
      }
      watchers.add(watcher)
      watcher()
    })
  const count = (kind: string) => events.filter(({ event }) => event === kind).length
  return { keeper, agents, events, faults, until, count }
}

function accountAt(peer: SipPeer, n: number, more: Partial<RegistrationAccount> = {}): RegistrationAccount {
  const uuid = `u${n}`
  return {
    ...account,
    uuid,
    username: uuid,
    domain: '127.0.0.1',
    proxies: [`sip:127.0.0.1:${peer.port};transport=${peer.target.transport}`],
    ...more
  }
}

const accept = ({ request, reply }: Asked) => {
  const own = request.contacts[0]
  const isGone = request.get('Expires') === '0' || !own
  reply({ status: 200, headers: isGone ? [] : [['Contact', `<${own.uriText}>;expires=600`]] })
}

describe('all accounts together', () => {
  it('register through the window, and are taken back at a stop', async () => {
    let open = 0
    let most = 0
    const peer = await sipPeer((asked) => {
      most = Math.max(most, ++open)
      setImmediate(() => {
        open--
        accept(asked)
      })
    })
    const { keeper, until, count, faults } = keeperOf({ window: 5, requestTimeoutMs: 5000, t1Ms: 3000 })
    keeper.apply(Array.from({ length: 40 }, (_, n) => accountAt(peer, n)))
    await until(() => count('registered') === 40)
    expect(keeper.registeredCount).toBe(40)
    expect(most).toBeLessThanOrEqual(5)
    const scraped = {
      keeper,
      agents: [{ counters: { refused: 1, forged: 2, unknown: 3 } }],
      version: '1',
      startedAt: '2026-01-01T00:00:00Z'
    }
    const metrics = await metricsRenderer()(scraped)
    for (const line of [
      'registered 40',
      'accounts{state="registered"} 40',
      'replies_total{code="200"} 40',
      'rtt_seconds_count 40'
    ])
      expect(metrics).toContain(`\npbxkit_uac_${line}\n`)
    expect(metrics).toContain('pbxkit_uac_ignored_messages_total{reason="forged"} 2\n')
    expect(metrics).toMatch(/pbxkit_uac_resident_memory_bytes \d{7}/)
    expect(await keeper.stop({ unregister: true, timeoutMs: 5000 })).toBe(0)
    expect(keeper.registeredCount).toBe(0)
    expect(transactions(peer.requests).filter((one) => one.get('Expires') === '0')).toHaveLength(40)
    expect(faults).toEqual([])
  })

  it('are waited for at a stop, also those who are leaving already, and no longer than until they have left', async () => {
    let isHeld = false
    const held: Asked[] = []
    const peer = await sipPeer((asked) => {
      if (isHeld) held.push(asked)
      else accept(asked)
    })
    const { keeper, until, count } = keeperOf({ requestTimeoutMs: 5000, t1Ms: 3000 })
    keeper.apply([0, 1].map((n) => accountAt(peer, n)))
    await until(() => count('registered') === 2)
    isHeld = true
    keeper.disable(keeper.accounts.get('u0')!)
    await peer.until(() => held.length === 1)
    const stopped = keeper.stop({ unregister: true, timeoutMs: 15_000 })
    await peer.until(() => held.length === 2)
    for (const asked of held) accept(asked)
    expect(await stopped).toBe(0)
  }, 10_000)

  it('spare a silent registrar: one looks after it, the others wait, and all are back when it is', async () => {
    let isSilent = true
    const peer = await sipPeer((asked) => {
      if (!isSilent) accept(asked)
    })
    const { keeper, until, count } = keeperOf({ window: 3 })
    keeper.apply(Array.from({ length: 60 }, (_, n) => accountAt(peer, n)))
    await until(() => count('failed') >= 3 && count('waiting') >= 50)
    const asked = new Set(peer.requests.map(({ callId }) => callId))
    // Three found out, and at most one looks at a time.
    expect(asked.size).toBeLessThanOrEqual(4)
    expect(keeper.breaker.open).toEqual([`udp 127.0.0.1:${peer.port}`])
    isSilent = false
    await until(() => keeper.registeredCount === 60)
    expect(keeper.breaker.open).toEqual([])
  }, 20_000)

  it('are compared at a reload: only what differs is touched', async () => {
    const peer = await sipPeer(accept)
    const { keeper, until, count } = keeperOf({ requestTimeoutMs: 5000, t1Ms: 3000 })
    keeper.apply([0, 1, 2].map((n) => accountAt(peer, n)))
    await until(() => count('registered') === 3)
    const before = peer.requests.length
    const diff = keeper.apply([
      accountAt(peer, 0, { source: 'moved down' }),
      accountAt(peer, 1, { expiresS: 900 }),
      accountAt(peer, 3)
    ])
    expect([diff.added.length, diff.changed.length, diff.removed.length, diff.same.length]).toEqual([1, 1, 1, 1])
    await until(() => count('removed') === 1 && count('refreshed') === 1 && count('registered') === 4)
    const later = transactions(peer.requests.slice(before)).map((one) => `${one.from.uriText} ${one.get('Expires')}`)
    expect(later.sort()).toEqual(['sip:u1@127.0.0.1 900', 'sip:u2@127.0.0.1 0', 'sip:u3@127.0.0.1 600'])
    const calls = peer.requests.filter((one) => one.from.uriText === 'sip:u1@127.0.0.1').map(({ callId }) => callId)
    expect(new Set(calls).size).toBe(1)
  })
})

describe('one account', () => {
  it('is not registered by forged replies', async () => {
    const peer = await sipPeer(({ request, send, reply }) => {
      const forge = (name: string, value: string) => {
        const text = request.headers
          .filter(({ key }) => ['via', 'from', 'to', 'call-id', 'cseq', 'contact'].includes(key))
          .map(({ key, raw }) => (key === name ? value : raw))
        send(`SIP/2.0 200 OK\r\n${text.join('')}\r\n`)
      }
      forge('call-id', 'Call-ID: other\r\n')
      forge('from', `From: <${request.from.uriText}>;tag=other\r\n`)
      forge('cseq', `CSeq: ${request.cseq.number + 1} REGISTER\r\n`)
      reply({ status: 403 })
    })
    const { keeper, agents, until, count, events } = keeperOf({ requestTimeoutMs: 5000 })
    keeper.add(accountAt(peer, 0))
    await until(() => count('rejected') === 1)
    expect(events).toHaveLength(1)
    expect(agents.agentFor(undefined).counters.forged).toBe(3)
  })

  it('comes back at once when its connection is lost', async () => {
    const peer = await sipPeer(accept, 'tcp')
    const { keeper, until, count } = keeperOf({ requestTimeoutMs: 5000 })
    keeper.add(accountAt(peer, 0))
    await until(() => count('registered') === 1)
    await peer.close()
    await until(() => count('lost') === 1)
    await sipPeer(accept, 'tcp', peer.port)
    await until(() => count('refreshed') === 1)
  }, 20_000)

  it('goes to the next proxy when the first is not there', async () => {
    const [dead, peer] = [await sipPeer(() => {}), await sipPeer(accept)]
    const { keeper, until, count, events } = keeperOf()
    const proxies = [`sip:127.0.0.1:${dead.port}`, `sip:127.0.0.1:${peer.port}`]
    keeper.add(accountAt(peer, 0, { proxies }))
    await until(() => count('registered') === 1)
    expect(events[0]).toMatchObject({ target: `udp 127.0.0.1:${peer.port}` })
  })

  it('goes on after a restart without a request', async () => {
    const peer = await sipPeer(accept)
    const first = keeperOf({ requestTimeoutMs: 5000 })
    first.keeper.add(accountAt(peer, 0))
    await first.until(() => first.count('registered') === 1)
    const folder = mkdtempSync(path.join(os.tmpdir(), 'pbxkit-state-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = path.join(folder, 'state')
    const { registration } = first.keeper.accounts.get('u0')!
    writeState(file, [{ uuid: 'u0', aor: registration.aor, saved: registration.save(Date.now()) }])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    writeFileSync(
      file,
      `${readFileSync(file, 'utf8')}{"l_uuid": broken\n{"l_uuid":"x","aor":"y","callId":"a\\r\\nb","fromTag":"t","cseq":1}\n`
    )
    const saved = readState(file)
    expect([...saved.keys()]).toEqual(['u0'])
    const second = keeperOf()
    second.keeper.add(accountAt(peer, 0), saved.get('u0')!.saved)
    expect(second.keeper.registeredCount).toBe(1)
    expect(peer.requests).toHaveLength(1)
  })
})

it('answers what it is asked over the control socket, and never with a password', async () => {
  const peer = await sipPeer(accept)
  const { keeper, until, count } = keeperOf({ requestTimeoutMs: 5000 })
  keeper.apply([accountAt(peer, 0), accountAt(peer, 1, { realm: 'x' })])
  await until(() => count('registered') === 2)
  const methods = controlMethods({
    keeper,
    now: () => performance.now(),
    startedAt: '',
    reload: async () => ({}),
    readAccount: async () => accountAt(peer, 7)
  })
  const ask = async (name: string, params = {}) =>
    methods[`uac.${name}`]!(params) as Promise<Record<string, unknown>> | Record<string, unknown>
  expect(await ask('reg_dump', { offset: 1, limit: 5 })).toMatchObject({
    total: 2,
    offset: 1,
    rows: [{ l_uuid: 'u1', registered: true, flags: 4 }]
  })
  expect(JSON.stringify(await ask('reg_dump'))).not.toContain('secret')
  expect(await ask('reg_disable', { value: 'u*' })).toEqual({ count: 2 })
  await until(() => count('disabled') === 2)
  expect(await ask('status')).toMatchObject({ regtotal: 2, regactive: 0, regdisabled: 2 })
  expect(await ask('reg_enable', { attribute: 'r_username', value: 'u1' })).toEqual({ count: 1 })
  await until(() => count('registered') === 3)
  expect(await ask('reg_add', { account: {} })).toEqual({ l_uuid: 'u7' })
  await expect(ask('reg_add', { account: {} })).rejects.toThrow('already')
  expect(await ask('reg_lookup', { value: 'u1' })).toEqual({ uri: 'sip:100@pbx.local' })
  expect(await ask('reg_lookup_uri', { uri: 'sip:u1@127.0.0.1' })).toEqual({ l_uuid: 'u1' })
  expect(await ask('reg_remove', { value: 'u7' })).toEqual({ count: 1 })
  await expect(ask('reg_info', { attribute: 'password', value: '*' })).rejects.toThrow('no attribute')
})

it('sends a call on to the local name of the account that it reaches', async () => {
  const agent = userAgent({ udp: 'shared' })
  const accounts = new Map([['u0', { ...account, uuid: 'u0' }]])
  const options = {
    notifyStatus: 200,
    messageStatus: 405,
    onInvite: undefined,
    account: (uuid: string) => accounts.get(uuid),
    accounts: () => accounts.values()
  }
  answerRequests(agent, { ...options, redirect: 'lookup' })
  const peer = await sipPeer(() => {})
  const flow = await agent.flowTo(peer.target)
  const { default: dgram } = await import('node:dgram')
  const socket = dgram.createSocket('udp4')
  onTestFinished(() => void socket.close())
  const ask = (method: string, user: string) =>
    new Promise<string>((resolve) => {
      socket.once('message', (bytes) => resolve(bytes.toString()))
      const port = Number(flow.sentBy.split(':').at(-1))
      const lines = [
        `${method} sip:${user}@127.0.0.1 SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK${method}${user}`,
        'From: <sip:b@b>;tag=1',
        'To: <sip:a@a>',
        `Call-ID: ${method}${user}`,
        `CSeq: 1 ${method}`,
        'Max-Forwards: 70',
        'Contact: <sip:b@127.0.0.1>'
      ]
      socket.send(`${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`, port, '127.0.0.1')
    })
  const redirected = await ask('INVITE', 'u0')
  expect(redirected).toMatch(/^SIP\/2\.0 302 /)
  expect(redirected).toContain('Contact: <sip:100@pbx.local>')
  expect(await ask('INVITE', 'nobody')).toMatch(/^SIP\/2\.0 404 /)
  expect(await ask('NOTIFY', 'u0')).toMatch(/^SIP\/2\.0 200 /)
  expect(await ask('OPTIONS', 'u0')).toMatch(/^SIP\/2\.0 200 /)
})

/** Each request once: on a busy machine some are sent again before their reply is read. */
function transactions(requests: readonly SipRequest[]): SipRequest[] {
  return [...new Map(requests.map((one) => [one.get('Via'), one])).values()]
}
