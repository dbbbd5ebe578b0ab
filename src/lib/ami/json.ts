import { type Answer, isEmptyList } from './answer.js'
import type { Block } from './block.js'
import { repeatableHeaders } from './catalog/overlay.js'

/** Where values that are not UTF-8 are kept whole, as base64, under their header's name. */
export const base64Key = '$base64'
/** Where lines without a colon are kept. */
const linesKey = '$lines'

/**
 * A block as JSON: header names as they are, repeated headers as arrays. A value that is not UTF-8 is given as text, and its bytes
 * beside it under `$base64`; lines that are no headers are under `$lines`. Nothing that the wire had is lost.
 */
export function blockToJson(block: Block): Record<string, unknown> {
  const json: Record<string, unknown> = {}
  // Without a prototype: a peer may name a header `constructor`.
  const base64: Record<string, string[]> = Object.create(null)
  for (const { name, value, bytes } of block.headers) {
    const key = name === '' ? linesKey : name
    add(json, key, value, key === linesKey || repeatableHeaders.has(name))
    if (!isUtf8Text(value, bytes)) base64[key] = [...(base64[key] ?? []), bytes.toString('base64')]
  }
  if (Object.keys(base64).length > 0) define(json, base64Key, base64)
  return json
}

/** An answer as one JSON document: its response, and for a list its items and its closing event. */
export function answerToJson(answer: Answer): Record<string, unknown> {
  const isList = answer.items.length > 0 || answer.complete !== undefined || isEmptyList(answer)
  return {
    response: blockToJson(answer.response),
    ...(isList && { items: answer.items.map(blockToJson) }),
    ...(answer.complete && { complete: blockToJson(answer.complete) }),
    ...(answer.cancelled && { cancelled: true })
  }
}

function add(json: Record<string, unknown>, key: string, value: string, alwaysArray: boolean): void {
  const before = Object.hasOwn(json, key) ? json[key] : undefined
  if (Array.isArray(before)) before.push(value)
  else define(json, key, before === undefined ? (alwaysArray ? [value] : value) : [before, value])
}

/** A plain assignment would lose a header that a peer names `__proto__`. */
function define(json: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(json, key, { value, enumerable: true, configurable: true, writable: true })
}

function isUtf8Text(value: string, bytes: Buffer): boolean {
  return !value.includes('\ufffd') || Buffer.from(value, 'utf8').equals(bytes)
}

/** Why a text is no JSON, without the piece of it that V8 quotes (`…, "{"Secret":hunter2}" is not valid JSON`): the message goes to logs. */
export function jsonFault(error: unknown): string {
  return (error as Error).message.replace(/, (?:\.{3})?".*"(?:\.{3})? is not valid JSON$/s, '')
}
