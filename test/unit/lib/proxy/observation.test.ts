import http from 'node:http'
import { describe, expect, it } from 'vitest'
import { MetricsAccess } from '../../../../src/lib/access/metrics-access.js'
import { Accounts } from '../../../../src/lib/proxy/accounts/accounts.js'
import { plainUser } from '../../../../src/lib/proxy/user-options.js'
import { startPair, type TestProxy, untilAllUp, untilTrue } from './support/proxy.js'

function get({ address }: TestProxy, path: string): Promise<{ status: number; type: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.get({ ...address, path, agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, type: response.headers['content-type'], body }))
    })
    request.on('error', reject)
  })
}

/** The lines of one metric, without its prefix. */
async function metric(proxy: TestProxy, name: string): Promise<string[]> {
  const { body } = await get(proxy, '/metrics')
  const lines = body.split('\n').filter((line) => line.startsWith(`pbxkit_proxy_${name}`))
  return lines.map((line) => line.slice('pbxkit_proxy_'.length))
}

const event = (n: number) => `Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: ${n}\r\n\r\n`

describe('the status of a running proxy', () => {
  it('shows servers with the Ping of now, and clients with what they did', async () => {
    const { server, proxy } = await startPair()
    const client = await proxy.login({ user: 'ann', events: 'call' })
    await client.ask('Action: Ping\r\n', 'p')
    server.emit(event(1) + event(2))
    await client.block('Uniqueid: 2')
    const status = await proxy.running.status()
    expect(status.servers).toMatchObject([
      { name: 'pbx', host: '127.0.0.1', port: server.port, state: 'up', reconnects: 0, lastError: null, tls: false }
    ])
    expect(status.servers[0]).toMatchObject({ banner: 'Asterisk Call Manager/11.0.0', actionsInFlight: 0 })
    expect(status.servers[0]!.lagMs).toBeGreaterThan(0)
    expect(server.actions.map(({ name }) => name)).toEqual(['Ping', 'Ping'])
    expect(status.clients).toMatchObject([
      { user: 'ann', input: 'standard', output: 'standard', encrypted: false, filtered: true, actions: 2, actionsInFlight: 0 }
    ])
    // The banner goes out before there is a session.
    const bytesOut = client.socket.bytesRead - 'Asterisk Call Manager/11.0.0\r\n'.length
    expect(status.clients[0]).toMatchObject({ queueBytes: 0, dropped: 0, bytesOut })
    expect(status).toMatchObject({ users: 3, draining: false, counters: { eventsIn: 2, eventsOut: 2, eventsDropped: 0 } })
    expect(status.counters).toMatchObject({ actions: { success: 1 }, logins: { success: 1 }, reconnects: 0 })
    expect(status.journal!.next - status.journal!.first).toBe(3)
  })

  it('keeps counting what clients that have gone were given', async () => {
    const { proxy } = await startPair()
    const first = await proxy.login()
    await first.ask('Action: Ping\r\n', 'p')
    const given = (await proxy.running.status()).counters.bytesOut
    first.socket.destroy()
    const second = await proxy.login()
    await untilTrue(second, () => proxy.log.some(({ message }) => message === 'client gone'))
    const { counters, clients } = await proxy.running.status()
    expect(clients).toHaveLength(1)
    expect(counters.bytesOut).toBe(given + clients[0]!.bytesOut)
  })

  it('tells of a server that is down and comes back', async () => {
    const { server, proxy } = await startPair()
    const client = await proxy.login()
    const before = (await proxy.running.status()).servers[0]!.since
    server.drop()
    await untilTrue(client, () => !proxy.running.servers.all[0]!.isUp)
    const [down] = (await proxy.running.status()).servers
    expect(down).toMatchObject({ lastError: expect.stringContaining('connection'), lagMs: null, banner: null })
    expect(Date.parse(down!.since)).toBeGreaterThanOrEqual(Date.parse(before))
    await untilAllUp(proxy, client)
    const { servers, counters } = await proxy.running.status()
    expect([servers[0]!.state, servers[0]!.reconnects, counters.reconnects]).toEqual(['up', 1, 1])
  })

  it('does not wait for a server that does not answer: it shows the time so far', async () => {
    const { proxy, server } = await startPair({ onAction: () => {} })
    await proxy.login()
    const both = await Promise.all([proxy.running.status(), proxy.running.status()])
    for (const status of both) expect(status.servers[0]!.lagMs).toBeGreaterThanOrEqual(240)
    const later = await proxy.running.status()
    expect(later.servers[0]!.lagMs).toBeGreaterThan(both[0].servers[0]!.lagMs!)
    // One question for all who ask.
    expect(server.actions).toHaveLength(1)
  })
})

describe('/metrics', () => {
  it('counts actions by user and result, and times those that a server answered', async () => {
    const { proxy, server } = await startPair({
      onAction: ({ id, name }, asterisk) => {
        if (name === 'Hangup') asterisk.emit(`Response: Error\r\nActionID: ${id}\r\nMessage: No such channel\r\n\r\n`)
        else if (name.toLowerCase() === 'ping') asterisk.emit(`Response: Success\r\nActionID: ${id}\r\nPing: Pong\r\n\r\n`)
        else asterisk.drop()
      }
    })
    const ann = await proxy.login()
    await ann.ask('Action: PING\r\n', '1')
    await ann.ask('Action: Hangup\r\nChannel: x\r\n', '2')
    await ann.ask('Action: UpdateConfig\r\n', '3')
    await ann.ask('Action: NoSuch"Name\\\r\n', '4')
    await untilAllUp(proxy, ann)
    await ann.ask('ProxyAction: ListSessions\r\n', '5')
    expect((await metric(proxy, 'actions_total')).sort()).toEqual([
      'actions_total{user="ann",action="Hangup",result="error"} 1',
      'actions_total{user="ann",action="ListSessions",result="denied"} 1',
      'actions_total{user="ann",action="Ping",result="success"} 1',
      'actions_total{user="ann",action="UpdateConfig",result="denied"} 1',
      'actions_total{user="ann",action="other",result="lost"} 1'
    ])
    expect((await metric(proxy, 'action_duration_seconds_count')).sort()).toEqual([
      'action_duration_seconds_count{action="Hangup",result="error"} 1',
      'action_duration_seconds_count{action="Ping",result="success"} 1'
    ])
    expect(await metric(proxy, 'server_reconnects_total')).toEqual(['server_reconnects_total{server="pbx"} 1'])
    expect(server.connections).toBe(2)
  })

  it('has no user but those of the configuration', async () => {
    const { proxy } = await startPair({}, { accounts: undefined, authRequired: false })
    const client = await proxy.login({ user: 'whoever', secret: 'x' })
    await client.ask('Action: Ping\r\n', '1')
    expect(await metric(proxy, 'actions_total')).toEqual(['actions_total{user="other",action="Ping",result="success"} 1'])
  })

  it('counts logins by what became of them', async () => {
    const users = Accounts.fromOptions([plainUser('ann', 'ann-secret')])
    const { proxy } = await startPair({}, { accounts: users, maxLoginFailures: 1, authTimeoutMs: 300 })
    const idle = await proxy.connect()
    await proxy.login({ user: 'ann', secret: 'ann-secret' })
    for (let i = 0; i < 2; i++) {
      const guesser = await proxy.connect()
      guesser.send('Action: Login\r\nUsername: ann\r\nSecret: wrong\r\n\r\n')
      await guesser.closed
    }
    await idle.closed
    expect(await metric(proxy, 'logins_total')).toEqual([
      'logins_total{result="success"} 1',
      'logins_total{result="refused"} 1',
      'logins_total{result="blocked"} 1',
      'logins_total{result="timeout"} 1'
    ])
  })

  it('counts what a client that does not read has missed, while it misses it', async () => {
    const { server, proxy } = await startPair({}, { maxQueueBytes: 100_000, coalesceMs: 0 })
    const slow = await proxy.login({ user: 'ann', events: 'on' })
    const other = await proxy.login({ user: 'bob', secret: 'bob-secret', events: 'off' })
    slow.socket.pause()
    const filler = `Event: Filler\r\nPrivilege: call,all\r\nText: ${'x'.repeat(50_000)}\r\n\r\n`
    let sent = 0
    // What the system takes for a client is no queue of ours: that has to be full first.
    const isBehind = async () => {
      const { dropped, queueBytes, queuedMs } = (await proxy.running.status()).clients[0]!
      return dropped > 0 && queueBytes > 10_000 && queuedMs > 50
    }
    for (; !(await isBehind()) && sent < 1000; sent++) {
      server.emit(filler)
      await other.ask('Action: Ping\r\n', String(sent))
    }
    const { counters, clients } = await proxy.running.status()
    expect(counters.eventsDropped).toBeGreaterThan(0)
    expect(counters).toMatchObject({ eventsIn: sent, eventsOut: sent })
    expect(clients[0]).toMatchObject({ user: 'ann', dropped: counters.eventsDropped })
    expect(clients[0]!.queueBytes).toBeGreaterThan(10_000)
    expect(await metric(proxy, 'events_dropped_total')).toEqual([`events_dropped_total ${counters.eventsDropped}`])
    expect(Number((await metric(proxy, 'client_queue_max_bytes'))[0]!.split(' ')[1])).toBe(clients[0]!.queueBytes)
    slow.socket.destroy()
  })

  it('is for this machine alone, unless others are named', async () => {
    const { proxy } = await startPair()
    expect(await get(proxy, '/metrics')).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' })
    const { proxy: closed } = await startPair({}, { metricsAllow: new MetricsAccess(['192.0.2.0/24']) })
    const refused = await get(closed, '/metrics')
    expect(refused).toMatchObject({ status: 403, type: 'text/plain' })
    expect(refused.body).not.toContain('pbxkit_proxy')
    expect((await get(closed, '/health')).status).not.toBe(403)
  })
})

describe('who may read the metrics', () => {
  it.each([
    [undefined, '127.0.0.1', true],
    [undefined, '127.8.8.8', true],
    [undefined, '::1', true],
    [undefined, '::ffff:127.0.0.1', true],
    [undefined, '192.0.2.1', false],
    [undefined, '', false],
    [['192.0.2.0/24', '2001:db8::/32'], '192.0.2.200', true],
    [['192.0.2.0/24', '2001:db8::/32'], '2001:db8::5', true],
    [['192.0.2.0/24', '2001:db8::/32'], '127.0.0.1', false],
    [['none'], '127.0.0.1', false],
    [[], '127.0.0.1', false]
  ])('%j lets %s in: %s', (entries, address, expected) => {
    expect(new MetricsAccess(entries).permits(address)).toBe(expected)
  })

  it('is refused where an entry is no address', () => {
    expect(() => new MetricsAccess(['none', '127.0.0.1'])).toThrow(/metrics-allow.*none/)
  })
})
