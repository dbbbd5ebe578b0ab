import { ProtocolError } from '../errors.js'

export type ServerState = 'connecting' | 'booting' | 'up' | 'down'

/** One Asterisk, as the proxy sees it now. */
export interface ServerStatus {
  name: string
  host: string
  port: number
  state: ServerState
  /** Since when it is up, or is not, ISO 8601. */
  since: string
  /** How often the session was lost and opened again. */
  reconnects: number
  lastError: string | null
  /** The first line that it sent. */
  banner: string | null
  tls: boolean
  actionsInFlight: number
  /** Null without a journal: then events are not counted. */
  eventsPerS: number | null
  bytesIn: number
  /** Round trip of a Ping at the time of the question; null when it is not up. */
  lagMs: number | null
}

/** One client of the proxy. */
export interface ClientStatus {
  id: number | string
  /** Null while it is not logged in. */
  user: string | null
  /** `host:port`. */
  address: string
  /** Formats: standard, xml, csv, json, http. */
  input: string
  output: string
  encrypted: boolean
  /** ISO 8601. */
  connectedAt: string
  /** Does it see less than everything? */
  filtered: boolean
  /** What waits in the proxy for this client, and for how long. */
  queueBytes: number
  queuedMs: number
  /** Events that it missed because it read too slowly. */
  dropped: number
  /** That it sent, and those of them that a server has not answered yet. */
  actions: number
  actionsInFlight: number
  bytesOut: number
}

/** What has happened since the start. */
export interface ProxyCounters {
  /** As eventsOut null without a journal. */
  eventsIn: number | null
  bytesIn: number
  /** Put into clients' queues, once for each client; those that were dropped there are among them. */
  eventsOut: number | null
  /** Delivered to clients, all together. What waited for a client whose connection broke counts as delivered. */
  bytesOut: number
  eventsDropped: number
  actions: { success: number; error: number; denied: number; lost: number }
  logins: { success: number; refused: number; blocked: number; timeout: number }
  reconnects: number
}

/** All that `proxy status` and `/health` show; `/metrics` takes its gauges from it. */
export interface ProxyStatus {
  version: string
  /** ISO 8601. */
  startedAt: string
  uptimeS: number
  /** Stopping: no new clients, the others are told. */
  draining: boolean
  servers: ServerStatus[]
  clients: ClientStatus[]
  counters: ProxyCounters
  /** Accounts that are configured; null when nobody has to log in. */
  users: number | null
  /** What clients that come back can be given: the numbers of its first event and of the next that comes. Null without a journal. */
  journal: { bytes: number; maxBytes: number; first: number; next: number } | null
}

export interface Health {
  /** ok: every server is up; degraded: some are; down: none is. */
  status: 'ok' | 'degraded' | 'down'
  /** Degraded is served: clients of the other servers work. */
  httpStatus: 200 | 503
  /** For whom the metrics are, too: all but the first two. No users, no reasons. */
  body: {
    status: Health['status']
    draining: boolean
    uptimeS: number
    clients: number
    servers: { name: string; state: ServerState }[]
  }
}

/** What health is told by: cheap to have, since anybody may ask, as often as he likes. */
export interface Vitals extends Pick<ProxyStatus, 'draining' | 'uptimeS'> {
  servers: readonly Pick<ServerStatus, 'name' | 'state'>[]
  clients: { readonly length: number }
}

export function healthOf({ servers, clients, draining, uptimeS }: Vitals): Health {
  const up = servers.filter(isUp).length
  const status = up === 0 ? 'down' : up === servers.length ? 'ok' : 'degraded'
  return {
    status,
    httpStatus: up === 0 ? 503 : 200,
    body: { status, draining, uptimeS, clients: clients.length, servers: servers.map(({ name, state }) => ({ name, state })) }
  }
}

export function isUp({ state }: Pick<ServerStatus, 'state'>): boolean {
  return state === 'up'
}

/**
 * A status as it came over a control socket. Fields that a proxy of another version does not have may be missing further down.
 * @throws ProtocolError when it is no status of a proxy
 */
export function readStatus(value: unknown): ProxyStatus {
  const status = value as Partial<ProxyStatus> | null
  const areObjects = (list: unknown) => Array.isArray(list) && list.every((one) => typeof one === 'object' && one !== null)
  if (typeof status !== 'object' || !areObjects(status?.servers) || !areObjects(status?.clients))
    throw new ProtocolError('The answer is no status of a proxy', { hint: 'Does --control name the socket of another service?' })
  return status as ProxyStatus
}

/** The servers as rows of a table. Ages are by the clock of the proxy. */
export function serverRows(status: ProxyStatus): Record<string, unknown>[] {
  const nowMs = nowOf(status)
  return status.servers.map((server) => ({
    server: server.name,
    address: `${server.host?.includes(':') ? `[${server.host}]` : server.host}:${server.port}${server.tls ? ' (TLS)' : ''}`,
    state: server.state,
    for: formatAge(nowMs - Date.parse(server.since)),
    reconnects: server.reconnects,
    'in flight': server.actionsInFlight,
    'events/s': formatNumber(server.eventsPerS),
    received: formatBytes(server.bytesIn),
    lag: server.lagMs === null ? '' : formatMs(server.lagMs),
    // What it says of itself while it answers, else why it does not.
    says: isUp(server) ? server.banner : server.lastError
  }))
}

export function clientRows(status: ProxyStatus): Record<string, unknown>[] {
  const nowMs = nowOf(status)
  return status.clients.map((client) => ({
    id: client.id,
    user: client.user ?? '-',
    address: `${client.address}${client.encrypted ? ' (TLS)' : ''}`,
    format: client.input === client.output ? client.input : `${client.input}>${client.output}`,
    for: formatAge(nowMs - Date.parse(client.connectedAt)),
    filtered: client.filtered ? 'yes' : 'no',
    queue: formatBytes(client.queueBytes),
    waiting: client.queueBytes > 0 ? formatMs(client.queuedMs) : '',
    dropped: client.dropped,
    actions: client.actions,
    sent: formatBytes(client.bytesOut)
  }))
}

/** One line: `pbxkit 1.0.0, up 2h 5m: 1 of 2 servers up, 12 clients, 340 events/s, 0 events dropped`. */
export function summaryOf({ version, uptimeS, draining, servers, clients, counters }: ProxyStatus): string {
  const eventsPerS = servers.reduce((sum, server) => sum + (Number(server.eventsPerS) || 0), 0)
  const parts = [
    `${servers.filter(isUp).length} of ${servers.length} ${servers.length === 1 ? 'server' : 'servers'} up`,
    `${clients.length} ${clients.length === 1 ? 'client' : 'clients'}`,
    ...(servers.some((server) => server.eventsPerS === null) ? [] : [`${formatNumber(eventsPerS)} events/s`]),
    `${formatNumber(counters?.eventsDropped)} events dropped`
  ]
  return `pbxkit ${version}, up ${formatAge(uptimeS * 1000)}${draining ? ', draining' : ''}: ${parts.join(', ')}`
}

function nowOf({ startedAt, uptimeS }: ProxyStatus): number {
  return Date.parse(startedAt) + uptimeS * 1000
}

/** The two largest units: `3d 4h`, `2h 5m`, `7s`; empty when it is not known. */
export function formatAge(ms: number): string {
  if (!Number.isFinite(ms)) return ''
  const seconds = Math.max(0, Math.round(ms / 1000))
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's']
  ]
  const first = Math.max(
    0,
    parts.findIndex(([count]) => count > 0)
  )
  const shown = seconds === 0 ? [parts[3]!] : parts.slice(first, first + 2).filter(([count]) => count > 0)
  return shown.map(([count, unit]) => `${count}${unit}`).join(' ')
}

/** `0 B`, `1.5 KB` (of 1024), `3.0 GB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return ''
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB']
  let unit = 0
  let value = bytes
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

function formatMs(ms: number): string {
  if (!Number.isFinite(ms)) return ''
  return ms < 1000 ? `${formatNumber(ms)} ms` : `${formatNumber(ms / 1000)} s`
}

/** At most one digit after the point, and only below 100. */
function formatNumber(value: number | null | undefined): string {
  if (value === undefined || value === null || !Number.isFinite(value)) return ''
  return String(value < 100 ? Math.round(value * 10) / 10 : Math.round(value))
}
