import { PbxkitError, ProtocolError } from '../errors.js'

/** A request is a method and a few words; what is longer is none of ours. */
export const maxRequestBytes = 64 * 1024
/** An answer may list everything a service has: 100,000 clients or registrations of 600 bytes. */
export const maxResponseBytes = 64 * 1024 * 1024

export type ControlId = string | number | null
export type ControlParams = Record<string, unknown>

/** One line from a client: `{"id":1,"method":"status","params":{…}}`. */
export interface ControlRequest {
  id: ControlId
  method: string
  params: ControlParams
}

export interface ControlErrorBody {
  code: string
  message: string
  hint?: string
  details?: Record<string, unknown>
}

/** One line from a service: `{"id":1,"result":…}` or `{"id":1,"error":{"code","message"}}`. */
export type ControlResponse = { id: ControlId; result: unknown } | { id: ControlId; error: ControlErrorBody }

/** Said for a line that was too long: its bytes are dropped, the next line is read as usual. */
export const tooLong = Symbol('too long')

/**
 * Push bytes in, take whole lines out, their line feed (and a CR before it) left out. A line over `maxBytes` is `tooLong`, once, as soon as it
 * is known to be; no more than that is kept. Bytes that are not UTF-8 become U+FFFD.
 */
export class LineReader {
  readonly #maxBytes: number
  #parts: Buffer[] = []
  #bytes = 0
  #skipping = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push(chunk: Buffer): (string | typeof tooLong)[] {
    const lines: (string | typeof tooLong)[] = []
    let start = 0
    while (start < chunk.length) {
      const end = chunk.indexOf(0x0a, start)
      const rest = chunk.subarray(start, end < 0 ? chunk.length : end)
      if (!this.#skipping && !this.#keep(rest)) lines.push(tooLong)
      if (end < 0) break
      if (!this.#skipping) lines.push(Buffer.concat(this.#parts).toString('utf8').replace(/\r$/, ''))
      this.#parts = []
      this.#bytes = 0
      this.#skipping = false
      start = end + 1
    }
    return lines
  }

  #keep(bytes: Buffer): boolean {
    this.#bytes += bytes.length
    this.#skipping = this.#bytes > this.#maxBytes
    if (this.#skipping) this.#parts = []
    else if (bytes.length > 0) this.#parts.push(bytes)
    return !this.#skipping
  }
}

/** @throws ProtocolError for what is no request; `details.id` is its id as far as it has one */
export function parseRequest(line: string): ControlRequest {
  const value = parseObject(line)
  const id = isId(value.id) ? value.id : null
  const fail = (message: string): never => {
    throw new ProtocolError(message, { details: { id } })
  }
  if (value.id !== undefined && !isId(value.id)) fail('"id" must be a string or a number')
  if (typeof value.method !== 'string') fail('"method" must be a string')
  if (value.params !== undefined && !isObject(value.params)) fail('"params" must be an object')
  return { id, method: value.method as string, params: (value.params ?? {}) as ControlParams }
}

/** @throws ProtocolError */
export function parseResponse(line: string): ControlResponse {
  const value = parseObject(line)
  const id = isId(value.id) ? value.id : null
  if (isObject(value.error)) {
    const { code, message, hint, details } = value.error
    if (typeof code !== 'string' || typeof message !== 'string') throw new ProtocolError('An error needs a code and a message')
    return {
      id,
      error: { code, message, ...(typeof hint === 'string' && { hint }), ...(isObject(details) && { details }) }
    }
  }
  if (!('result' in value)) throw new ProtocolError('There is neither a result nor an error')
  return { id, result: value.result }
}

/** An error as it goes over the wire: ours whole, any other as a bug of ours with its message alone. */
export function errorBody(error: unknown): ControlErrorBody {
  if (error instanceof PbxkitError) {
    const { code, message, hint, details } = error
    return { code, message, ...(hint && { hint }), ...(details && { details }) }
  }
  return { code: 'E_BUG', message: `The service failed: ${error instanceof Error ? error.message : String(error)}` }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isId(value: unknown): value is ControlId {
  return value === null || typeof value === 'string' || typeof value === 'number'
}

function parseObject(line: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw new ProtocolError('The line is no JSON', { cause })
  }
  if (!isObject(value)) throw new ProtocolError('The line is no JSON object')
  return value
}
