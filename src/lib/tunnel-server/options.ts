import type { GuardOptions } from '../agi/guard.js'
import type { Address } from '../net/address.js'
import type { ServerTlsOptions } from '../net/tls-server.js'
import type { SessionWatch } from '../net/yamux/session-watch.js'
import type { UserSource } from './find-user.js'

export interface TunnelServerOptions {
  /** Where tunnels come in. */
  listen: readonly Address[]
  /** Where Asterisk comes in. */
  agiListen: readonly Address[]
  /** Addresses and networks of Asterisk: whoever reaches that port chooses the user. */
  agiAllow: readonly string[]
  tls?: ServerTlsOptions | undefined
  /** Take clients without TLS from other machines, too. */
  acceptUnencrypted: boolean
  /** Take clients of the original. */
  protocol1: boolean
  userFrom: UserSource
  connectGraceMs: number
  hangupGraceMs: number
  /** A stop waits so long for calls. */
  drainMs: number
  maxTunnelsPerUser: number
  maxCallsPerUser: number
  guard: GuardOptions
  serverName: string
  /** Injected by tests: notices dead peers sooner. */
  watch?: SessionWatch | undefined
}
