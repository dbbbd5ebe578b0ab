import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { OutputFormat } from '../formats/format.js'
import type { HttpContext } from '../http/http-context.js'
import { HttpError } from '../http/http-error.js'
import { isAllowedOrigin } from '../http/request-auth.js'
import { sessionPeer } from '../http/request-target.js'
import type { AnswerPage } from '../http/response.js'
import { SessionClient } from '../http/session-client.js'
import { securityHeaders } from './security-headers.js'
import type { WebAccess } from './web-access.js'
import { isWebAsset, webAsset } from './web-assets.js'

/** Where the page's session is. It is not `/ws`: only users who may use the page log in here. */
export const webSocketPath = '/web/ws'

const notForYou = 'The web page is not for your address; see --web-allow'

/**
 * The page and its files: `/` for who asks for HTML without an action, and the files at /app.js, /app.css, /icon.svg and /actions.json. Nothing in them is secret, and nothing
 * of the PBX: that comes through the session, after a login.
 * @returns undefined for a request that is none of the page's, or where the page is off
 * @throws HttpError 403, 405, 426
 */
export async function answerWeb(
  { request, path, query }: { request: IncomingMessage; path: string; query: string },
  access: WebAccess
): Promise<AnswerPage | undefined> {
  if (!access.isOn || !(path === '/' ? wantsPage(request, query) : path === webSocketPath || isWebAsset(path))) return undefined
  if (!access.permits(request.socket.remoteAddress ?? '')) throw new HttpError(403, notForYou)
  if (path === webSocketPath)
    throw new HttpError(426, 'This is for WebSockets', { Upgrade: 'websocket', Connection: 'upgrade, close' })
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw new HttpError(405, `${path} takes GET, HEAD`, { Allow: 'GET, HEAD' })
  const asset = await webAsset(path)
  if (!asset) return undefined
  const { body, contentType, etag } = asset
  const headers = { ...securityHeaders, ETag: etag, ...(path === '/' && { Vary: 'Accept' }) }
  if (request.headers['if-none-match'] === etag) return { status: 304, headers, body: Buffer.alloc(0) }
  return { status: 200, headers: { ...headers, 'Content-Type': contentType, 'Content-Length': body.length }, body }
}

/** A browser that was given the address alone. Everything else at `/` is an action. */
function wantsPage({ method, headers }: IncomingMessage, query: string): boolean {
  return (method === 'GET' || method === 'HEAD') && query === '' && /text\/html/i.test(headers.accept ?? '')
}

/**
 * Opens the session of a page that was loaded from here: pages of other hosts are refused, those of `--allow-origin` too. It logs in by a message.
 * What a browser sends of its own accord (a Basic login that it remembers) counts for nothing, so that no other page can ride on it.
 * @throws HttpError 403, 404, 500
 */
export function openWebSession(
  context: HttpContext,
  request: IncomingMessage,
  aborted: AbortSignal
): { stream: Duplex; format: OutputFormat } {
  const { webAllow } = context.options()
  if (!webAllow.isOn) throw new HttpError(404, 'WebSockets are at /ws')
  if (!webAllow.permits(request.socket.remoteAddress ?? '')) throw new HttpError(403, notForYou)
  if (!isAllowedOrigin(request.headers, [])) throw new HttpError(403, 'Pages of another origin may not use this proxy')
  const format = context.format('json')
  if (!format) throw new HttpError(500, 'There is no format json')
  const client = new SessionClient(context, { ...sessionPeer(request, 'json'), isWeb: true }, {})
  aborted.addEventListener('abort', () => client.destroy(), { once: true })
  if (aborted.aborted) client.destroy()
  return { stream: client.stream, format }
}
