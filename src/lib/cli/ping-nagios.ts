import { aliveCount, type PingResult } from '../uac/ping-run.js'
import type { PingSummary } from '../uac/ping-tally.js'

export interface Thresholds {
  warnMs?: number | undefined
  critMs?: number | undefined
}

const stateNames = ['OK', 'WARNING', 'CRITICAL'] as const
export type NagiosState = 0 | 1 | 2

/**
 * What a Nagios plugin says: the state of the worst target, and one line with performance data in milliseconds. Unanswered is critical,
 * some unanswered a warning; the mean of the round trips is held against the thresholds.
 * @param strict only a 2xx is a sign of life
 */
export function judge(
  results: readonly PingResult[],
  thresholds: Thresholds,
  strict: boolean
): { state: NagiosState; line: string } {
  const states = results.map((result) => {
    const isRefused = aliveCount(result, strict) < result.summary.received
    return isRefused ? 2 : stateOf(result.summary, thresholds)
  })
  const state = Math.max(...states, 0) as NagiosState
  return { state, line: nagiosLine(state, results, thresholds) }
}

function stateOf({ received, sent, avgMs = 0 }: PingSummary, { warnMs, critMs }: Thresholds): NagiosState {
  if (received === 0 || (critMs !== undefined && avgMs > critMs)) return 2
  return received < sent || (warnMs !== undefined && avgMs > warnMs) ? 1 : 0
}

function nagiosLine(state: NagiosState, results: readonly PingResult[], { warnMs, critMs }: Thresholds): string {
  const told = results.map((result) => `${result.uri} ${noteOf(result)}`).join(', ')
  const data = results.flatMap(({ uri, summary }) => {
    // Performance data has blanks, quotes and = signs of its own.
    const label = (name: string) => (results.length === 1 ? name : `'${uri.replace(/['=|]/g, '_')} ${name}'`)
    const time = summary.avgMs === undefined ? [] : [`${label('rtt')}=${summary.avgMs}ms;${warnMs ?? ''};${critMs ?? ''};0`]
    return [...time, `${label('loss')}=${Math.round(summary.lossPercent)}%`]
  })
  // The bar is where performance data begins.
  return `SIP ${stateNames[state]} - ${told.replaceAll('|', '/')} | ${data.join(' ')}`
}

function noteOf({ pings, summary }: PingResult): string {
  const [only] = pings
  if (!only || summary.sent > 1) return `${summary.received} of ${summary.sent} answered`
  return 'status' in only ? `${only.status} ${only.reason} in ${only.roundTripMs.toFixed(1)} ms` : only.error.message
}
