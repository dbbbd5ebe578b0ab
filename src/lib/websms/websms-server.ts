import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseAddress as parseIp } from '../access/address-list.js'
import { equalInConstantTime } from '../access/constant-time.js'
import { LoginThrottle } from '../access/login-throttle.js'
import { DataError, IoError, type PbxkitError } from '../errors.js'
import type { Address } from '../net/address.js'
import { HttpServer } from '../net/http-server.js'
import { ListenerSet } from '../net/listener-set.js'
import { callFile, splitBody } from './call-file.js'
import type { Incoming } from './incoming.js'
import type { Profiles } from './profiles.js'
import { type RequestFields, readFields, readMessage, UnknownTypeError } from './receive-message.js'
import type { Spool } from './spool.js'

/** A message of 4000 bytes, three for each when it is percent-encoded, and what a provider puts around it. */
const maxBodyBytes = 64 * 1024

/** Between the parts of a long message, so that they are delivered in their order: Asterisk's spool counts in seconds. */
const partGapS = 2

/** What came of a request, for the log; never with the text of a message. */
export interface WebsmsEvent {
  readonly client: string
  readonly provider: string | undefined
  readonly status: number
  readonly reason?: string
  readonly to?: string
  readonly from?: string
  readonly files?: readonly string[]
}

export interface WebsmsServerOptions {
  readonly listen: readonly Address[]
  readonly profiles: () => Profiles
  readonly spool: () => Pick<Spool, 'add'>
  readonly onEvent: (event: WebsmsEvent) => void
  readonly graceMs: number
}

/** What is answered instead of the provider's acknowledgement. */
class Refusal extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

/**
 * Takes messages of providers over HTTP and puts them into Asterisk's spool. Resolves once listening; aborting the signal lets requests that run end within `graceMs`.
 * @throws ListenError
 */
export async function startWebsmsServer(
  options: WebsmsServerOptions,
  signal: AbortSignal
): Promise<{ addresses: readonly Address[]; closed: Promise<void> }> {
  const { listen, onEvent, graceMs } = options
  const throttle = new LoginThrottle({ clock: () => performance.now() })
  let running = 0
  let onIdle: (() => void) | undefined
  const http = new HttpServer({
    onRequest: (request, response, continueBody) => {
      running++
      response.once('close', () => {
        if (--running === 0) onIdle?.()
      })
      void answer(request, response, continueBody, options, throttle)
    },
    onUpgrade: (_request, socket) => socket.destroy()
  })
  const listeners = new ListenerSet({
    onConnection: (socket) => {
      socket.on('error', () => {})
      http.accept(socket)
    },
    onAcceptError: (error) => onEvent({ client: '', provider: undefined, status: 0, reason: error.message })
  })
  await listeners.update(listen)
  const addresses = [...listeners.addresses]
  const closed = new Promise<void>((resolve) => {
    const stop = () => {
      listeners.close()
      http.close()
      const finish = () => {
        clearTimeout(timer)
        http.close(true)
        resolve()
      }
      const timer = setTimeout(finish, graceMs)
      if (running === 0) finish()
      else onIdle = finish
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  return { addresses, closed }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  continueBody: () => void,
  { profiles, spool, onEvent }: WebsmsServerOptions,
  throttle: LoginThrottle
): Promise<void> {
  const { incoming, proxies, queue } = profiles()
  const client = clientOf(request, proxies)
  const [path, query] = splitTarget(request.url ?? '/')
  const profile = incoming.find((one) => one.path === path)
  const event = { client, provider: profile?.name }
  try {
    if (!profile) throw new Refusal(404, 'There is nothing here')
    if (request.method !== 'POST' && request.method !== 'GET')
      throw new Refusal(405, 'It takes POST and GET', { Allow: 'GET, POST' })
    if (profile.allowed && !profile.allowed.permits(client)) throw new Refusal(403, 'Not from this address')
    const body = await readBody(request, continueBody)
    const fields = readFields(query, request.headers['content-type'], body)
    const echo = profile.keys.echo === undefined ? undefined : fields.get(profile.keys.echo)
    if (echo !== undefined) {
      send(response, 200, /^[\w.-]{1,200}$/.test(echo) ? echo : '')
      return onEvent({ ...event, status: 200, reason: 'echo' })
    }
    await checkSecret(profile, request, fields, client, throttle)
    if (profile.only && fields.get(profile.only[0]) !== profile.only[1]) {
      send(response, 200, profile.answer)
      return onEvent({ ...event, status: 200, reason: `no ${profile.only.join('=')}` })
    }
    const message = readMessage(fields, profile)
    const texts = splitBody(message.body).map((body) => callFile({ ...message, body }, queue))
    const files = texts.map((text, index) => spool().add(text, index * partGapS))
    send(response, 200, profile.answer)
    onEvent({ ...event, status: 200, to: message.to, from: message.from, files })
  } catch (error) {
    const { status, message, headers } = refusalOf(error)
    // What follows of the body is not read.
    send(response, status, `${message}\n`, { ...headers, ...(request.complete ? {} : { Connection: 'close' }) })
    onEvent({ ...event, status, reason: error instanceof IoError ? error.message : message })
  }
}

function refusalOf(error: unknown): Pick<Refusal, 'status' | 'message' | 'headers'> {
  if (error instanceof Refusal) return error
  if (error instanceof UnknownTypeError) return { status: 415, message: error.message, headers: {} }
  if (error instanceof DataError) return { status: 422, message: error.message, headers: {} }
  // The provider tries again: the disk may have room by then, or Asterisk run.
  if (error instanceof IoError) return { status: 503, message: 'Not now', headers: { 'Retry-After': '60' } }
  return { status: 400, message: (error as PbxkitError).message.slice(0, 200), headers: {} }
}

/** @throws Refusal 401, 429 */
async function checkSecret(
  { secret, keys }: Incoming,
  { headers }: IncomingMessage,
  fields: RequestFields,
  client: string,
  throttle: LoginThrottle
): Promise<void> {
  if (secret === undefined) return
  const verdict = throttle.check(client)
  if (verdict !== 'ok')
    throw new Refusal(429, 'Too many wrong secrets', { 'Retry-After': String(Math.ceil(verdict.retryInMs / 1000)) })
  const given = [bearerOf(headers.authorization), ...(keys.secret === undefined ? [] : [fields.get(keys.secret)])]
  if (given.some((one) => one !== undefined && equalInConstantTime(one, secret))) return throttle.succeeded(client, '')
  const delayMs = throttle.failed(client)
  await new Promise((resolve) => setTimeout(resolve, delayMs))
  throw new Refusal(401, 'The secret is missing or wrong', { 'WWW-Authenticate': 'Bearer' })
}

/** `Bearer SECRET`, or the password of `Basic`. */
function bearerOf(authorization: string | undefined): string | undefined {
  const [, scheme, rest] = /^(bearer|basic) +(\S+) *$/i.exec(authorization ?? '') ?? []
  if (rest === undefined) return undefined
  if (scheme!.toLowerCase() === 'bearer') return rest
  const text = Buffer.from(rest, 'base64').toString('utf8')
  return text.includes(':') ? text.slice(text.indexOf(':') + 1) : undefined
}

/** The last address that no proxy of ours has written: those before it are the client's own word. */
function clientOf({ socket, headers }: IncomingMessage, proxies: Profiles['proxies']): string {
  let client = socket.remoteAddress ?? ''
  const forwarded = [headers['x-forwarded-for'] ?? []]
    .flat()
    .join(',')
    .split(',')
    .map((one) => one.trim())
    .reverse()
  for (const one of forwarded) {
    if (!proxies?.permits(client) || parseIp(one) === undefined) break
    client = one
  }
  return client
}

function splitTarget(url: string): [path: string, query: string] {
  const target = url.replace(/^https?:\/\/[^/?]*/i, '')
  const mark = target.indexOf('?')
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)]
}

/** @throws Refusal 413, 415 */
async function readBody(request: IncomingMessage, continueBody: () => void): Promise<Buffer> {
  if (request.headers['content-encoding'] !== undefined) throw new Refusal(415, 'A body with a Content-Encoding is not taken')
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes)
    throw new Refusal(413, `The body is longer than ${maxBodyBytes} bytes`)
  continueBody()
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length
    if (bytes > maxBodyBytes) throw new Refusal(413, `The body is longer than ${maxBodyBytes} bytes`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

function send(response: ServerResponse, status: number, body: string, headers: Readonly<Record<string, string>> = {}): void {
  if (response.headersSent || response.destroyed) return
  const type = body.startsWith('<') ? 'application/xml' : /^[[{]/.test(body) ? 'application/json' : 'text/plain'
  response
    .writeHead(status, {
      'Content-Type': `${type}; charset=utf-8`,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
      ...headers
    })
    .end(body)
}
