import http from 'node:http'
import { ConnectionLostError, ProtocolError, TimeoutError } from '../errors.js'
import { connect, type TlsOptions } from './connect.js'

export interface HttpGetOptions {
  /** For https; what is left out is as `connect` has it. */
  tls?: TlsOptions | undefined
  /** Of all of it. */
  timeoutMs: number
  /** A longer body is refused. */
  maxBytes: number
  signal?: AbortSignal | undefined
}

/**
 * Gets one small document on a connection of its own. Redirects are not followed: their status is returned.
 * @throws what `connect` throws, TimeoutError, ProtocolError (no HTTP, too long), ConnectionLostError, the signal's reason
 */
export async function httpGet(
  url: URL,
  { tls, timeoutMs, maxBytes, signal }: HttpGetOptions
): Promise<{ status: number; body: string }> {
  const isSecure = url.protocol === 'https:'
  // The URL has brackets around an IPv6 address.
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port) || (isSecure ? 443 : 80)
  const late = AbortSignal.timeout(timeoutMs)
  const stop = signal ? AbortSignal.any([signal, late]) : late
  const socket = await connect({ host, port, tls: isSecure ? (tls ?? {}) : undefined, timeoutMs, signal })
  try {
    return await ask(url, socket, maxBytes, stop)
  } catch (cause) {
    if (signal?.aborted) throw signal.reason
    if (late.aborted) throw new TimeoutError(`${url.origin} did not answer within ${timeoutMs / 1000} s`, { cause })
    if (cause instanceof ProtocolError) throw cause
    const { code = '' } = cause as NodeJS.ErrnoException
    if (code.startsWith('HPE_')) throw new ProtocolError(`${url.origin} does not speak HTTP`, { cause })
    throw new ConnectionLostError(`${url.origin} closed the connection: ${(cause as Error).message}`, { cause })
  } finally {
    socket.destroy()
  }
}

function ask(
  url: URL,
  socket: Awaited<ReturnType<typeof connect>>,
  maxBytes: number,
  signal: AbortSignal
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request({
      createConnection: () => socket,
      method: 'GET',
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, connection: 'close', accept: '*/*' },
      signal
    })
    request.on('error', reject)
    // Who answers 101 to a GET: when nobody listens for it, Node closes the connection and says nothing at all, not even when the signal is aborted.
    request.once('upgrade', () => reject(new ProtocolError(`${url.origin} changes to a protocol that nobody has asked for`)))
    request.once('response', (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('error', reject)
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        chunks.push(chunk)
        if (bytes > maxBytes) reject(new ProtocolError(`The answer of ${url.origin} is longer than ${maxBytes} bytes`))
      })
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }))
    })
    request.end()
  })
}
