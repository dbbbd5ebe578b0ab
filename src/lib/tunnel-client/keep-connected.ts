import { setTimeout as delay } from 'node:timers/promises'
import { ConfigError, DataError, LoginError, PbxkitError, ProtocolError, TlsError } from '../errors.js'
import { Backoff } from '../net/backoff.js'
import { peerName } from '../net/connect.js'
import { ToldToWaitError, UpgradeRequiredError } from '../tunnel/errors.js'
import type { Parameters } from '../tunnel/parameters.js'
import { serveProtocol1 } from './serve-protocol-1.js'
import { serveProtocol2 } from './serve-protocol-2.js'
import type { SharedOptions, TunnelConnection } from './tunnel-client.js'

export interface KeepOptions {
  protocol: 1 | 2
  calls: number
  onReady: () => void
  /** The server has refused before it asked for the password. What this throws ends the client; otherwise the refusal does. */
  onRefused?: (server: string) => void
}

/** Half a second first; half a minute when a server is away for long, so that a thousand clients do not fall over it when it is back. */
const defaultBackoff = { initialMs: 500, maxMs: 30_000 }

/** Keeps one connection, and makes it anew whenever it is lost. @returns when the signal was aborted @throws as `runTunnelClient` */
export async function keepConnected(shared: SharedOptions, keep: KeepOptions, signal: AbortSignal): Promise<void> {
  const { onEvent } = shared
  const { protocol } = keep
  const backoff = new Backoff(shared.backoff ?? defaultBackoff)
  let server = peerName(shared)
  let wasAccepted = false
  let notice: string | undefined
  while (!signal.aborted) {
    let waitMs: number | undefined
    let acceptedMs: number | undefined
    const reached = () => {
      acceptedMs ??= performance.now()
      keep.onReady()
    }
    const onAccepted = (told: Parameters = {}) => {
      wasAccepted = true
      const { version: serverVersion, notice: text } = told
      onEvent({ event: 'accepted', server, protocol, tls: connection.tls !== undefined, ...(serverVersion && { serverVersion }) })
      if (text && text !== notice) onEvent({ event: 'message', text })
      notice = text
      reached()
    }
    const onWaiting = () => {
      onEvent({ event: 'waiting', server })
      reached()
    }
    const connection: TunnelConnection = { ...shared, server, calls: keep.calls, onAccepted, onWaiting }
    try {
      if (shared.locate) Object.assign(connection, await shared.locate(signal))
      server = peerName(connection)
      connection.server = server
      onEvent({ event: 'connecting', server })
      const isDone = protocol === 1 ? await serveProtocol1(connection, signal) : await serveProtocol2(connection, signal)
      // Protocol 1: the connection was for one call, or has stood for as long as one does.
      if (isDone) waitMs = 0
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof LoginError && error.details?.stage === 'hello') keep.onRefused?.(server)
      if (isFinal(error, wasAccepted)) throw error
      onEvent({ event: 'dropped', server, reason: (error as Error).message })
      // Not all of those who were sent away come back in the same second. After `wait 0` it is as after a loss: a server that says so each time would have us
      // connect without a pause.
      if (error instanceof ToldToWaitError && error.seconds > 0) waitMs = error.seconds * 1000 * (0.8 + 0.4 * Math.random())
    }
    if (acceptedMs !== undefined) backoff.lasted(performance.now() - acceptedMs)
    waitMs ??= backoff.next()
    if (waitMs === 0 || signal.aborted) continue
    onEvent({ event: 'retry', server, inMs: Math.round(waitMs) })
    await delay(waitMs, undefined, { signal }).catch(() => {})
  }
}

function isFinal(error: unknown, wasAccepted: boolean): boolean {
  if (!(error instanceof PbxkitError)) return true
  // Who has never let us in is the wrong one; who has may stumble.
  if (error instanceof TlsError || error instanceof ProtocolError) return !wasAccepted
  return [LoginError, UpgradeRequiredError, ConfigError, DataError].some((Kind) => error instanceof Kind)
}
