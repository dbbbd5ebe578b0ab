import type { MetricsAccess } from '../access/metrics-access.js'
import type { GuardOptions } from '../agi/guard.js'
import type { Address } from '../net/address.js'
import type { ServerTlsOptions } from '../net/tls-server.js'
import type { SessionWatch } from '../net/yamux/session-watch.js'
import type { AuthenticatorOptions } from './authenticator.js'
import type { UserDirectory } from './directory.js'
import type { UserSource } from './find-user.js'
import type { SecondLogin } from './local-tunnels.js'
import type { MetadataOptions } from './metadata.js'

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
  /** Take clients of the original. Undefined: from this machine and inside TLS, where nobody hears what would let him in. */
  protocol1?: boolean | undefined
  /** What clients of the original get: see `Protocol1Form`. */
  protocol1Form?: Protocol1Form | undefined
  userFrom: UserSource
  connectGraceMs: number
  hangupGraceMs: number
  /** See `BridgeOptions`. */
  idleLimitMs?: number | undefined
  /** A stop waits so long for calls. */
  drainMs: number
  /** Connections on that port, of which one address gets half. Undefined: as `ConnectionLimits` has it. */
  maxTunnels?: number | undefined
  maxTunnelsPerUser: number
  maxCallsPerUser: number
  /** What a further tunnel of a user does to those that stand. */
  secondLogin?: SecondLogin | undefined
  metadata?: MetadataOptions | undefined
  /** Who may read `/metrics`; undefined: nobody. */
  metricsAllow?: MetricsAccess | undefined
  /** For people whose client is too old. */
  upgradeText?: string | undefined
  /** Undefined: there is none. */
  authenticator?: AuthenticatorOptions | undefined
  /** Where Asterisk comes to the authenticator and nothing else. */
  authenticatorListen?: readonly Address[] | undefined
  /** Of this program. */
  version?: string | undefined
  /** Makes the directory of all hosts out of the one of this host. Undefined: this host is all there is. */
  joinDirectory?: ((local: UserDirectory) => UserDirectory) | undefined
  guard: GuardOptions
  serverName: string
  /** Injected by tests: notices dead peers sooner. */
  watch?: SessionWatch | undefined
  /** Injected by tests: how long is waited for first bytes, a login and headers. */
  patienceMs?: number | undefined
  /** Injected by tests: connections that have not logged in. */
  maxHalfOpen?: number | undefined
}

/**
 * - `improved`: accepted at login, a line before the headers, headers in order. sandbox.rb works better so.
 * - `late-accept`: the same, accepted when a call comes. - `original`: byte for byte what the original server sends.
 */
export const protocol1Forms = ['improved', 'late-accept', 'original'] as const
export type Protocol1Form = (typeof protocol1Forms)[number]
