import { DataError } from '../errors.js'
import { fieldsOfJson } from './fields.js'
import type { Incoming } from './incoming.js'
import { readBody, readNumber, readSender, type TextMessage } from './message.js'

/** Fields of a request, the first value of each name. */
export type RequestFields = ReadonlyMap<string, string>

/** A body in a form that is not taken. */
export class UnknownTypeError extends DataError {}

/** More fields than any provider has. */
const maxFields = 200

/**
 * The fields of a query and of a body: a form, or a JSON object, whose inner members have paths (`data.text`). Those of the body count more.
 * @throws UnknownTypeError, DataError
 */
export function readFields(query: string, contentType: string | undefined, body: Buffer): RequestFields {
  const inQuery = formFields(query)
  if (body.length === 0) return inQuery
  const type = (contentType ?? 'application/x-www-form-urlencoded').split(';', 1)[0]!.trim().toLowerCase()
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw new DataError('The body is no UTF-8')
  }
  if (type === 'application/x-www-form-urlencoded') return new Map([...inQuery, ...withInner(formFields(text.trim()))])
  if (type === 'application/json') return new Map([...inQuery, ...jsonFields(text)])
  throw new UnknownTypeError(`A body is a form or JSON, not ${type.slice(0, 60)}`)
}

function formFields(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const part of text.split('&', maxFields + 1)) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = decode(equals < 0 ? part : part.slice(0, equals))
    if (!fields.has(name)) fields.set(name, equals < 0 ? '' : decode(part.slice(equals + 1)))
  }
  if (fields.size > maxFields) throw new DataError(`More than ${maxFields} fields`)
  return fields
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new DataError('A field is not percent-encoded UTF-8')
  }
}

function jsonFields(text: string): Map<string, string> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new DataError('The body is no JSON')
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new DataError('The body is no JSON object')
  return pathsOf(json)
}

/** By their paths: `data.payload.text`. @throws DataError */
function pathsOf(json: object): Map<string, string> {
  const fields = fieldsOfJson(json, maxFields + 1)
  if (fields.length > maxFields) throw new DataError(`More than ${maxFields} fields`)
  return new Map(fields)
}

/** A field of a form may hold a JSON object: its members are `result.text`, beside what is there. */
function withInner(fields: ReadonlyMap<string, string>): Map<string, string> {
  const all = new Map(fields)
  for (const [name, value] of fields) {
    if (!value.startsWith('{')) continue
    try {
      for (const [path, inner] of pathsOf({ [name]: JSON.parse(value) })) if (!all.has(path)) all.set(path, inner)
    } catch (error) {
      // A text that only looks like it.
      if (error instanceof DataError) throw error
    }
  }
  return all
}

/** @throws DataError for what is missing, and for what is no number or no text */
export function readMessage(fields: RequestFields, { keys, allowsNames }: Incoming): TextMessage {
  const field = (key: string) => {
    const value = fields.get(key)
    if (value === undefined) throw new DataError(`${key} is missing`)
    return value
  }
  return {
    to: readNumber(restorePlus(field(keys.to)), 'The recipient'),
    from: readSender(restorePlus(field(keys.from)), allowsNames),
    body: readBody(field(keys.body))
  }
}

/** A plus that was not encoded becomes a blank in a form. */
function restorePlus(text: string): string {
  return text.replace(/^ (?=\d)/, '+')
}
