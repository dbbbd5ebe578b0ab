import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { HttpServer, refuseOnSocket } from '../net/http-server.js'

export interface HttpPage {
  status: number
  contentType: string
  body: string
  /** Seconds that it may be kept. */
  maxAgeS?: number
}

export interface HttpQuestion {
  path: string
  /** Of who asks. */
  from: string
  hostHeader: string | undefined
  local: { host: string; port: number }
  encrypted: boolean
}

/** The answer of each path; undefined: there is nothing. */
export type HttpPages = (question: HttpQuestion) => Promise<HttpPage | undefined>

/** Three short pages are all that there is: nobody needs long for a request. */
const times = { headersTimeoutMs: 5_000, requestTimeoutMs: 5_000, keepAliveTimeoutMs: 1_000, checkIntervalMs: 1_000 }
/** Of a path; the longest has 16 bytes. */
const maxPathLength = 200

/** HTTP on the port for tunnels: small pages for GET and HEAD, one a connection, since who speaks HTTP holds the place of a client that has not logged in. */
export class HttpDesk {
  readonly #server: HttpServer
  readonly #pages: HttpPages

  constructor(pages: HttpPages) {
    this.#pages = pages
    this.#server = new HttpServer(
      {
        onRequest: (request, response) => void this.#answer(request, response),
        onUpgrade: (_request, socket) => refuseOnSocket(socket, 400, {}, 'There is nothing to upgrade to.\n')
      },
      times
    )
  }

  /** Takes over a connection whose first bytes, which have been put back, are those of a request. Its errors are followed by `close`. */
  accept(socket: Duplex): void {
    this.#server.accept(socket)
  }

  close(): void {
    this.#server.close(true)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const page = await this.#pageOf(request).catch(() => failed)
    if (response.destroyed) return
    const headers: Record<string, string> = {
      'Content-Type': `${page.contentType}${page.contentType.includes(';') ? '' : '; charset=utf-8'}`,
      'Content-Length': String(Buffer.byteLength(page.body)),
      'Cache-Control': page.maxAgeS === undefined ? 'no-store' : `max-age=${page.maxAgeS}`,
      'X-Content-Type-Options': 'nosniff',
      Connection: 'close',
      ...(page.status === 405 && { Allow: 'GET, HEAD' })
    }
    response.writeHead(page.status, headers)
    response.end(page.body)
  }

  async #pageOf({ method, url = '', headers, socket }: IncomingMessage): Promise<HttpPage> {
    if (method !== 'GET' && method !== 'HEAD') return { ...plain, status: 405, body: 'Only GET and HEAD.\n' }
    const path = url.replace(/[?#].*$/, '')
    const local = { host: (socket.localAddress ?? '').replace(/^::ffff:/, ''), port: socket.localPort ?? 0 }
    const encrypted = 'encrypted' in socket && socket.encrypted === true
    const question = { path, from: socket.remoteAddress ?? '', hostHeader: headers.host, local, encrypted }
    return (
      (path.length <= maxPathLength ? await this.#pages(question) : undefined) ?? {
        ...plain,
        status: 404,
        body: 'There is nothing.\n'
      }
    )
  }
}

const plain = { contentType: 'text/plain' } as const
const failed: HttpPage = { ...plain, status: 500, body: 'Internal error.\n' }
