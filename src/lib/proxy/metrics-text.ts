import { type HistogramDefinition, type MetricDefinition, type MetricValue, processMetrics } from '../monitoring/prometheus.js'
import type { Counted } from './metrics.js'
import { isUp, type ProxyStatus } from './status.js'

/** What the metrics are made of. */
export interface Scraped {
  status: ProxyStatus
  counted: Counted
}

const one = (value: number): MetricValue[] => [{ value }]
const ofServers = (values: Iterable<readonly [string, number | undefined]>): MetricValue[] =>
  [...values].flatMap(([server, value]) => (value === undefined ? [] : [{ labels: { server }, value }]))
const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, value), 0)

export const proxyMetrics: readonly MetricDefinition<Scraped>[] = [
  {
    type: 'gauge',
    name: 'info',
    help: 'Always 1; the label tells the version.',
    labels: ['version'],
    read: ({ status: { version } }) => [{ labels: { version }, value: 1 }]
  },
  {
    type: 'gauge',
    name: 'start_time_seconds',
    help: 'When the proxy was started, in seconds since 1970.',
    read: ({ status: { startedAt } }) => one(Date.parse(startedAt) / 1000)
  },
  {
    type: 'gauge',
    name: 'draining',
    help: '1 while the proxy is stopping, else 0.',
    read: ({ status: { draining } }) => one(Number(draining))
  },
  {
    type: 'gauge',
    name: 'server_up',
    help: '1 while the proxy is logged in to this Asterisk and it is fully booted, else 0.',
    labels: ['server'],
    read: ({ status: { servers } }) => ofServers(servers.map((server) => [server.name, Number(isUp(server))]))
  },
  {
    type: 'gauge',
    name: 'server_lag_seconds',
    help: 'Round trip of a Ping to this Asterisk, sent for this scrape.',
    labels: ['server'],
    read: ({ status, counted: { servers } }) =>
      ofServers(status.servers.filter(isUp).map(({ name }) => [name, servers.get(name)?.lagS]))
  },
  {
    type: 'gauge',
    name: 'server_actions_in_flight',
    help: 'Actions that this Asterisk has not answered yet.',
    labels: ['server'],
    read: ({ status: { servers } }) => ofServers(servers.map(({ name, actionsInFlight }) => [name, actionsInFlight]))
  },
  ...(
    [
      ['server_reconnects_total', 'Sessions with this Asterisk that were lost and opened again.', 'reconnects'],
      ['server_events_received_total', 'Events from this Asterisk.', 'events'],
      ['server_events_received_bytes_total', 'Bytes of events from this Asterisk.', 'bytes']
    ] as const
  ).map(
    ([name, help, field]): MetricDefinition<Scraped> => ({
      type: 'counter',
      name,
      help,
      labels: ['server'],
      read: ({ counted: { servers, totals } }) =>
        field === 'events' && totals.eventsIn === null
          ? []
          : ofServers([...servers].map(([server, counts]) => [server, counts[field]]))
    })
  ),
  { type: 'gauge', name: 'clients', help: 'Clients that are connected.', read: ({ status: { clients } }) => one(clients.length) },
  {
    type: 'gauge',
    name: 'clients_encrypted',
    help: 'Clients that are connected with TLS.',
    read: ({ status: { clients } }) => one(clients.filter(({ encrypted }) => encrypted).length)
  },
  {
    type: 'gauge',
    name: 'clients_queue_bytes',
    help: 'Bytes that wait in the proxy for clients, all together.',
    read: ({ status: { clients } }) => one(clients.reduce((sum, { queueBytes }) => sum + queueBytes, 0))
  },
  {
    type: 'gauge',
    name: 'client_queue_max_bytes',
    help: 'Bytes that wait for the client with the longest queue.',
    read: ({ status: { clients } }) => one(largest(clients.map(({ queueBytes }) => queueBytes)))
  },
  {
    type: 'gauge',
    name: 'client_queue_max_age_seconds',
    help: 'How long the oldest bytes in any queue have waited.',
    read: ({ status: { clients } }) => one(largest(clients.map(({ queuedMs }) => queuedMs)) / 1000)
  },
  {
    type: 'counter',
    name: 'queued_events_total',
    help: 'Events put into the queues of clients, once for each client; those dropped there are among them.',
    read: ({ counted: { totals } }) => (totals.eventsOut === null ? [] : one(totals.eventsOut))
  },
  {
    type: 'counter',
    name: 'delivered_bytes_total',
    help: 'Bytes handed to clients.',
    read: ({ counted: { totals } }) => one(totals.bytesOut)
  },
  {
    type: 'counter',
    name: 'events_dropped_total',
    help: 'Events that clients missed because they read too slowly.',
    read: ({ counted: { totals } }) => one(totals.eventsDropped)
  },
  {
    type: 'counter',
    name: 'logins_total',
    help: 'Logins of clients by result.',
    labels: ['result'],
    read: ({ counted: { totals } }) => Object.entries(totals.logins).map(([result, value]) => ({ labels: { result }, value }))
  },
  {
    type: 'counter',
    name: 'actions_total',
    help: 'Actions of clients by user, action and result; an empty user is a client that has not logged in.',
    labels: ['user', 'action', 'result'],
    read: function* ({ counted: { actions } }) {
      for (const [user, byAction] of actions)
        for (const [action, results] of byAction)
          for (const [result, value] of Object.entries(results)) if (value > 0) yield { labels: { user, action, result }, value }
    }
  },
  {
    type: 'gauge',
    name: 'journal_bytes',
    help: 'Bytes of events that are kept for clients that come back.',
    read: ({ status: { journal } }) => (journal ? one(journal.bytes) : [])
  },
  {
    type: 'gauge',
    name: 'journal_events',
    help: 'Events that are kept for clients that come back.',
    read: ({ status: { journal } }) => (journal ? one(journal.next - journal.first) : [])
  },
  ...processMetrics
]

export const proxyHistograms: readonly HistogramDefinition<Scraped>[] = [
  {
    name: 'action_duration_seconds',
    help: 'Time from an action to the end of its answer, by the result that a server gave.',
    read: function* ({ counted: { durations } }) {
      for (const [action, byResult] of durations)
        for (const [result, counts] of Object.entries(byResult))
          if (counts.count > 0) yield { labels: { action, result }, counts }
    }
  }
]
