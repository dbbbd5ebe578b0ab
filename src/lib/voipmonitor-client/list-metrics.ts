import { summariseCall } from '../voipmonitor/call-summary.js'
import type { SensorRow } from './list-query.js'

/** What can be watched: its name, the direction in which it gets worse, its unit in Nagios' performance data. */
export interface MetricDefinition {
  readonly name: string
  readonly worse: 'more' | 'less'
  readonly unit?: '%' | 'ms' | 's' | undefined
  readonly help: string
}

/** Values by the metric's name; null: nothing to say it of. */
export type MetricValues = Readonly<Record<string, number | null>>

/** Counts rows as they come. */
export interface MetricCounter {
  add(row: SensorRow): void
  values(): MetricValues
}

export const callMetrics: readonly MetricDefinition[] = [
  { name: 'calls', worse: 'more', help: 'calls' },
  { name: 'connected', worse: 'more', help: 'answered calls' },
  { name: 'mos', worse: 'less', help: 'the lowest MOS of any call with RTP' },
  { name: 'mosavg', worse: 'less', help: 'the mean MOS of calls with RTP' },
  { name: 'loss', worse: 'more', unit: '%', help: 'the highest packet loss of any call' },
  { name: 'jitter', worse: 'more', unit: 'ms', help: 'the highest jitter of any call' },
  { name: 'duration', worse: 'more', unit: 's', help: 'the longest call' }
]

/** The metrics of a list of calls. */
export function countCalls(): MetricCounter {
  let calls = 0
  let connected = 0
  let withMos = 0
  let mosSum = 0
  let mos: number | null = null
  let loss: number | null = null
  let jitter: number | null = null
  let duration: number | null = null
  const most = (a: number | null, b: number | null) => (a === null || (b !== null && b > a) ? b : a)
  return {
    add({ row }) {
      const call = summariseCall(row)
      calls++
      if ((row.number('connect_duration') ?? 0) > 0) connected++
      if (call.mos !== null) {
        withMos++
        mosSum += call.mos
        mos = mos === null ? call.mos : Math.min(mos, call.mos)
      }
      loss = most(loss, call.lossPercent)
      jitter = most(jitter, call.jitterMs)
      duration = most(duration, call.durationS)
    },
    values: () => ({ calls, connected, mos, mosavg: withMos === 0 ? null : mosSum / withMos, loss, jitter, duration })
  }
}

const stateMetrics = {
  OK: 'ok',
  Failed: 'failed',
  UnknownMessageOK: 'unknown',
  ManyRegMessages: 'many',
  Expired: 'expired',
  Unregister: 'unregistered'
} as const

export const registerMetrics: readonly MetricDefinition[] = [
  { name: 'registers', worse: 'less', help: 'registrations' },
  { name: 'ok', worse: 'less', help: 'registrations that stand' },
  { name: 'failed', worse: 'more', help: 'registrations that failed' },
  { name: 'unknown', worse: 'more', help: 'registrations in the state UnknownMessageOK' },
  { name: 'many', worse: 'more', help: 'registrations in the state ManyRegMessages' },
  { name: 'expired', worse: 'more', help: 'registrations that expired' },
  { name: 'unregistered', worse: 'more', help: 'registrations that were ended' },
  { name: 'rtt', worse: 'more', unit: 'ms', help: 'the slowest answer to a REGISTER, on average' }
]

/** The metrics of a list of registrations. */
export function countRegisters(): MetricCounter {
  let registers = 0
  let rtt: number | null = null
  const states: Record<string, number> = Object.fromEntries(Object.values(stateMetrics).map((name) => [name, 0]))
  return {
    add({ row }) {
      registers++
      const state = stateMetrics[row.get('state') as keyof typeof stateMetrics]
      if (state !== undefined) states[state]!++
      const ms = row.number('rrd_avg')
      if (ms !== null && (rtt === null || ms > rtt)) rtt = ms
    },
    values: () => ({ registers, ...states, rtt })
  }
}
