import { register } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { loadActionNames, ProxyMetrics } from '../../../../src/lib/proxy/metrics.js'
import type { ProxyStatus } from '../../../../src/lib/proxy/status.js'
import { clientStatus, proxyStatus, serverStatus } from './support/status.js'

interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

/** Reads the text format line by line; anything that is no line of it fails. */
function parse(text: string): { samples: Sample[]; types: Map<string, string>; helps: Map<string, string> } {
  const types = new Map<string, string>()
  const helps = new Map<string, string>()
  const samples: Sample[] = []
  expect(text.endsWith('\n')).toBe(true)
  for (const line of text.split('\n').filter(Boolean)) {
    const comment = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line)
    if (comment) {
      ;(comment[1] === 'TYPE' ? types : helps).set(comment[2]!, comment[3]!)
      continue
    }
    const sample = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line)
    expect(sample, line).not.toBeNull()
    const pairs = [...(sample![2] ?? '').matchAll(/([a-z]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/g)]
    expect(pairs.map(([pair]) => pair).join(''), line).toBe(sample![2] ?? '')
    const labels = Object.fromEntries(pairs.map(([, name, value]) => [name!, value!]))
    samples.push({ name: sample![1]!, labels, value: Number(sample![3]) })
  }
  return { samples, types, helps }
}

async function setUp({
  users = ['panel'],
  status = proxyStatus(),
  countsEvents = true
}: {
  users?: string[]
  status?: ProxyStatus
  countsEvents?: boolean
} = {}) {
  const now = { ms: 1_000_000, users: new Set(users), status, live: { eventsOut: 0, bytesOut: 0, eventsDropped: 0 } }
  const options = {
    status: () => now.status,
    isUser: (name: string) => now.users.has(name),
    live: () => now.live,
    countsEvents,
    nowMs: () => now.ms
  }
  const metrics = new ProxyMetrics(options, await loadActionNames())
  const scrape = async () => {
    const { samples } = parse(await metrics.render())
    return (name: string, labels: Record<string, string> = {}) =>
      samples
        .filter((one) => one.name === `pbxkit_proxy_${name}`)
        .filter((one) => Object.entries(labels).every(([label, value]) => one.labels[label] === value))
        .map(({ value }) => value)
  }
  return { metrics, scrape, now }
}

describe('the metrics', () => {
  it('have a plain help, a type, and units in their names', async () => {
    const { metrics } = await setUp()
    metrics.eventsIn('a', 1, 1)
    metrics.pingRoundTrip('a', 1)
    metrics.action('panel', 'Ping', 'success', 1)
    const { samples, types, helps } = parse(await metrics.render())
    expect(types.size).toBeGreaterThan(15)
    expect([...types.keys()]).toEqual([...helps.keys()])
    for (const [name, type] of types) {
      expect(name).toMatch(/^pbxkit_proxy_/)
      expect(name.endsWith('_total'), name).toBe(type === 'counter')
      expect(
        samples.some((one) => one.name.startsWith(name)),
        name
      ).toBe(true)
    }
    const family = (name: string) => name.replace(/_(bucket|sum|count)$/, '')
    for (const { name, value } of samples) {
      expect(types.has(name) || types.get(family(name)) === 'histogram', name).toBe(true)
      expect(Number.isNaN(value), name).toBe(false)
    }
    for (const help of helps.values()) expect(help).toMatch(/^[A-Z0-9].*\.$/)
  })

  it('count what was counted, however often they are read', async () => {
    const { metrics, scrape, now } = await setUp()
    metrics.eventsIn('a', 3, 100)
    metrics.eventsIn('a', 2, 50)
    metrics.clientGone({ bytesOut: 70, eventsDropped: 3 })
    now.live = { eventsOut: 9, bytesOut: 7, eventsDropped: 1 }
    metrics.login('success')
    metrics.login('refused')
    metrics.reconnect('a')
    metrics.pingRoundTrip('a', 12)
    await scrape()
    await Promise.all([scrape(), scrape()])
    const value = await scrape()
    expect(value('server_events_received_total', { server: 'a' })).toEqual([5])
    expect(value('server_events_received_bytes_total', { server: 'a' })).toEqual([150])
    expect(value('queued_events_total')).toEqual([9])
    expect(value('delivered_bytes_total')).toEqual([77])
    expect(value('events_dropped_total')).toEqual([4])
    expect(value('logins_total', { result: 'success' })).toEqual([1])
    expect(value('logins_total', { result: 'blocked' })).toEqual([0])
    expect(value('server_reconnects_total', { server: 'a' })).toEqual([1])
    expect(value('server_lag_seconds', { server: 'a' })).toEqual([0.012])
    expect(metrics.counters()).toMatchObject({ eventsIn: 5, bytesIn: 150, bytesOut: 77, eventsDropped: 4, reconnects: 1 })
  })

  it('show the proxy as it is now', async () => {
    const { scrape, now } = await setUp()
    now.status = proxyStatus({
      draining: true,
      servers: [serverStatus(), serverStatus({ name: 'b', state: 'down', actionsInFlight: 0 })],
      clients: [
        clientStatus({ queueBytes: 10, queuedMs: 1500 }),
        clientStatus({ id: 2, queueBytes: 30, queuedMs: 20, encrypted: true })
      ]
    })
    const value = await scrape()
    expect(value('info', { version: '1.2.3' })).toEqual([1])
    expect(value('start_time_seconds')).toEqual([Date.parse('2026-03-01T10:00:00Z') / 1000])
    expect(value('draining')).toEqual([1])
    expect([value('server_up', { server: 'a' }), value('server_up', { server: 'b' })]).toEqual([[1], [0]])
    expect(value('server_actions_in_flight', { server: 'a' })).toEqual([3])
    // Nothing was measured: no value is better than a wrong one.
    expect(value('server_lag_seconds')).toEqual([])
    expect([value('clients'), value('clients_encrypted')]).toEqual([[2], [1]])
    expect([value('clients_queue_bytes'), value('client_queue_max_bytes')]).toEqual([[40], [30]])
    expect(value('client_queue_max_age_seconds')).toEqual([1.5])
    expect([value('journal_bytes'), value('journal_events')]).toEqual([[300], [4]])
    now.status = proxyStatus({ servers: [], clients: [], journal: null })
    const later = await scrape()
    expect(later('journal_bytes')).toEqual([])
    expect([later('server_up'), later('clients'), later('client_queue_max_bytes')]).toEqual([[], [0], [0]])
  })

  it('have a histogram of the actions that were answered', async () => {
    const { metrics, scrape } = await setUp()
    for (const ms of [1, 3, 60_000]) metrics.action('panel', 'PING', 'success', ms)
    metrics.action('panel', 'ping', 'error', 700)
    metrics.action('panel', 'Ping', 'lost', 9)
    metrics.action(undefined, 'Ping', 'denied', 9)
    const value = await scrape()
    expect(value('actions_total', { user: 'panel', action: 'Ping', result: 'success' })).toEqual([3])
    expect(value('actions_total', { user: 'panel', action: 'Ping', result: 'lost' })).toEqual([1])
    expect(value('actions_total', { user: '', action: 'Ping', result: 'denied' })).toEqual([1])
    const buckets = (result: string) =>
      ['0.001', '0.0025', '0.005', '0.5', '1', '30', '+Inf'].map(
        (le) => value('action_duration_seconds_bucket', { action: 'Ping', result, le })[0]
      )
    expect(buckets('success')).toEqual([1, 1, 2, 2, 2, 2, 3])
    expect(buckets('error')).toEqual([0, 0, 0, 0, 1, 1, 1])
    expect(value('action_duration_seconds_count', { result: 'success' })).toEqual([3])
    expect(value('action_duration_seconds_sum', { result: 'success' })[0]).toBeCloseTo(60.004)
    // No server was asked: it says nothing of how long servers take.
    metrics.action('panel', 'AddServer', 'error')
    expect((await scrape())('action_duration_seconds_count', { action: 'AddServer' })).toEqual([])
  })

  it('have no number of events where these are not counted', async () => {
    const { metrics, scrape } = await setUp({ countsEvents: false })
    metrics.eventsIn('a', 0, 100)
    const value = await scrape()
    expect([value('server_events_received_total'), value('queued_events_total')]).toEqual([[], []])
    expect([value('server_events_received_bytes_total'), value('events_dropped_total')]).toEqual([[100], [0]])
    expect(metrics.counters()).toMatchObject({ eventsIn: null, eventsOut: null, bytesIn: 100 })
    expect(metrics.serverRates('a').eventsPerS).toBeNull()
  })

  it("leave prom-client's own registry to others", async () => {
    const { scrape } = await setUp()
    await scrape()
    expect(register.getMetricsAsArray()).toEqual([])
    // A second proxy in the same process.
    const second = await setUp()
    expect((await second.scrape())('clients')).toEqual([1])
  })
})

describe('labels are bounded', () => {
  it('whatever names clients and users give', async () => {
    const { metrics, scrape } = await setUp()
    for (let at = 0; at < 2_000; at++) {
      metrics.action(`user${at}`, 'Ping', 'denied', 0)
      metrics.action('panel', `Nonsense${at}"}\n`, 'error', 1)
    }
    metrics.action('panel', '__proto__', 'error', 1)
    const value = await scrape()
    expect(value('actions_total')).toHaveLength(2)
    expect(value('actions_total', { user: 'other', action: 'Ping', result: 'denied' })).toEqual([2_000])
    expect(value('actions_total', { user: 'panel', action: 'other', result: 'error' })).toEqual([2_001])
    expect(value('action_duration_seconds_count')).toEqual([2_001])
  })

  it('even with very many users', async () => {
    const users = Array.from({ length: 6_000 }, (_, at) => `user${at}`)
    const { metrics, scrape } = await setUp({ users })
    for (const user of users) metrics.action(user, 'Ping', 'success', 1)
    const value = await scrape()
    expect(value('actions_total')).toHaveLength(5_001)
    expect(value('actions_total', { user: 'other', action: 'other' })).toEqual([1_000])
    expect(value('actions_total').reduce((sum, one) => sum + one)).toBe(6_000)
  })

  it('and make room when accounts and servers go', async () => {
    const { metrics, scrape, now } = await setUp({ users: ['panel', 'old'] })
    metrics.action('old', 'Ping', 'success', 1)
    metrics.eventsIn('gone', 7, 70)
    now.users = new Set(['panel'])
    const value = await scrape()
    expect(value('actions_total')).toEqual([])
    expect(value('server_events_received_total')).toEqual([])
    expect(metrics.counters()).toMatchObject({ eventsIn: 7, actions: { success: 1 } })
  })

  it('also when servers are added without end', async () => {
    const { metrics, scrape, now } = await setUp()
    const names = Array.from({ length: 1_500 }, (_, at) => `server${at}`)
    now.status = proxyStatus({ servers: names.map((name) => serverStatus({ name })) })
    for (const name of names) metrics.eventsIn(name, 1, 1)
    const value = await scrape()
    expect(value('server_events_received_total')).toHaveLength(1_001)
    expect(value('server_events_received_total', { server: 'other' })).toEqual([500])
  })
})

describe('the rates of a server', () => {
  it('are those of the last five whole seconds', async () => {
    const { metrics, now } = await setUp()
    for (let second = 0; second < 10; second++) {
      metrics.eventsIn('a', 50, 500)
      now.ms += 1000
    }
    // The second that has just begun says nothing yet.
    metrics.eventsIn('a', 1, 0)
    expect(metrics.serverRates('a')).toEqual({ eventsPerS: 50, bytesIn: 5000, lagMs: null })
    now.ms += 2000
    expect(metrics.serverRates('a').eventsPerS).toBe(30.2)
    now.ms += 3_600_000
    expect(metrics.serverRates('a').eventsPerS).toBe(0)
    expect(metrics.serverRates('unknown').eventsPerS).toBe(0)
  })
})
