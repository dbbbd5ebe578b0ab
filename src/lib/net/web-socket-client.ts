import type tls from 'node:tls'
import { WebSocket } from 'ws'
import { ConnectError, ProtocolError, TimeoutError } from '../errors.js'
import { type ConnectOptions, connect, peerName } from './connect.js'

export interface WebSocketOptions extends ConnectOptions {
  /** As in the URL: `/ws`. */
  urlPath: string
  /** The name in the Host header. */
  serverName: string
  /** What is spoken on it, which the server must agree to: `sip`. */
  protocol: string
  maxMessageBytes: number
}

/**
 * Connects, over TLS where that is asked for, and agrees on a WebSocket (RFC 6455).
 * @throws what `connect` throws; ProtocolError when the server refuses it, or the protocol on it; TimeoutError
 */
export async function connectWebSocket(options: WebSocketOptions): Promise<{ webSocket: WebSocket; socket: tls.TLSSocket }> {
  const { urlPath, serverName, port, protocol, timeoutMs, maxMessageBytes, signal } = options
  const name = peerName(options)
  const socket = (await connect(options)) as tls.TLSSocket
  const host = serverName.includes(':') && !serverName.startsWith('[') ? `[${serverName}]` : serverName
  // The socket is there already, with its TLS verified: to ws it is a plain one.
  const webSocket = new WebSocket(`ws://${host}:${port}${urlPath}`, protocol, {
    createConnection: () => socket,
    handshakeTimeout: timeoutMs,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    followRedirects: false
  })
  const onAbort = () => webSocket.terminate()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    await new Promise<void>((resolve, reject) => {
      webSocket.once('open', resolve)
      webSocket.once('unexpected-response', (_, response) => {
        reject(
          new ProtocolError(`${name} answered the WebSocket with HTTP ${response.statusCode}`, { hint: 'Is this its path?' })
        )
      })
      webSocket.once('error', (cause) => reject(handshakeFailure(name, cause)))
    })
    if (webSocket.protocol !== protocol) throw new ProtocolError(`${name} does not speak "${protocol}" on its WebSocket`)
  } catch (error) {
    webSocket.on('error', () => {}).terminate()
    socket.destroy()
    throw signal?.aborted ? signal.reason : error
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
  return { webSocket, socket }
}

function handshakeFailure(name: string, cause: Error): Error {
  if (/timed out/.test(cause.message)) return new TimeoutError(`No WebSocket with ${name} in time`, { cause })
  const isProtocol = /subprotocol|response|Sec-WebSocket|status/i.test(cause.message)
  return new (isProtocol ? ProtocolError : ConnectError)(`No WebSocket with ${name}: ${cause.message}`, { cause })
}
