import type { Counter, Gauge, Metric } from 'prom-client'
import { type Counted, durationBucketsS } from './metrics.js'
import { isUp, type ProxyStatus } from './status.js'

/** What an HTTP answer with these metrics says it is. */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8'

export interface MetricsRenderer {
  render(status: ProxyStatus, counted: Counted): Promise<string>
}

type Value = { labels?: Record<string, string>; value: number }

interface Definition {
  type: 'counter' | 'gauge'
  name: string
  help: string
  labels?: readonly string[]
  read: (status: ProxyStatus, counted: Counted) => Iterable<Value>
}

const one = (value: number): Value[] => [{ value }]
const ofServers = (values: Iterable<readonly [string, number | undefined]>): Value[] =>
  [...values].flatMap(([server, value]) => (value === undefined ? [] : [{ labels: { server }, value }]))
const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, value), 0)

const definitions: readonly Definition[] = [
  {
    type: 'gauge',
    name: 'info',
    help: 'Always 1; the label tells the version.',
    labels: ['version'],
    read: ({ version }) => [{ labels: { version }, value: 1 }]
  },
  {
    type: 'gauge',
    name: 'start_time_seconds',
    help: 'When the proxy was started, in seconds since 1970.',
    read: ({ startedAt }) => one(Date.parse(startedAt) / 1000)
  },
  {
    type: 'gauge',
    name: 'draining',
    help: '1 while the proxy is stopping, else 0.',
    read: ({ draining }) => one(Number(draining))
  },
  {
    type: 'gauge',
    name: 'server_up',
    help: '1 while the proxy is logged in to this Asterisk and it is fully booted, else 0.',
    labels: ['server'],
    read: ({ servers }) => ofServers(servers.map((server) => [server.name, Number(isUp(server))]))
  },
  {
    type: 'gauge',
    name: 'server_lag_seconds',
    help: 'Round trip of a Ping to this Asterisk, sent for this scrape.',
    labels: ['server'],
    read: (now, { servers }) => ofServers(now.servers.filter(isUp).map(({ name }) => [name, servers.get(name)?.lagS]))
  },
  {
    type: 'gauge',
    name: 'server_actions_in_flight',
    help: 'Actions that this Asterisk has not answered yet.',
    labels: ['server'],
    read: ({ servers }) => ofServers(servers.map(({ name, actionsInFlight }) => [name, actionsInFlight]))
  },
  ...(
    [
      ['server_reconnects_total', 'Sessions with this Asterisk that were lost and opened again.', 'reconnects'],
      ['server_events_received_total', 'Events from this Asterisk.', 'events'],
      ['server_events_received_bytes_total', 'Bytes of events from this Asterisk.', 'bytes']
    ] as const
  ).map(
    ([name, help, field]): Definition => ({
      type: 'counter',
      name,
      help,
      labels: ['server'],
      read: (_, { servers, totals }) =>
        field === 'events' && totals.eventsIn === null
          ? []
          : ofServers([...servers].map(([server, counts]) => [server, counts[field]]))
    })
  ),
  { type: 'gauge', name: 'clients', help: 'Clients that are connected.', read: ({ clients }) => one(clients.length) },
  {
    type: 'gauge',
    name: 'clients_encrypted',
    help: 'Clients that are connected with TLS.',
    read: ({ clients }) => one(clients.filter(({ encrypted }) => encrypted).length)
  },
  {
    type: 'gauge',
    name: 'clients_queue_bytes',
    help: 'Bytes that wait in the proxy for clients, all together.',
    read: ({ clients }) => one(clients.reduce((sum, { queueBytes }) => sum + queueBytes, 0))
  },
  {
    type: 'gauge',
    name: 'client_queue_max_bytes',
    help: 'Bytes that wait for the client with the longest queue.',
    read: ({ clients }) => one(largest(clients.map(({ queueBytes }) => queueBytes)))
  },
  {
    type: 'gauge',
    name: 'client_queue_max_age_seconds',
    help: 'How long the oldest bytes in any queue have waited.',
    read: ({ clients }) => one(largest(clients.map(({ queuedMs }) => queuedMs)) / 1000)
  },
  {
    type: 'counter',
    name: 'queued_events_total',
    help: 'Events put into the queues of clients, once for each client; those dropped there are among them.',
    read: (_, { totals }) => (totals.eventsOut === null ? [] : one(totals.eventsOut))
  },
  {
    type: 'counter',
    name: 'delivered_bytes_total',
    help: 'Bytes handed to clients.',
    read: (_, { totals }) => one(totals.bytesOut)
  },
  {
    type: 'counter',
    name: 'events_dropped_total',
    help: 'Events that clients missed because they read too slowly.',
    read: (_, { totals }) => one(totals.eventsDropped)
  },
  {
    type: 'counter',
    name: 'logins_total',
    help: 'Logins of clients by result.',
    labels: ['result'],
    read: (_, { totals }) => Object.entries(totals.logins).map(([result, value]) => ({ labels: { result }, value }))
  },
  {
    type: 'counter',
    name: 'actions_total',
    help: 'Actions of clients by user, action and result; an empty user is a client that has not logged in.',
    labels: ['user', 'action', 'result'],
    read: function* (_, { actions }) {
      for (const [user, byAction] of actions)
        for (const [action, results] of byAction)
          for (const [result, value] of Object.entries(results)) if (value > 0) yield { labels: { user, action, result }, value }
    }
  },
  {
    type: 'gauge',
    name: 'journal_bytes',
    help: 'Bytes of events that are kept for clients that come back.',
    read: ({ journal }) => (journal ? one(journal.bytes) : [])
  },
  {
    type: 'gauge',
    name: 'journal_events',
    help: 'Events that are kept for clients that come back.',
    read: ({ journal }) => (journal ? one(journal.next - journal.first) : [])
  },
  {
    type: 'gauge',
    name: 'resident_memory_bytes',
    help: 'Memory of the process.',
    read: () => one(process.memoryUsage.rss())
  },
  {
    type: 'counter',
    name: 'cpu_seconds_total',
    help: 'CPU time of the process, user and system.',
    read: () => {
      const { user, system } = process.cpuUsage()
      return one((user + system) / 1_000_000)
    }
  }
]

/** Makes the metrics in a registry of their own: prom-client's global one belongs to whoever embeds us. */
export async function createRenderer(): Promise<MetricsRenderer> {
  const { Counter, Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  let scraped: { status: ProxyStatus; counted: Counted } | undefined
  for (const { type, name, help, labels = [], read } of definitions) {
    const configuration = {
      name: `pbxkit_proxy_${name}`,
      help,
      labelNames: [...labels],
      registers: [registry],
      collect(this: Counter | Gauge) {
        this.reset()
        // Without labels a reset leaves a zero: of what is not known there is no value.
        if (labels.length === 0) this.remove()
        for (const { labels, value } of read(scraped!.status, scraped!.counted))
          if (labels) this.inc(labels, value)
          else this.inc(value)
      }
    }
    if (type === 'counter') new Counter(configuration)
    else new Gauge(configuration)
  }
  registry.registerMetric(durationMetric(() => scraped!.counted) as unknown as Metric)
  return {
    render(status, counted) {
      scraped = { status, counted }
      // The collectors run before this returns: a second scrape at the same time does not mix with this one.
      return registry.metrics()
    }
  }
}

/** prom-client's own histogram cannot be set from counts, only be fed value by value: this gives the registry what that one would. */
function durationMetric(counted: () => Counted) {
  const name = 'pbxkit_proxy_action_duration_seconds'
  const help = 'Time from an action to the end of its answer, by the result that a server gave.'
  const get = async () => {
    const values = []
    for (const [action, byResult] of counted().durations) {
      for (const [result, { buckets, sumS, count }] of Object.entries(byResult)) {
        if (count === 0) continue
        const labels = { action, result }
        let below = 0
        for (const [at, le] of durationBucketsS.entries()) {
          below += buckets[at]!
          values.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: below })
        }
        values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count })
        values.push({ metricName: `${name}_sum`, labels, value: sumS })
        values.push({ metricName: `${name}_count`, labels, value: count })
      }
    }
    return { name, help, type: 'histogram', values, aggregator: 'sum' }
  }
  return { name, help, type: 'histogram', get }
}
