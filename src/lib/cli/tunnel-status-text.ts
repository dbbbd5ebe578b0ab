import { formatAge, formatBytes } from '../proxy/status.js'
import type { TunnelServerStatus } from '../tunnel-server/status.js'
import { type RowFormat, renderRows } from './rows.js'
import { escapeControls, safeJson } from './terminal-text.js'

export const tunnelLists = ['users', 'tunnels', 'calls'] as const
export type TunnelList = (typeof tunnelLists)[number]

export interface TunnelStatusStyle {
  format: RowFormat
  /** Rows of one list; undefined: everything. */
  what: TunnelList | undefined
  width: number
  forTerminal: boolean
}

/** A status as text: tables under a line that sums up, one document, or the rows of one list. */
export async function tunnelStatusText(
  status: TunnelServerStatus,
  { format, what, width, forTerminal }: TunnelStatusStyle
): Promise<string> {
  if (format !== 'table') {
    const rows: object[] = what === 'users' ? usersOf(status) : status[what ?? 'tunnels']
    if (what)
      return renderRows(
        rows.map((one) => ({ ...one })),
        format,
        { width, forTerminal }
      )
    return `${safeJson(status, format === 'json' ? 2 : undefined)}\n`
  }
  if (what) return renderRows(tableRows(status, what), 'table', { width })
  const tables = await Promise.all(
    (['tunnels', 'calls'] as const).map((list) => renderRows(tableRows(status, list), 'table', { width }))
  )
  return [`${escapeControls(summaryOf(status))}\n`, ...tables].filter((text) => text !== '').join('\n')
}

/** One line: `pbxkit 1.0.0, up 2h 5m: 12 tunnels of 9 users, 3 calls, 0.4 calls/s, 12 commands/s, 1.5 MB, 2 logins failed`. */
export function summaryOf({
  version,
  uptimeS,
  draining,
  users,
  tunnels,
  calls,
  rates,
  sockets,
  counters
}: TunnelServerStatus): string {
  const logins = counters?.logins
  const failed = (logins?.refused ?? 0) + (logins?.throttled ?? 0) + (logins?.late ?? 0)
  const parts = [
    `${count(tunnels.length, 'tunnel')} of ${count(users, 'user')}`,
    `${count(sockets?.all ?? 0, 'socket')}`,
    `${count(calls.length, 'call')}`,
    `${short(rates?.callsPerS)} calls/s`,
    `${short(rates?.commandsPerS)} commands/s`,
    formatBytes((counters?.bytes.fromApplications ?? 0) + (counters?.bytes.toApplications ?? 0)),
    `${failed} failed ${failed === 1 ? 'login' : 'logins'}`
  ]
  return `pbxkit ${version}, up ${formatAge(uptimeS * 1000)}${draining ? ', draining' : ''}: ${parts.join(', ')}`
}

/** By user: how many tunnels, by which protocols, and how many calls. */
function usersOf({ tunnels, calls }: TunnelServerStatus) {
  const users = new Map<
    string,
    { user: string; tunnels: number; protocols: number[]; encrypted: boolean; calls: number; callsTotal: number }
  >()
  const entry = (user: string) => {
    const known = users.get(user) ?? { user, tunnels: 0, protocols: [], encrypted: true, calls: 0, callsTotal: 0 }
    users.set(user, known)
    return known
  }
  for (const { user, protocol, encrypted, callsTotal } of tunnels) {
    const one = entry(user)
    one.tunnels++
    if (!one.protocols.includes(protocol)) one.protocols.push(protocol)
    one.encrypted &&= encrypted
    one.callsTotal += callsTotal
  }
  // A tunnel of protocol 1 that has a call is a call and no tunnel.
  for (const { user } of calls) if (user !== null) entry(user).calls++
  return [...users.values()].sort((one, other) => (one.user < other.user ? -1 : 1))
}

function tableRows(status: TunnelServerStatus, list: TunnelList): Record<string, unknown>[] {
  const nowMs = Date.parse(status.startedAt) + status.uptimeS * 1000
  const age = (since: string) => formatAge(nowMs - Date.parse(since))
  if (list === 'users') return usersOf(status).map((user) => ({ ...user, encrypted: user.encrypted ? 'yes' : 'no' }))
  if (list === 'tunnels') {
    return status.tunnels.map(({ user, address, protocol, encrypted, version, since, calls, callsTotal }) => ({
      user,
      address: `${address}${encrypted ? ' (TLS)' : ''}`,
      protocol,
      version,
      for: age(since),
      calls,
      'in all': callsTotal
    }))
  }
  return status.calls.map(({ id, user, from, client, protocol, state, since }) => ({
    call: id,
    user: user ?? '-',
    from,
    client: client ?? '-',
    protocol: protocol ?? '',
    state,
    for: age(since)
  }))
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

function short(value: number | undefined): string {
  return Number.isFinite(value) ? String(Math.round(value! * 10) / 10) : '0'
}
