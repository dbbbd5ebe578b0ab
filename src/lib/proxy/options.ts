import type { ParserLimits } from '../ami/block-parser.js'
import type { Address } from '../net/address.js'
import type { TlsOptions } from '../net/connect.js'
import type { Users } from './users.js'

/** One Asterisk that the proxy logs in to. */
export interface ServerOptions {
  /** Unique; what a client writes in `Server:`. */
  name: string
  host: string
  port: number
  username: string
  secret: string
  auth: 'md5' | 'plain'
  tls?: TlsOptions | undefined
}

export interface ProxyOptions {
  listen: readonly Address[]
  servers: readonly ServerOptions[]
  /** Who may log in. Undefined: nobody has to. */
  users: Users | undefined
  /** Appends `Server: name` to what comes from a server. `auto`: when there are several. */
  serverHeader: 'auto' | 'always' | 'never'
  limits: ParserLimits
  /** A client that has not logged in after this time is closed (Asterisk's authtimeout). */
  authTimeoutMs: number
  /** A client that begins an action and does not finish it in this time is closed. */
  actionTimeoutMs: number
  /** How long a failed login waits for its answer (Asterisk: 1 s): guessing is slow. */
  loginFailureDelayMs: number
  /** Bytes that may wait for a client that reads slowly; past that it misses whole events. */
  maxQueueBytes: number
  /** A client that reads nothing for so long while its queue is full is closed. */
  stallTimeoutMs: number
  /** Actions of one client that may wait for their answer. */
  maxActionsInFlight: number
  /** Waits between tries to reach a server. */
  reconnect: { initialMs: number; maxMs: number }
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
  serverHeader: 'auto',
  limits: { maxHeaderBytes: 64 * 1024, maxBlockBytes: 1024 * 1024 },
  authTimeoutMs: 30_000,
  actionTimeoutMs: 60_000,
  loginFailureDelayMs: 1_000,
  maxQueueBytes: 16 * 1024 * 1024,
  stallTimeoutMs: 60_000,
  maxActionsInFlight: 1_000,
  reconnect: { initialMs: 500, maxMs: 30_000 },
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
}
