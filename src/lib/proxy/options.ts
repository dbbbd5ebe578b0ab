import { MetricsAccess } from '../access/metrics-access.js'
import type { ParserLimits } from '../ami/block-parser.js'
import type { Address } from '../net/address.js'
import type { TlsOptions } from '../net/connect.js'
import type { ConnectionLimitOptions } from '../net/connection-limits.js'
import type { HttpTimes } from '../net/http-server.js'
import type { ServerTlsOptions } from '../net/tls-server.js'
import type { Accounts } from './accounts/accounts.js'
import type { FilterLocal } from './filter/outbound.js'
import { WebAccess } from './web/web-access.js'

/** One Asterisk that the proxy logs in to. */
export interface ServerOptions {
  /** Unique; what a client writes in `Server:`. */
  name: string
  host: string
  port: number
  username: string
  secret: string
  auth: 'md5' | 'plain'
  /** Does it send events to us? Undefined: yes. */
  events?: boolean
  tls?: TlsOptions | undefined
}

/** Which events a client gets: `on`: only those of its own actions. `unique` is `off`: ActionIDs are always kept apart. */
export type AutoFilter = 'off' | 'on' | 'unique'

export interface ProxyOptions {
  listen: readonly Address[]
  servers: readonly ServerOptions[]
  /** Who may log in. Undefined: there are no accounts. */
  accounts: Accounts | undefined
  /** The certificate for clients that speak TLS; undefined: they are closed. */
  tls?: ServerTlsOptions | undefined
  /** Are clients taken that do not speak TLS? */
  acceptUnencrypted: boolean
  /** How long a client that says nothing is waited for until it gets the banner; undefined: long enough for most. */
  helloWaitMs?: number | undefined
  /** Of web pages that browsers may let use the proxy, beside those of its own host: `https://panel.example.org`. */
  allowedOrigins: readonly string[]
  /** Who may read `/metrics`. */
  metricsAllow: MetricsAccess
  /** Who may open the web page. */
  webAllow: WebAccess
  /** Of this program, for the status. */
  version: string
  /** Does everybody have to log in? */
  authRequired: boolean
  /** Appends `Server: name` to what comes from a server. `auto`: when there are several. */
  serverHeader: 'auto' | 'always' | 'never'
  /** A key that every client has to send as `ProxyKey:` before anything else; it counts as a login. */
  proxyKey?: string | undefined
  /** What a client starts with; it may change both. */
  outputFormat: string
  autoFilter: AutoFilter
  /** What a user with filter columns may dial through Local channels. */
  filterLocal: FilterLocal
  /** Byte for byte what 1.22 of astmanproxy made of long headers in XML. */
  xmlCompat?: '1.22' | undefined
  /** Gives everybody's answers to clients that filter nothing: panels of old relied on it. */
  broadcastResponses: boolean
  /** Are queries that several clients ask at the same time sent once? Never with `broadcastResponses`. */
  coalesceQueries: boolean
  /** Are lists of channels, endpoints and states answered here while no event says that they have changed? Counts at the start; needs `coalesceQueries`. */
  snapshot: boolean
  /** The banner in place of Asterisk's. */
  banner?: string | undefined
  limits: ParserLimits
  /** A client that has not logged in after this time is closed (Asterisk's authtimeout). */
  authTimeoutMs: number
  /** A client that begins an action and does not finish it in this time is closed. */
  actionTimeoutMs: number
  /** How long a request of HTTP may take to come. Undefined: what fits nearly everybody. */
  httpTimes?: Partial<HttpTimes> | undefined
  /** How many clients are taken. Undefined: as many as fit nearly everybody. */
  connectionLimits?: Partial<ConnectionLimitOptions> | undefined
  /** How long a failed login waits for its answer (Asterisk: 1 s): guessing is slow. */
  loginFailureDelayMs: number
  /** Failed logins of one address in 5 minutes until it is refused unheard; twice as many of one user. */
  maxLoginFailures: number
  /** Bytes that may wait for a client that reads slowly; past that it misses whole events. */
  maxQueueBytes: number
  /** So long a client may be behind; past that it misses whole events, too. */
  maxQueueAgeMs: number
  /** What happens to a client that is too slow. */
  overflow: 'drop-events' | 'disconnect'
  /** Events are collected for so long before they are written: fewer, larger writes. Answers never wait. */
  coalesceMs: number
  /** Bytes of events that are kept for clients that come back; 0: none. */
  journalBytes: number
  /** A client that reads nothing for so long while its queue is full is closed. */
  stallTimeoutMs: number
  /** Actions of one client that may wait for their answer. */
  maxActionsInFlight: number
  /** Waits between tries to reach a server. */
  reconnect: { initialMs: number; maxMs: number }
  /** Tries in a row until a server is given up; 0: never. */
  maxRetries: number
  /** For connecting and for each login. */
  serverTimeoutMs: number
  /** Ping a server after so much silence; after twice that it is gone. */
  keepAliveMs: number
  /** How long to wait for `FullyBooted` after the login. */
  bootTimeoutMs: number
  /** How long a stop waits until what was queued is written. */
  graceMs: number
}

/** What fits nearly everybody. */
export const proxyDefaults = {
  acceptUnencrypted: true,
  allowedOrigins: [],
  metricsAllow: new MetricsAccess(),
  webAllow: new WebAccess(),
  version: 'unknown',
  serverHeader: 'auto',
  outputFormat: 'standard',
  autoFilter: 'off',
  filterLocal: 'off',
  broadcastResponses: false,
  coalesceQueries: true,
  snapshot: false,
  limits: { maxHeaderBytes: 64 * 1024, maxBlockBytes: 1024 * 1024 },
  authTimeoutMs: 30_000,
  actionTimeoutMs: 60_000,
  loginFailureDelayMs: 1_000,
  maxLoginFailures: 10,
  maxQueueBytes: 16 * 1024 * 1024,
  maxQueueAgeMs: 30_000,
  overflow: 'drop-events',
  coalesceMs: 5,
  journalBytes: 8 * 1024 * 1024,
  stallTimeoutMs: 60_000,
  maxActionsInFlight: 1_000,
  reconnect: { initialMs: 500, maxMs: 30_000 },
  maxRetries: 0,
  serverTimeoutMs: 10_000,
  keepAliveMs: 15_000,
  bootTimeoutMs: 60_000,
  graceMs: 5_000
} satisfies Partial<ProxyOptions>

/** The log that a behaviour writes to: pino's form, without pino. */
export interface ProxyLog {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  /** Shows the wire. Only there where it is wanted: without it nothing is prepared for it. */
  wire?: LogWriter | undefined
  /** A log of its own for who did what; without it that stands in this log. */
  audit?: LogWriter | undefined
}

export type LogWriter = (fields: object, message: string) => void
