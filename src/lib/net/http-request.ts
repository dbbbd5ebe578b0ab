import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import tls from 'node:tls'
import {
  ConfigError,
  ConnectError,
  ConnectionLostError,
  type PbxkitError,
  ProtocolError,
  TimeoutError,
  TlsError
} from '../errors.js'

export interface HttpRequest {
  /** http or https. */
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer | undefined
  /** From the first packet to the last byte of the reply. */
  readonly timeoutMs: number
  /** PEM file with the authorities to trust instead of the system's. */
  readonly caFile?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface HttpReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** Replies of an API are some hundred bytes; a page that explains an error has some kB. */
const maxReplyBytes = 256 * 1024

/**
 * One request and its reply, on a connection of its own. The certificate is verified; redirections are not followed: they would carry what is secret to somebody else.
 * @throws ConnectError, TlsError, TimeoutError, ConnectionLostError, ProtocolError; `details.wasSent` says whether the server may have got the request. ConfigError for a file
 */
export function httpRequest({ url, method, headers, body, timeoutMs, caFile, signal }: HttpRequest): Promise<HttpReply> {
  const isTls = url.protocol === 'https:'
  const options: https.RequestOptions = {
    method,
    headers: { ...headers, ...(body && { 'Content-Length': String(body.length) }) },
    agent: false,
    ...(isTls && { minVersion: 'TLSv1.2' as const, ...(caFile !== undefined && { ca: readAuthorities(caFile) }) }),
    ...(signal && { signal })
  }
  return new Promise((resolve, reject) => {
    let wasSent = false
    const request = (isTls ? https : http).request(url, options)
    const fail = (error: PbxkitError) => {
      clearTimeout(timer)
      reject(error)
      request.destroy()
    }
    const timer = setTimeout(() => {
      fail(new TimeoutError(`${url.host} did not answer within ${timeoutMs / 1000} s`, { details: { wasSent } }))
    }, timeoutMs)
    request.once('socket', (socket) =>
      socket.once(isTls ? 'secureConnect' : 'connect', () => {
        wasSent = true
      })
    )
    request.on('error', (cause: NodeJS.ErrnoException) => fail(failure(url.host, cause, wasSent)))
    request.once('response', (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > maxReplyBytes)
          fail(new ProtocolError(`${url.host} answered with more than ${maxReplyBytes} bytes`, { details: { wasSent } }))
        else chunks.push(chunk)
      })
      response.once('error', (cause: NodeJS.ErrnoException) => fail(failure(url.host, cause, wasSent)))
      response.once('end', () => {
        clearTimeout(timer)
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })
      })
    })
    request.end(body)
  })
}

function failure(host: string, cause: NodeJS.ErrnoException, wasSent: boolean): PbxkitError {
  const details = { wasSent, reason: cause.code }
  if (wasSent)
    return new ConnectionLostError(`${host} closed the connection without an answer: ${cause.message}`, { cause, details })
  const isTls = /CERT|SSL|TLS|SELF_SIGNED|ISSUER|SIGNATURE/.test(cause.code ?? '')
  if (isTls) return new TlsError(`The TLS handshake with ${host} failed: ${cause.message}`, { cause, details })
  return new ConnectError(`Cannot connect to ${host}: ${cause.message || cause.code}`, { cause, details })
}

function readAuthorities(file: string): string {
  let pem: string
  try {
    pem = fs.readFileSync(file, 'latin1')
    tls.createSecureContext({ ca: pem })
  } catch (cause) {
    throw new ConfigError(`Cannot read the authorities in ${file}: ${(cause as Error).message}`, { cause })
  }
  return pem
}
