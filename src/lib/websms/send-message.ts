import { setTimeout as wait } from 'node:timers/promises'
import { ExitStatus, PbxkitError } from '../errors.js'
import { type HttpReply, type HttpRequest, httpRequest } from '../net/http-request.js'
import { type Field, fieldsOfJson, valuesOf } from './fields.js'
import type { TextMessage } from './message.js'
import type { Outgoing } from './outgoing.js'
import { providerRequest } from './request.js'

/** The provider does not take the message. */
export class ProviderRefusalError extends PbxkitError {
  readonly code = 'E_PROVIDER_REFUSED'
  readonly exit = ExitStatus.no
}

export interface SendOptions {
  /** The same for all attempts. */
  readonly id: string
  readonly signal: AbortSignal
  readonly request?: (request: HttpRequest) => Promise<HttpReply>
  readonly pause?: (ms: number) => Promise<unknown>
}

/** After the first attempt; doubled after each. */
const firstPauseMs = 500
/** A provider that wants more time than this is as good as away: messages of others wait meanwhile. */
const maxPauseMs = 5_000

/**
 * Hands a message to a provider. It is tried again only where the provider cannot have it: no connection, or its own word that it is too busy (429, 503). A request that went out
 * without a reply is not repeated: the message could come twice.
 * @returns the number of attempts, and the provider's status
 * @throws ProviderRefusalError, what httpRequest throws
 */
export async function sendMessage(
  profile: Outgoing,
  message: TextMessage,
  { id, signal, request = httpRequest, pause = (ms) => wait(ms, undefined, { signal }) }: SendOptions
): Promise<{ attempts: number; status: number }> {
  const prepared = { ...providerRequest(profile, message, id), signal }
  for (let attempts = 1; ; attempts++) {
    const isLast = attempts > profile.retries
    const backOffMs = Math.min(firstPauseMs * 2 ** (attempts - 1), maxPauseMs)
    try {
      const reply = await request(prepared)
      const again = reply.status === 429 || reply.status === 503 ? (retryAfterMs(reply) ?? backOffMs) : undefined
      if (again === undefined || isLast || again > maxPauseMs) {
        judge(profile, reply)
        return { attempts, status: reply.status }
      }
      await pause(again)
    } catch (error) {
      const isUnsent = error instanceof PbxkitError && error.details?.wasSent === false && error.code !== 'E_TLS'
      if (!isUnsent || isLast) throw error
      await pause(backOffMs)
    }
  }
}

/** @throws ProviderRefusalError */
function judge({ name, check }: Outgoing, { status, headers, body }: HttpReply): void {
  const who = `The provider${name === '' ? '' : ` ${name}`}`
  if (status < 200 || status > 299)
    throw new ProviderRefusalError(`${who} answered ${status}`, { details: { status, ...excerptOf(body) } })
  if (!check) return
  const found = valuesOf(replyFields(body.toString('utf8'), String(headers['content-type'] ?? '')), check.name)
  // A long message has one for each of its parts.
  if (found.length === 0 || found.some((value) => value !== check.value))
    throw new ProviderRefusalError(`${who} answered ${status}, but ${check.name} is not ${JSON.stringify(check.value)}`, {
      details: { status, ...excerptOf(body) }
    })
}

/** Enough to see why. */
function excerptOf(body: Buffer): { reply: string } {
  return { reply: body.subarray(0, 300).toString('utf8') }
}

/** More than any provider has in a reply. */
const maxReplyFields = 2_000

/** Of a JSON document, else of a form. */
function replyFields(text: string, contentType: string): Field[] {
  try {
    return fieldsOfJson(JSON.parse(text), maxReplyFields)
  } catch {
    return contentType.includes('json') ? [] : [...new URLSearchParams(text.trim())]
  }
}

function retryAfterMs({ headers }: HttpReply): number | undefined {
  const text = headers['retry-after']
  return typeof text === 'string' && /^\d{1,6}$/.test(text) ? Number(text) * 1000 : undefined
}
