import type { BridgeReason } from '../agi/outcome.js'
import type { ByteChannel } from '../net/byte-channel.js'
import type { Parameters } from '../tunnel/parameters.js'

/** A call on its way to an application. */
export interface CallToPlace {
  /** A word of its own, for logs and for protocol 1. */
  id: string
  metadata: Parameters
  /** As Asterisk sent it, with its empty line. */
  headers: Buffer
}

/** The application's end of a call. */
export interface ApplicationEnd {
  /** Gives bytes of the application, takes bytes of Asterisk. */
  stream: ByteChannel
  /** Why the stream broke; asked when it has. */
  lossReason(): BridgeReason
}

/** Something that holds a user: a tunnel of this host, or the way to another host that has one. */
export interface UserHolder {
  readonly protocol: 1 | 2
  /** Of the client, for logs. */
  readonly address: string
  /**
   * Takes one call.
   * @throws CallRefusedError when the client was asked and cannot, TimeoutError; ConnectionLostError when the tunnel is lost: another may be tried
   */
  take(call: CallToPlace): Promise<ApplicationEnd>
}

/**
 * Who holds a user? In this process `LocalTunnels` knows, `JoinedDirectory` joins several. One that asks other hosts has the same two answers: its holders
 * take a call by a link to the host that has the tunnel (docs/architecture.md).
 */
export interface UserDirectory {
  /** A holder that takes a call now, if that can be told at once; `find` is asked when there is none. Spares most calls a search. */
  findNow?(username: string): UserHolder | undefined
  /** A holder that takes a call now. Waits for one until the signal is aborted, and then gives undefined. */
  find(username: string, signal: AbortSignal): Promise<UserHolder | undefined>
  /** Does anybody hold the user, busy or not? */
  has(username: string): boolean | Promise<boolean>
}
