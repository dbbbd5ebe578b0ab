import type { IncomingMessage } from 'node:http'
import { HttpError } from './http-error.js'

/**
 * Headers that say who asks, for what host, and what the body is. Node takes the first of each; a proxy on the way may have checked the last.
 * Of Host, RFC 9112 section 3.2 asks for the refusal; Content-Length and Transfer-Encoding are refused by the parser itself.
 */
const singletons = new Set([
  'host',
  'authorization',
  'x-proxy-key',
  'origin',
  'content-type',
  'content-encoding',
  'x-until-event',
  'x-maxtime'
])

/** @throws HttpError 400 for a header that says one thing and is there twice */
export function refuseDuplicateHeaders({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): void {
  const seen = new Set<string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase()
    if (!singletons.has(name)) continue
    if (seen.has(name)) throw new HttpError(400, `The header ${name} is there twice`, { Connection: 'close' })
    seen.add(name)
  }
}
