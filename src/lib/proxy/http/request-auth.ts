import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { HttpOptions } from './http-context.js'
import { unauthorized } from './http-error.js'

/** Who a request says it is. */
export interface Credentials {
  login?: { username: string; secret: string }
  /** The proxy's key, for proxies that want one instead of a login. */
  proxyKey?: string
}

/**
 * Reads `Authorization: Basic` (RFC 7617: a user of the proxy) and `Authorization: Bearer` (RFC 6750: the token is the proxy's key), and the
 * header `X-Proxy-Key`. A `Username` or `Secret` among the parameters is no login: it would stand in every log on the way.
 * @param parameterKey the parameter `ProxyKey`, as the old program took it
 * @throws HttpError 401 for what is none of them
 */
export function readCredentials(headers: IncomingHttpHeaders, parameterKey?: string): Credentials {
  const proxyKey = single(headers['x-proxy-key']) ?? parameterKey
  const key = proxyKey === undefined ? {} : { proxyKey }
  const { authorization } = headers
  if (authorization === undefined) return key
  // Not cut at the next blank: a ProxyKey may have some.
  const [, scheme, token] = /^(\S*) *(.*)$/.exec(authorization.trim()) ?? ['', '', '']
  switch (scheme!.toLowerCase()) {
    case 'basic':
      return { ...key, login: readBasic(token!) }
    case 'bearer':
      if (token === '') throw unauthorized('Authorization: Bearer without a token')
      return { proxyKey: token! }
    default:
      throw unauthorized('Authorization must be Basic or Bearer')
  }
}

/** Who a request says it is, for the log; undefined when it does not say, or not in a way that can be read. */
export function userOf({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  try {
    return readCredentials(headers).login?.username
  } catch {
    return undefined
  }
}

function readBasic(token: string): { username: string; secret: string } {
  const text = Buffer.from(token, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon <= 0 || /[\0-\x1f\x7f]/.test(text)) throw unauthorized('Authorization: Basic holds no user name and secret')
  return { username: text.slice(0, colon), secret: text.slice(colon + 1) }
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

/** @throws HttpError 401 for a request without any credentials where some are needed; whether they are right, the session says */
export function demandCredentials(
  { login, proxyKey }: Credentials,
  { authRequired, proxyKeyRequired }: Pick<HttpOptions, 'authRequired' | 'proxyKeyRequired'>
): void {
  if ((authRequired || proxyKeyRequired) && !login && proxyKey === undefined) throw unauthorized('Authentication required')
}

/**
 * May a page use the proxy? A browser sends what other pages ask for, with the secrets that its user once typed: cross-site requests and
 * WebSockets (which no same-origin policy holds back) are let in only for pages of the proxy's own host and of the origins that are configured. A program that is
 * no browser sends none of these headers.
 */
export function isAllowedOrigin(headers: IncomingHttpHeaders, allowed: readonly string[]): boolean {
  const { origin, host } = headers
  if (origin !== undefined) return isOwnHost(origin, host) || allowed.some((one) => one.toLowerCase() === origin.toLowerCase())
  const site = headers['sec-fetch-site']
  return site === undefined || site === 'same-origin' || site === 'none'
}

function isOwnHost(origin: string, host: string | undefined): boolean {
  try {
    return host !== undefined && new URL(origin).host === host.toLowerCase()
  } catch {
    // `null`: a page that may not say where it comes from.
    return false
  }
}
