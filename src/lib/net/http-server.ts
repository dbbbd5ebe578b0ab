import http from 'node:http'
import type { Duplex } from 'node:stream'

export interface HttpHandlers {
  /** `continueBody` is to be called before the body is read: it sends `100 Continue` to who waits for it. */
  onRequest: (request: http.IncomingMessage, response: http.ServerResponse, continueBody: () => void) => void
  /** A request to change the protocol; the socket is the handler's from now on. `head` is what came behind the request. */
  onUpgrade: (request: http.IncomingMessage, socket: Duplex, head: Buffer) => void
}

export interface HttpTimes {
  /** From the first byte of a request to the end of its headers. */
  headersTimeoutMs: number
  /** From the first byte of a request to the end of its body. */
  requestTimeoutMs: number
  /** A connection without a request is closed after this. */
  keepAliveTimeoutMs: number
  /** How often the first two are looked at. */
  checkIntervalMs: number
}

/** Bodies have 1 MiB at most: on a line that takes longer than this nobody can work anyway. */
const defaultTimes: HttpTimes = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 15_000,
  checkIntervalMs: 1_000
}

/** A GET carries a whole action, percent-encoded: more than the 16 kB of Node, far less than what an action may have by POST. */
const maxHeaderBytes = 64 * 1024

/** Node's own HTTP/1.1 parser for sockets that others accept: it never listens. */
export class HttpServer {
  readonly #server: http.Server

  constructor({ onRequest, onUpgrade }: HttpHandlers, times: Partial<HttpTimes> = {}) {
    const { headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs, checkIntervalMs } = { ...defaultTimes, ...times }
    this.#server = http.createServer({
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: checkIntervalMs
    })
    this.#server.on('request', (request, response) => onRequest(request, response, () => {}))
    this.#server.on('checkContinue', (request, response) => onRequest(request, response, () => response.writeContinue()))
    this.#server.on('upgrade', onUpgrade)
    this.#server.on('clientError', refuseGarbage)
    // Only a server that listens looks for slow requests: Node begins with it at this event.
    this.#server.emit('listening')
  }

  /** Takes over a connection, plain or TLS. Bytes that were read already must have been put back by `unshift`. */
  accept(socket: Duplex): void {
    this.#server.emit('connection', socket)
    // Whoever looked at the first bytes may have paused it, and Node does not resume what was paused on purpose.
    if (socket.isPaused()) socket.resume()
  }

  /** Ends connections without a request, and stops the timers. With `force` all connections end. */
  close(force = false): void {
    this.#server.closeIdleConnections()
    if (force) this.#server.closeAllConnections()
    // It never listened, so this stops its timer only, and says so to a callback that nobody gave.
    this.#server.close()
  }
}

/** What is no HTTP, too large or too slow. The connection ends: nobody knows where the next request would begin. */
function refuseGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400
  refuseOnSocket(socket, status, {}, `${http.STATUS_CODES[status]}\r\n`)
}

/** Answers on a socket that has no response object, and ends it. The body is plain text unless the headers say otherwise. */
export function refuseOnSocket(socket: Duplex, status: number, headers: Record<string, string>, body: string | Buffer): void {
  const all: Record<string, string> = {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...headers
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`)
  socket.end(body)
  // A peer that neither reads nor closes does not keep its socket.
  const timer = setTimeout(() => socket.destroy(), 5_000)
  socket.once('close', () => clearTimeout(timer))
  socket.resume()
}
