import { type HistogramDefinition, type MetricDefinition, type MetricValue, processMetrics } from '../monitoring/prometheus.js'
import type { UserAgent } from '../uac/user-agent.js'
import type { RegistrationKeeper } from './registration-keeper.js'
import { registrationStates } from './registration-state.js'

/** What the metrics are made of. */
export interface Scraped {
  keeper: RegistrationKeeper
  agents: readonly Pick<UserAgent, 'counters'>[]
  version: string
  /** ISO 8601. */
  startedAt: string
}

const one = (value: number): MetricValue[] => [{ value }]

/** Labels are bounded: states and kinds are ours, statuses have three digits. */
export const registrationMetrics: readonly MetricDefinition<Scraped>[] = [
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
    help: 'When the service was started, in seconds since 1970.',
    read: ({ startedAt }) => one(Date.parse(startedAt) / 1000)
  },
  {
    type: 'gauge',
    name: 'registered',
    help: 'Accounts with a binding that lives.',
    read: ({ keeper }) => one(keeper.registeredCount)
  },
  {
    type: 'gauge',
    name: 'accounts',
    help: 'Accounts by state.',
    labels: ['state'],
    read: ({ keeper }) => accountsByState(keeper)
  },
  {
    type: 'gauge',
    name: 'paused',
    help: '1 while nothing is registered or refreshed (reg_active 0), else 0.',
    read: ({ keeper }) => one(Number(keeper.isPaused))
  },
  {
    type: 'counter',
    name: 'attempts_total',
    help: 'Attempts to register, refresh or take back.',
    read: ({ keeper }) => one(keeper.stats.attempts)
  },
  {
    type: 'counter',
    name: 'requests_total',
    help: 'REGISTERs that went out, copies not counted.',
    read: ({ keeper }) => one(keeper.window.requests)
  },
  {
    type: 'counter',
    name: 'retransmissions_total',
    help: 'Copies of them.',
    read: ({ keeper }) => one(keeper.window.repeats)
  },
  {
    type: 'counter',
    name: 'replies_total',
    help: 'Final replies by status.',
    labels: ['code'],
    read: ({ keeper }) => [...keeper.stats.replies].map(([code, value]) => ({ labels: { code: String(code) }, value }))
  },
  {
    type: 'counter',
    name: 'timeouts_total',
    help: 'Attempts that ended without a reply.',
    read: ({ keeper }) => one(keeper.stats.timeouts)
  },
  {
    type: 'counter',
    name: 'expired_total',
    help: 'Bindings that ended before they were refreshed.',
    read: ({ keeper }) => one(keeper.stats.expired)
  },
  {
    type: 'counter',
    name: 'ignored_messages_total',
    help: 'Messages that changed nothing: not readable, replies to nothing of ours, replies with our branch and another CSeq, Call-ID or From tag.',
    labels: ['reason'],
    read: ({ agents }) =>
      (['refused', 'unknown', 'forged'] as const).map((reason) => ({
        labels: { reason },
        value: agents.reduce((sum, { counters }) => sum + counters[reason], 0)
      }))
  },
  {
    type: 'gauge',
    name: 'window',
    help: 'Accounts that may have a request on its way.',
    read: ({ keeper }) => one(keeper.window.limit)
  },
  { type: 'gauge', name: 'outstanding', help: 'Accounts that have one.', read: ({ keeper }) => one(keeper.window.active) },
  {
    type: 'gauge',
    name: 'waiting',
    help: 'Accounts whose time has come, and that wait for a place in the window.',
    read: ({ keeper }) => one(keeper.window.waiting)
  },
  {
    type: 'gauge',
    name: 'silent_targets',
    help: 'Targets that do not answer.',
    read: ({ keeper }) => one(keeper.breaker.open.length)
  },
  { type: 'gauge', name: 'flows', help: 'Connections and UDP peers in use.', read: ({ keeper }) => one(keeper.flows.size) },
  ...processMetrics
]

export const registrationHistograms: readonly HistogramDefinition<Scraped>[] = [
  {
    name: 'rtt_seconds',
    help: 'From the first copy of a request to its final reply.',
    read: ({ keeper }) => [{ counts: keeper.stats.roundTrips }]
  }
]

function accountsByState(keeper: RegistrationKeeper): MetricValue[] {
  const states = new Map<string, number>(registrationStates.map((state) => [state, 0]))
  for (const { registration } of keeper.accounts.values()) states.set(registration.state, states.get(registration.state)! + 1)
  return [...states].map(([state, value]) => ({ labels: { state }, value }))
}
