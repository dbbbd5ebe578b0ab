import { type HistogramDefinition, type MetricDefinition, type MetricValue, processMetrics } from '../monitoring/prometheus.js'
import type { TunnelCounters } from './counters.js'
import type { TunnelServerStatus } from './status.js'

/** What the metrics are made of. */
export interface Scraped {
  status: TunnelServerStatus
  counters: TunnelCounters
}

/** Users with a series of their own (200 kB of text); what the others hold is counted under `other`. */
const maxUserSeries = 2_000
const otherLabel = 'other'

const one = (value: number): MetricValue[] => [{ value }]
const byLabel = (label: string, values: Readonly<Record<string, number>>): MetricValue[] =>
  Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }))

export const tunnelMetrics: readonly MetricDefinition<Scraped>[] = [
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
    help: 'When the server was started, in seconds since 1970.',
    read: ({ status }) => one(Date.parse(status.startedAt) / 1000)
  },
  {
    type: 'gauge',
    name: 'draining',
    help: '1 while the server is stopping, else 0.',
    read: ({ status }) => one(Number(status.draining))
  },
  { type: 'counter', name: 'drains_total', help: 'Stops that were begun.', read: ({ counters }) => one(counters.drains) },
  {
    type: 'gauge',
    name: 'tunnels',
    help: `Tunnels that take calls, by user, protocol and TLS; users after the first ${maxUserSeries} are "${otherLabel}".`,
    labels: ['user', 'protocol', 'tls'],
    read: ({ status }) => tunnelsByUser(status)
  },
  { type: 'gauge', name: 'users', help: 'Users who hold a tunnel.', read: ({ status }) => one(status.users) },
  {
    type: 'gauge',
    name: 'sockets',
    help: 'Connections on the public port.',
    read: ({ status }) => one(status.sockets.all)
  },
  {
    type: 'gauge',
    name: 'sockets_half_open',
    help: 'Connections on the public port that have not logged in.',
    read: ({ status }) => one(status.sockets.halfOpen)
  },
  {
    type: 'counter',
    name: 'tunnels_total',
    help: 'Tunnels that were opened, closed, or closed by a newer one of the same user.',
    labels: ['event'],
    read: ({ counters }) => byLabel('event', counters.tunnels)
  },
  {
    type: 'gauge',
    name: 'calls',
    help: 'Calls of Asterisk: those that look for their application, and those that have it.',
    labels: ['state'],
    read: ({ status: { calls } }) =>
      (['placing', 'bridged'] as const).map((state) => ({
        labels: { state },
        value: calls.filter((call) => call.state === state).length
      }))
  },
  {
    type: 'counter',
    name: 'calls_total',
    help: 'Calls that have ended, by what the dialplan was told.',
    labels: ['outcome', 'reason'],
    read: ({ counters }) =>
      counters.calls.map(({ outcome, reason, count }) => ({ labels: { outcome, reason: reason ?? '' }, value: count }))
  },
  {
    type: 'counter',
    name: 'logins_total',
    help: 'Logins of clients by result.',
    labels: ['result'],
    read: ({ counters }) => byLabel('result', counters.logins)
  },
  {
    type: 'counter',
    name: 'authentications_total',
    help: 'Callers that the authenticator was asked about.',
    labels: ['result'],
    read: ({ counters }) => byLabel('result', counters.authentications)
  },
  {
    type: 'counter',
    name: 'commands_refused_total',
    help: 'Commands of applications that the guard has answered itself.',
    read: ({ counters }) => one(counters.commandsRefused)
  },
  {
    type: 'counter',
    name: 'application_bytes_total',
    help: 'Bytes from applications, and to them.',
    labels: ['direction'],
    read: ({ counters: { bytes } }) => byLabel('direction', { from: bytes.fromApplications, to: bytes.toApplications })
  },
  ...processMetrics
]

export const tunnelHistograms: readonly HistogramDefinition<Scraped>[] = [
  {
    name: 'command_duration_seconds',
    help: 'Time from a command that was given to Asterisk to its reply.',
    read: ({ counters }) => [{ counts: counters.commandSeconds }]
  }
]

function tunnelsByUser({ tunnels }: TunnelServerStatus): MetricValue[] {
  const series = new Map<string, { labels: Record<string, string>; value: number }>()
  const users = new Set<string>()
  for (const { user, protocol, encrypted } of tunnels) {
    if (users.size < maxUserSeries) users.add(user)
    const labels = { user: users.has(user) ? user : otherLabel, protocol: String(protocol), tls: String(encrypted) }
    const key = JSON.stringify(labels)
    const known = series.get(key)
    if (known) known.value++
    else series.set(key, { labels, value: 1 })
  }
  return [...series.values()]
}
