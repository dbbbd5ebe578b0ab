import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { SessionPeer } from './http-context.js'

/** The path and the query, not decoded. A proxy on the way may write the whole address (RFC 9112 section 3.2.2). */
export function readTarget({ url = '/' }: Pick<IncomingMessage, 'url'>): { path: string; query: string } {
  const target = url.replace(/^https?:\/\/[^/?]*/i, '')
  const mark = target.indexOf('?')
  return mark < 0 ? { path: target || '/', query: '' } : { path: target.slice(0, mark) || '/', query: target.slice(mark + 1) }
}

/** `address:port` of who sent a request. */
export function peerAddress({ socket }: IncomingMessage): string {
  return `${socket.remoteAddress}:${socket.remotePort}`
}

/** Who sent a request, for its session. Whatever the client writes, the session gets standard AMI. */
export function sessionPeer(request: IncomingMessage, output: SessionPeer['output']): SessionPeer {
  const isEncrypted = (request.socket as Partial<TLSSocket>).encrypted === true
  return { address: peerAddress(request), isEncrypted, input: 'standard', output, stream: request.socket }
}
