import { formatAddress } from '../net/address.js'
import { targetName } from '../sip-transport/target.js'
import type { Hop, Ping } from '../uac/ping.js'
import type { PingSummary } from '../uac/ping-tally.js'

/** One ping for people. @param uri where several are asked at the same time */
export function pingLine(one: Ping, uri?: string): string {
  const before = `${uri === undefined ? '' : `${uri}: `}seq=${one.sequence}`
  if (!('status' in one)) return `${before} ${one.error.message}`
  const server = one.server ? ` (${one.server})` : ''
  return `${before} ${one.status} ${one.reason} from ${targetName(one.target)}${server} time=${milliseconds(one.roundTripMs)}`
}

export function hopLine({ maxForwards, ping }: Hop): string {
  const number = String(maxForwards + 1).padStart(3)
  if (!('status' in ping)) return `${number}  ${ping.error.message}`
  const { address, port } = ping.target
  const where = ping.status === 483 ? '' : ` from ${formatAddress({ host: address, port })}`
  return `${number}  ${ping.status} ${ping.reason}${where}${ping.server ? ` (${ping.server})` : ''} ${milliseconds(ping.roundTripMs)}`
}

/** What a peer says it can do, and what TLS was agreed on. */
export function factLines(one: Ping): string[] {
  if (!('status' in one)) return []
  const lists = [
    ['Allow', one.allow],
    ['Supported', one.supported],
    ['Accept', one.accept]
  ] as const
  const lines = lists.filter(([, values]) => values.length > 0).map(([name, values]) => `  ${name}: ${values.join(', ')}`)
  const { tls } = one
  if (tls)
    lines.push(`  TLS: ${tls.version}, ${tls.cipher}, ${tls.subject ?? 'no name'}, until ${tls.validTo}, ${tls.fingerprint}`)
  return lines
}

export function summaryLines(uri: string, { sent, received, lossPercent, minMs, avgMs, maxMs, mdevMs }: PingSummary): string[] {
  const counts = `${sent} sent, ${received} answered, ${Math.round(lossPercent * 10) / 10}% loss`
  const times = minMs === undefined ? '' : `, min/avg/max/mdev ${[minMs, avgMs, maxMs, mdevMs].join('/')} ms`
  return [`--- ${uri} ---`, counts + times]
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(1)} ms`
}
