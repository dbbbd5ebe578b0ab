import { rttBucketsS } from './keeper-stats.js'
import type { RegistrationKeeper } from './registration-keeper.js'
import { registrationStates } from './registration-state.js'

/** The text format of Prometheus. Labels are bounded: states are ours, statuses have three digits. */
export function metricsText(keeper: RegistrationKeeper): string {
  const states = new Map<string, number>(registrationStates.map((state) => [state, 0]))
  for (const { registration } of keeper.accounts.values()) states.set(registration.state, states.get(registration.state)! + 1)
  const { stats, window, breaker, flows } = keeper
  const lines: string[] = []
  const metric = (name: string, type: string, help: string, series: Iterable<readonly [labels: string, value: number]>) => {
    lines.push(`# HELP pbxkit_uac_${name} ${help}`, `# TYPE pbxkit_uac_${name} ${type}`)
    for (const [labels, value] of series) lines.push(`pbxkit_uac_${name}${labels} ${value}`)
  }
  const one = (value: number) => [['', value] as const]
  metric('registered', 'gauge', 'Accounts with a binding that lives.', one(keeper.registeredCount))
  metric(
    'accounts',
    'gauge',
    'Accounts by state.',
    [...states].map(([state, count]) => [`{state="${state}"}`, count] as const)
  )
  metric('requests_total', 'counter', 'REGISTERs that went out, copies not counted.', one(window.requests))
  metric('retransmissions_total', 'counter', 'Copies of them.', one(window.repeats))
  metric(
    'replies_total',
    'counter',
    'Final replies by status.',
    [...stats.replies].map(([code, count]) => [`{code="${code}"}`, count] as const)
  )
  metric('timeouts_total', 'counter', 'Attempts that ended without a reply.', one(stats.timeouts))
  metric('expired_total', 'counter', 'Bindings that ended before they were refreshed.', one(stats.expired))
  metric('window', 'gauge', 'Accounts that may have a request on its way.', one(window.limit))
  metric('outstanding', 'gauge', 'Accounts that have one.', one(window.active))
  metric('silent_targets', 'gauge', 'Targets that do not answer.', one(breaker.open.length))
  metric('flows', 'gauge', 'Connections and UDP peers in use.', one(flows.size))
  let sum = 0
  const buckets = stats.rttCounts.map((count, at) => {
    sum += count
    return [`_bucket{le="${rttBucketsS[at] ?? '+Inf'}"}`, sum] as const
  })
  metric('rtt_seconds', 'histogram', 'From the first copy of a request to its final reply.', [
    ...buckets,
    ['_sum', stats.rttSumS],
    ['_count', sum]
  ])
  return `${lines.join('\n')}\n`
}
