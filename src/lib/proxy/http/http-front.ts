import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Field } from '../../ami/encode.js'
import { PbxkitError } from '../../errors.js'
import { HttpServer, type HttpTimes, refuseOnSocket } from '../../net/http-server.js'
import { errorAnswer } from '../rewrite.js'
import { answerWeb, openWebSession, webSocketPath } from '../web/web-page.js'
import { refuseDuplicateHeaders } from './duplicate-headers.js'
import { openEventSession, parameterMap } from './event-session.js'
import { sendEventStream } from './event-stream.js'
import type { HttpContext } from './http-context.js'
import { HttpError, unauthorized } from './http-error.js'
import { HttpTap } from './http-tap.js'
import { readBody, readBodyFields, readParameters } from './request-action.js'
import { demandCredentials, isAllowedOrigin, readCredentials, userOf } from './request-auth.js'
import { acceptedFormat, type RequestOptions, readOptions } from './request-options.js'
import { peerAddress, readTarget, sessionPeer } from './request-target.js'
import { type AnswerPage, answerPage, commonHeaders } from './response.js'
import { runAction } from './run-action.js'
import { Turns } from './turns.js'
import { joinWebSocket } from './web-socket.js'

export type { HttpContext, HttpOptions, SessionPeer, StatusPage } from './http-context.js'

const usage = 'Give an action: /?Action=Ping, or by POST as a form, JSON or XML. Events are at /events and /ws'

const methodsOf: Record<string, string | undefined> = {
  __proto__: null as never,
  '/': 'GET, HEAD, POST, OPTIONS',
  '/events': 'GET, OPTIONS',
  '/ws': 'GET, OPTIONS',
  '/metrics': 'GET, HEAD, OPTIONS',
  '/health': 'GET, HEAD, OPTIONS'
}

/** A request that is being answered. */
interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  continueBody: () => void
  path: string
  query: string
  /** Aborted when the client has gone. */
  aborted: AbortSignal
  /** How the answer is written, as far as it is known. */
  format: string
  actionId: string | undefined
  tap: HttpTap | undefined
}

/** HTTP/1.1 for the proxy: every request is an AMI client of its own inside this process, and all that holds for those holds for it. */
export class HttpFront {
  readonly #context: HttpContext
  readonly #server: HttpServer
  readonly #turns = new Turns()

  constructor(context: HttpContext, times: Partial<HttpTimes> = {}) {
    this.#context = context
    const onRequest = (request: IncomingMessage, response: ServerResponse, continueBody: () => void) => {
      void this.#answer(request, response, continueBody)
    }
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.#upgrade(request, socket, head)
    this.#server = new HttpServer({ onRequest, onUpgrade }, times)
  }

  /** Takes over a connection whose first bytes, which have been put back (`unshift`), are those of an HTTP request. */
  accept(socket: Duplex): void {
    const { remoteAddress, remotePort } = socket as Partial<Socket>
    const client = `${remoteAddress}:${remotePort}`
    socket.on('error', (error) => this.#context.log.debug({ client, reason: error.message }, 'HTTP connection failed'))
    this.#server.accept(socket)
  }

  /** Ends the connections that wait for a request; the others go on, unless `force`. */
  close(force = false): void {
    this.#server.close(force)
  }

  async #answer(request: IncomingMessage, response: ServerResponse, continueBody: () => void): Promise<void> {
    const startMs = performance.now()
    const gone = new AbortController()
    const user = userOf(request)
    response.once('close', () => gone.abort())
    const exchange: Exchange = {
      ...readTarget(request),
      request,
      response,
      continueBody,
      aborted: gone.signal,
      format: acceptedFormat(request.headers.accept) ?? this.#context.options().outputFormat,
      actionId: undefined,
      tap: HttpTap.of(this.#context.log, request, user)
    }
    exchange.tap?.head()
    try {
      // Answers go out in the order of the requests: so do the actions of one connection.
      await this.#turns.run(request.socket, async () => {
        if (request.socket.destroyed) return
        const page = await this.#route(exchange).catch((error: unknown) => this.#failure(exchange, error))
        if (!page) return
        exchange.tap?.answer(page)
        await send(response, page)
      })
    } catch (error) {
      void send(response, this.#failure(exchange, error))
    }
    this.#context.log.debug(
      // Without the query: it may hold secrets.
      {
        client: peerAddress(request),
        user,
        method: request.method,
        path: exchange.path,
        status: response.statusCode,
        ms: Math.round(performance.now() - startMs)
      },
      'HTTP request'
    )
  }

  async #route(exchange: Exchange): Promise<AnswerPage | undefined> {
    const { request, path } = exchange
    const page = await answerWeb(exchange, this.#context.options().webAllow)
    if (page) return page
    const methods = path === '*' ? methodsOf['/'] : methodsOf[path]
    if (methods === undefined) throw new HttpError(404, `There is nothing at ${path.slice(0, 80)}`)
    if (request.method === 'OPTIONS') return { status: 204, headers: { ...commonHeaders, Allow: methods }, body: Buffer.alloc(0) }
    if (!methods.split(', ').includes(request.method ?? ''))
      throw new HttpError(405, `${path} takes ${methods}`, { Allow: methods })
    refuseDuplicateHeaders(request)
    if (path === '/metrics' || path === '/health') return this.#status(path, request)
    if (!isAllowedOrigin(request.headers, this.#context.options().allowedOrigins))
      throw new HttpError(403, 'Pages of another origin may not use this proxy')
    if (path === '/ws') throw new HttpError(426, 'This is for WebSockets', { Upgrade: 'websocket', Connection: 'upgrade, close' })
    if (path === '/events') return this.#events(exchange)
    return this.#action(exchange)
  }

  async #status(path: '/metrics' | '/health', { socket }: IncomingMessage): Promise<AnswerPage> {
    const { status, contentType, body } = await this.#context.status(path, socket.remoteAddress ?? '')
    const bytes = Buffer.from(body)
    return { status, headers: { ...commonHeaders, 'Content-Type': contentType, 'Content-Length': bytes.length }, body: bytes }
  }

  async #action(exchange: Exchange): Promise<AnswerPage | undefined> {
    const { request, query } = exchange
    const settings = this.#context.options()
    const body = await readBody(request, settings.maxBodyBytes, exchange.continueBody)
    exchange.tap?.body(body)
    const all: Field[] = [...readParameters(query), ...readBodyFields(body, request, (xml) => this.#context.parseXmlAction(xml))]
    const options = readOptions(all, request.headers, settings)
    exchange.format = options.format
    exchange.actionId = options.actionId
    if (options.action === '') {
      if (request.method === 'GET' && /text\/event-stream/i.test(request.headers.accept ?? '')) return this.#events(exchange)
      throw new HttpError(400, usage)
    }
    const credentials = readCredentials(request.headers, options.proxyKey)
    if (!/^(login|challenge)$/i.test(options.action)) demandCredentials(credentials, settings)
    const run = { peer: sessionPeer(request, 'standard'), credentials, options, aborted: exchange.aborted }
    return this.#page(await runAction(this.#context, run), options)
  }

  #page(result: { status: number; blocks: readonly Buffer[] }, { format }: Pick<RequestOptions, 'format'>): AnswerPage {
    const encoder = this.#context.format(format) ?? this.#context.format('standard')
    if (!encoder) throw new HttpError(500, `There is no format ${format}`)
    const page = answerPage(result, encoder, this.#context.options())
    return result.status === 401 ? { ...page, headers: { ...page.headers, ...unauthorized('').headers } } : page
  }

  async #events(exchange: Exchange): Promise<undefined> {
    const { request, response, query, aborted } = exchange
    const wish = { parameters: parameterMap(query), output: 'sse', delimiter: '\n\n', aborted } as const
    const client = await openEventSession(this.#context, request, wish)
    await sendEventStream(response, client.stream)
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const gone = new AbortController()
    const who = { client: peerAddress(request), user: userOf(request) }
    socket.on('error', (error) => this.#context.log.debug({ ...who, reason: error.message }, 'HTTP connection failed'))
    socket.once('close', () => gone.abort())
    HttpTap.of(this.#context.log, request, who.user)?.head()
    const { path, query } = readTarget(request)
    try {
      if (request.headers.upgrade?.toLowerCase() !== 'websocket') throw new HttpError(400, 'The only upgrade is to a WebSocket')
      if (path !== '/ws' && path !== webSocketPath) throw new HttpError(404, 'WebSockets are at /ws')
      refuseDuplicateHeaders(request)
      if (path === webSocketPath) {
        const session = openWebSession(this.#context, request, gone.signal)
        joinWebSocket(request, { socket, head }, session.stream, session.format)
        return this.#context.log.debug({ ...who, path }, 'WebSocket')
      }
      if (!isAllowedOrigin(request.headers, this.#context.options().allowedOrigins))
        throw new HttpError(403, 'Pages of another origin may not use this proxy')
      const parameters = parameterMap(query)
      const output = webSocketOutput(parameters.get('format') ?? parameters.get('outputformat') ?? 'json')
      const format = this.#context.format(output)
      if (!format) throw new HttpError(400, `There is no format ${output}`)
      const wish = { parameters, output, delimiter: format.delimiter, aborted: gone.signal }
      const client = await openEventSession(this.#context, request, wish)
      joinWebSocket(request, { socket, head }, client.stream, format)
      this.#context.log.debug({ ...who, path }, 'WebSocket')
    } catch (error) {
      const { status, headers, body } = this.#failure({ request, format: 'standard', actionId: undefined }, error)
      if (socket.writable) refuseOnSocket(socket, status, textHeaders({ ...headers, Connection: 'close' }), body)
      else socket.destroy()
    }
  }

  #failure(
    { request, format, actionId, aborted }: Partial<Exchange> & Pick<Exchange, 'format' | 'actionId'>,
    error: unknown
  ): AnswerPage {
    const isForeseen = error instanceof PbxkitError
    if (!isForeseen && !aborted?.aborted)
      this.#context.log.warn(
        { ...(request && { client: peerAddress(request), user: userOf(request) }), reason: String(error) },
        'HTTP request failed'
      )
    const status = error instanceof HttpError ? error.status : isForeseen ? 400 : 500
    const block = errorAnswer(
      isForeseen ? error.message : 'Internal error',
      actionId === undefined ? undefined : safeId(actionId)
    )
    const page = this.#page({ status, blocks: [block] }, { format })
    return error instanceof HttpError ? { ...page, headers: { ...page.headers, ...error.headers } } : page
  }
}

/** Settles when the answer has been written, or cannot be any more: only then the next request of the connection is the one whose end is seen. */
function send(response: ServerResponse, { status, headers, body }: AnswerPage): Promise<void> {
  return new Promise((resolve) => {
    response.once('finish', resolve).once('close', resolve)
    if (response.destroyed || response.socket?.destroyed) return resolve()
    if (response.headersSent) return void response.destroy()
    response.writeHead(status, headers)
    response.end(body)
  })
}

function webSocketOutput(name: string): 'standard' | 'json' | 'xml' | 'csv' {
  const lower = name.toLowerCase()
  if (lower === 'standard' || lower === 'json' || lower === 'xml' || lower === 'csv') return lower
  throw new HttpError(400, 'format is one of standard, json, xml, csv')
}

/** What a refused request gave as its ActionID may be the reason of the refusal. */
function safeId(id: string): Buffer {
  return Buffer.from(id.replace(/[\r\n\0]/g, ' '))
}

function textHeaders(headers: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
