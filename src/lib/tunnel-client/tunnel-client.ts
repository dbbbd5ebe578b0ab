import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { Transcripts } from '../agi-transcript/transcripts.js'
import { peerName, type TlsOptions } from '../net/connect.js'
import { SessionWatch } from '../net/yamux/session-watch.js'
import { ClientSecret } from '../scram/client.js'
import { UpgradeRequiredError } from '../tunnel/errors.js'
import type { Parameters } from '../tunnel/parameters.js'
import { version as ourVersion } from '../tunnel/protocol-2-messages.js'
import type { TunnelEvent } from './events.js'
import { keepConnected } from './keep-connected.js'
import type { Locate } from './locate.js'
import type { Target } from './target.js'

export interface TunnelClientOptions {
  host: string
  port: number
  tls?: TlsOptions | undefined
  /** Asked before each try; its answer replaces host, port and tls. */
  locate?: Locate | undefined
  username: string
  password: string
  target: Target
  /** `auto`: 2, and 1 with a server that does not know it, if `allowProtocol1` says so. */
  protocol: 1 | 2 | 'auto'
  /** Its logins can be used again by who hears them: nobody gets to it by himself. */
  allowProtocol1?: boolean | undefined
  /** Calls at one time; undefined: 256, and one by protocol 1, which has a connection for each. */
  calls?: number | undefined
  /** Of connecting, and of logging in. */
  timeoutMs: number
  /** A stop waits so long for calls. */
  drainMs: number
  onEvent: (event: TunnelEvent) => void
  transcripts?: Transcripts | undefined
  /** Of this program: the server shows it. */
  version?: string | undefined
  /** Injected by tests. */
  backoff?: { initialMs: number; maxMs: number }
  watch?: SessionWatch | undefined
}

/** As the server has it: more would be refused there. */
const defaultCalls = 256

/** One connection of a client: where to, as whom, and whom to tell. */
export interface TunnelConnection extends TunnelClientOptions {
  /** As events call it. */
  server: string
  calls: number
  secret: ClientSecret
  /** The same for all connections of this process: the server tells by it which one replaces which. */
  instance: string
  /** @param told what a server of protocol 2 says of itself */
  onAccepted: (told?: Parameters) => void
  /** The login is sent, and nothing comes: a server of the original is like that. */
  onWaiting: () => void
}

/** What all connections of one client share. */
export type SharedOptions = TunnelClientOptions & Pick<TunnelConnection, 'secret' | 'instance'>

/** The server has no protocol 2, and protocol 1 is permitted. */
class FallBack extends Error {}

/**
 * Keeps a tunnel open, for ever: comes back after every loss, later each time, and when it was told to.
 * @param onReady called at each login, and when a server of the original keeps us waiting for a call
 * @returns when the signal was aborted
 * @throws LoginError, UpgradeRequiredError, ConfigError, DataError: what does not get better by itself; TlsError and ProtocolError as long as no login was good
 */
export async function runTunnelClient(options: TunnelClientOptions, onReady: () => void, signal: AbortSignal): Promise<void> {
  const ended = new AbortController()
  const stop = AbortSignal.any([signal, ended.signal])
  // Each connection of protocol 1 listens: that is no leak.
  setMaxListeners(0, stop)
  const shared: SharedOptions = {
    ...options,
    secret: new ClientSecret(options.password),
    instance: randomUUID(),
    watch: options.watch ?? new SessionWatch({ intervalMs: 15_000 })
  }
  try {
    if (options.protocol === 1) return await keepProtocol1(shared, onReady, stop)
    try {
      return await keepProtocol2(shared, onReady, stop)
    } catch (error) {
      if (!(error instanceof FallBack)) throw error
    }
    try {
      return await keepProtocol1(shared, onReady, stop)
    } catch (error) {
      if (!offersUs(error)) throw error
      // The old server was replaced by one that knows better. It will not be asked for protocol 1 again.
      shared.onEvent({ event: 'upgrade', server: peerName(shared), protocol: 2 })
    }
    return await keepProtocol2({ ...shared, allowProtocol1: false }, onReady, stop)
  } finally {
    ended.abort()
  }
}

/** A connection for each call. The first that fails for good ends all of them. */
async function keepProtocol1(shared: SharedOptions, onReady: () => void, signal: AbortSignal): Promise<void> {
  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal])
  setMaxListeners(0, stop)
  const lines = Array.from({ length: shared.calls ?? 1 }, () => keepConnected(shared, { protocol: 1, calls: 1, onReady }, stop))
  try {
    await Promise.all(lines)
  } finally {
    // Those that have a call end with it.
    failed.abort()
  }
}

function offersUs(error: unknown): boolean {
  const versions = error instanceof UpgradeRequiredError ? error.details?.versions : undefined
  return Array.isArray(versions) && versions.includes(`AGIT/${ourVersion}`)
}

async function keepProtocol2(shared: SharedOptions, onReady: () => void, stop: AbortSignal): Promise<void> {
  // Once a server has shown that it knows protocol 2, whoever says that it does not is somebody else.
  let mayFallBack = shared.protocol === 'auto' && shared.allowProtocol1 === true
  const onRefused = (server: string) => {
    if (!mayFallBack) return
    shared.onEvent({ event: 'fallback', server, protocol: 1 })
    throw new FallBack()
  }
  const accepted = () => {
    mayFallBack = false
    onReady()
  }
  await keepConnected(shared, { protocol: 2, calls: shared.calls ?? defaultCalls, onReady: accepted, onRefused }, stop)
}
