import type tls from 'node:tls'
import { ConnectionLostError, PbxkitError } from '../errors.js'
import { channelBindingOf } from '../net/channel-binding.js'
import { connect } from '../net/connect.js'
import type { YamuxStream } from '../net/yamux/stream.js'
import { openTunnel } from '../tunnel/protocol-2-client.js'
import { readCallAndHeaders } from '../tunnel/tunnel-call.js'
import { takeCall } from './take-call.js'
import type { TunnelConnection } from './tunnel-client.js'

/** What waits here for an application that has stopped reading, of one call. */
const maxWindowBytes = 1024 * 1024

/**
 * One tunnel of protocol 2, from the connection to its loss, or until the server wants to be rid of us: calls that go on then end by themselves.
 * @returns false, when the server said goodbye or the signal was aborted and the calls are over @throws what ended it
 */
export async function serveProtocol2(connection: TunnelConnection, signal: AbortSignal): Promise<boolean> {
  const { host, port, tls, timeoutMs, username, secret, instance, version, calls, watch, drainMs, onAccepted } = connection
  const socket = await connect({ host, port, tls, timeoutMs, signal })
  const channelBinding = tls && channelBindingOf(socket as tls.TLSSocket)
  const stopLogin = () => socket.destroy()
  signal.addEventListener('abort', stopLogin, { once: true })
  let settle: (error?: PbxkitError) => void = () => {}
  const over = new Promise<void>((resolve, reject) => {
    settle = (error) => (error ? reject(error) : resolve())
  })
  // It may fail before anybody waits for it.
  over.catch(() => {})
  let drain: NodeJS.Timeout | undefined
  let leave: () => void = () => {}
  try {
    const { session, parameters } = await openTunnel(socket, {
      ...{ username, secret, channelBinding, timeoutMs, watch, maxIncomingStreams: calls, maxWindowBytes },
      parameters: { instance, calls: String(calls), ...(version && { version }) },
      handler: {
        onStream: (stream) => void take(stream, connection),
        onGoAway: () => settle(),
        onClosed: (_session, error) => {
          clearTimeout(drain)
          signal.removeEventListener('abort', leave)
          settle(error ?? new ConnectionLostError('The server closed the tunnel'))
        }
      }
    })
    signal.removeEventListener('abort', stopLogin)
    // As long as the session lasts: its calls may go on after the server's goodbye, when we have another one already, and a stop does not wait for ever for them.
    leave = () => {
      session.goAway()
      if (!session.isClosed) drain = setTimeout(() => session.destroy(), drainMs)
    }
    if (signal.aborted) leave()
    else if (!session.isClosed) signal.addEventListener('abort', leave, { once: true })
    onAccepted(parameters)
    try {
      await over
    } finally {
      // After the server's goodbye: when the last call is over.
      session.goAway()
    }
    return false
  } finally {
    signal.removeEventListener('abort', stopLogin)
  }
}

async function take(stream: YamuxStream, connection: TunnelConnection): Promise<void> {
  try {
    const { metadata, headers, accept, refuse } = await readCallAndHeaders(stream)
    await takeCall({ id: metadata.call, headers, stream, accept, refuse, reset: () => stream.destroy() }, connection)
  } catch (error) {
    stream.destroy()
    if (!(error instanceof PbxkitError)) throw error
  }
}
