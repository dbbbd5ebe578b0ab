/**
 * One registration to keep: a row of Kamailio's `uacreg` (names as there, in camel case) and what goes beyond it. Values are checked; an empty text of
 * the table is undefined here. Its readers are in `accounts/`, what keeps it registered is in this folder.
 */
export interface RegistrationAccount {
  /** `l_uuid`: the key, and the user part of the contact unless there is a `contactUser`. */
  readonly uuid: string
  /** `l_username`, `l_domain`: what `uac lookup` answers for this account. */
  readonly localUsername: string | undefined
  readonly localDomain: string | undefined
  /** `r_username`, `r_domain`: the AOR. The request goes to `sip:r_domain`. */
  readonly username: string
  readonly domain: string
  /** A challenge must have this realm. Undefined answers any, as Kamailio does. */
  readonly realm: string | undefined
  /** Defaults to `username`. */
  readonly authUsername: string
  readonly secret: RegistrationSecret
  /** `auth_proxy`: next hops in the order of failover, as `sip:` URIs. Empty: RFC 3263 of the domain. */
  readonly proxies: readonly string[]
  /** Seconds that are asked for; 0: the account rests. */
  readonly expiresS: number
  /** Bit 1 of `flags`, or `enabled` = 0. */
  readonly isDisabled: boolean
  /** Seconds before the first request. */
  readonly delayS: number
  /** `host[:port][;params]`; undefined: the address of the socket. */
  readonly contactAddress: string | undefined
  readonly contactUser: string | undefined
  /** Parameters behind the contact's `>`, without the first `;`. */
  readonly contactParameters: string | undefined
  /** `socket`: `[transport:]address[:port]` to send from. */
  readonly socket: string | undefined
  readonly transport: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss' | undefined
  /** Asks for `path` (RFC 3327). */
  readonly path: boolean
  /** RFC 5626: instance and reg-id in the contact. */
  readonly outbound: boolean
  /** `urn:uuid:…`; undefined: made from the uuid, the same at each start. */
  readonly instanceId: string | undefined
  readonly regId: number | undefined
  /** 0 to 1. */
  readonly q: number | undefined
  /** Part of the granted time after which it is refreshed, 0.1 to 0.95; undefined: random between 0.5 and 0.85. */
  readonly refreshRatio: number | undefined
  readonly extraHeaders: readonly { readonly name: string; readonly value: string }[]
  readonly userAgent: string | undefined
  /** Digest algorithms that may be used, best first; undefined: all. */
  readonly algorithms: readonly ('SHA-512-256' | 'SHA-256' | 'MD5')[] | undefined
  readonly keepalive: 'options' | 'crlf' | 'stun' | 'none' | undefined
  /** For `--tag`. */
  readonly tag: string | undefined
  /** Display name of From and To. */
  readonly display: string | undefined
  /** Where it was read: `file:line`, `table row n`, `command line`. */
  readonly source: string
}

export type RegistrationSecret =
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'ha1'; readonly algorithm: 'MD5' | 'SHA-256' | 'SHA-512-256'; readonly ha1: string }
