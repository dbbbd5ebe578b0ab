import type { IncomingMessage } from 'node:http'
import { actionFromJson } from '../../ami/action-input.js'
import type { Block } from '../../ami/block.js'
import type { Field } from '../../ami/encode.js'
import { jsonFault } from '../../ami/json.js'
import { assertSmall } from '../formats/json-input.js'
import { HttpError } from './http-error.js'

/** As many headers as the parser of clients' blocks takes. */
const maxParameters = 1_000
/** As a block of any other client. */
const maxBlockBytes = 1024 * 1024

/**
 * The parameters of a query or a form (application/x-www-form-urlencoded), in their order, repeated ones too. They are decoded after they have been
 * cut: an `&` or `=` in a value (`%26`) stays in it.
 * @throws HttpError 400 for what is not percent-encoded UTF-8
 */
export function readParameters(text: string): Field[] {
  const parts = text.split('&').filter((part) => part !== '')
  if (parts.length > maxParameters) throw new HttpError(400, `More than ${maxParameters} parameters`)
  return parts.map((part): Field => {
    const equals = part.indexOf('=')
    return equals < 0 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))]
  })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new HttpError(400, `${JSON.stringify(text.slice(0, 80))} is not percent-encoded UTF-8`)
  }
}

/**
 * The headers of the action in a body, by its Content-Type; without one it is a form, as for the old program.
 * @throws HttpError 400, 415
 * @throws PbxkitError for what is no action
 */
export function readBodyFields(
  body: Buffer,
  request: Pick<IncomingMessage, 'headers'>,
  parseXmlAction: (body: Buffer) => Block
): Field[] {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new HttpError(415, 'A body with a Content-Encoding is not taken')
  if (body.length === 0) return []
  const type = (request.headers['content-type'] ?? 'application/x-www-form-urlencoded').split(';', 1)[0]!.trim().toLowerCase()
  switch (type) {
    case 'application/x-www-form-urlencoded':
      return readParameters(body.toString('latin1').trim())
    case 'application/json':
      return readJson(body)
    case 'application/xml':
    case 'text/xml':
      return parseXmlAction(body).headers.map(({ name, value }): Field => [name, value])
    default:
      throw new HttpError(415, `A body is application/x-www-form-urlencoded, application/json or application/xml, not ${type}`, {
        'Accept-Post': 'application/x-www-form-urlencoded, application/json, application/xml, text/xml'
      })
  }
}

function readJson(body: Buffer): Field[] {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new HttpError(400, `The body is no JSON: ${jsonFault(cause)}`)
  }
  return fieldsFromJson(json, 'the body')
}

/**
 * As `actionFromJson`, and an object repeats its header: `{"Variable":{"a":1,"b":2}}` is `Variable: a=1` and `Variable: b=2`.
 * @throws DataError
 * @throws ProtocolError for what is too large, before it is spread
 * @throws UnsafeHeaderError
 */
export function fieldsFromJson(json: unknown, where: string): Field[] {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return actionFromJson(json, where)
  assertSmall(json as Record<string, unknown>, { maxBlockBytes })
  // Not assigned one by one: a header may be called `__proto__`.
  return actionFromJson(Object.fromEntries(Object.entries(json).map(([name, value]) => [name, spread(value)])), where)
}

function spread(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.entries(value).map(([name, one]) =>
    // What is no text is left as it is, to be refused by its header's name.
    typeof one === 'object' ? one : `${name}=${one}`
  )
}

/** Bodies over the limit are read on up to so many times it, and thrown away: who still writes would not see the answer. */
const lingerFactor = 8

/** @throws HttpError 413 */
export async function readBody(request: IncomingMessage, maxBytes: number, continueBody: () => void): Promise<Buffer> {
  const tooLarge = () => new HttpError(413, `The body is longer than ${maxBytes} bytes`, { Connection: 'close' })
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > maxBytes && (request.headers.expect !== undefined || declared > lingerFactor * maxBytes)) throw tooLarge()
  continueBody()
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length
    if (bytes <= maxBytes) chunks.push(chunk as Buffer)
    else if (bytes > lingerFactor * maxBytes) break
  }
  if (bytes > maxBytes) throw tooLarge()
  return Buffer.concat(chunks)
}
