import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { ConfigError, DataError, LoginError, PbxkitError, TlsError } from '../errors.js'
import { Backoff } from '../net/backoff.js'
import { peerName, type TlsOptions } from '../net/connect.js'
import { SessionWatch } from '../net/yamux/session-watch.js'
import { ClientSecret } from '../scram/client.js'
import { ToldToWaitError, UpgradeRequiredError } from '../tunnel/errors.js'
import type { TunnelEvent } from './events.js'
import { serveProtocol1 } from './serve-protocol-1.js'
import { serveProtocol2 } from './serve-protocol-2.js'
import type { Target } from './target.js'

export interface TunnelClientOptions {
  host: string
  port: number
  tls?: TlsOptions | undefined
  username: string
  password: string
  target: Target
  protocol: 1 | 2
  /** Calls at one time. Protocol 1 has a connection for each. */
  calls: number
  /** Of connecting, and of logging in. */
  timeoutMs: number
  /** A stop waits so long for calls. */
  drainMs: number
  onEvent: (event: TunnelEvent) => void
  /** Injected by tests. */
  backoff?: { initialMs: number; maxMs: number }
  watch?: SessionWatch | undefined
}

/** One connection of a client: where to, as whom, and whom to tell. */
export interface TunnelConnection extends TunnelClientOptions {
  secret: ClientSecret
  /** The same for all connections of this process: the server tells by it which one replaces which. */
  instance: string
  onAccepted: () => void
}

/** Half a second first; half a minute when a server is away for long, so that a thousand clients do not fall over it when it is back. */
const defaultBackoff = { initialMs: 500, maxMs: 30_000 }

/**
 * Keeps a tunnel open, for ever: comes back after every loss, later each time, and when it was told to.
 * @returns when the signal was aborted
 * @throws LoginError, UpgradeRequiredError, ConfigError, DataError: what does not get better by itself; TlsError as long as no login was good
 */
export async function runTunnelClient(options: TunnelClientOptions, onReady: () => void, signal: AbortSignal): Promise<void> {
  const ended = new AbortController()
  const stop = AbortSignal.any([signal, ended.signal])
  // Each connection of protocol 1 listens: that is no leak.
  setMaxListeners(0, stop)
  const shared = {
    secret: new ClientSecret(options.password),
    instance: randomUUID(),
    watch: options.watch ?? new SessionWatch({ intervalMs: 15_000 })
  }
  const lines = options.protocol === 1 ? options.calls : 1
  try {
    await Promise.all(Array.from({ length: lines }, () => keepOne({ ...options, ...shared, onAccepted: onReady }, stop)))
  } finally {
    ended.abort()
  }
}

async function keepOne(connection: TunnelConnection, signal: AbortSignal): Promise<void> {
  const { onEvent } = connection
  const server = peerName(connection)
  const backoff = new Backoff(connection.backoff ?? defaultBackoff)
  let wasAccepted = false
  const serve = connection.protocol === 1 ? serveProtocol1 : serveProtocol2
  while (!signal.aborted) {
    let waitMs: number | undefined
    let acceptedMs: number | undefined
    const onAccepted = () => {
      wasAccepted = true
      acceptedMs = performance.now()
      onEvent({ event: 'accepted', server, protocol: connection.protocol, tls: connection.tls !== undefined })
      connection.onAccepted()
    }
    onEvent({ event: 'connecting', server })
    try {
      const hadCall = await serve({ ...connection, onAccepted }, signal)
      // Protocol 1: the connection was the call.
      if (hadCall) waitMs = 0
    } catch (error) {
      if (signal.aborted) return
      if (isFinal(error, wasAccepted)) throw error
      onEvent({ event: 'dropped', reason: (error as Error).message })
      // Not all of those who were sent away come back in the same second.
      if (error instanceof ToldToWaitError) waitMs = error.seconds * 1000 * (0.8 + 0.4 * Math.random())
    }
    if (acceptedMs !== undefined) backoff.lasted(performance.now() - acceptedMs)
    waitMs ??= backoff.next()
    if (waitMs === 0 || signal.aborted) continue
    onEvent({ event: 'retry', inMs: Math.round(waitMs) })
    await delay(waitMs, undefined, { signal }).catch(() => {})
  }
}

function isFinal(error: unknown, wasAccepted: boolean): boolean {
  if (!(error instanceof PbxkitError)) return true
  if (error instanceof TlsError) return !wasAccepted
  return [LoginError, UpgradeRequiredError, ConfigError, DataError].some((Kind) => error instanceof Kind)
}
