import { actionFromJson } from '../../ami/action-input.js'
import type { Block } from '../../ami/block.js'
import type { ParserLimits } from '../../ami/block-parser.js'
import { jsonFault } from '../../ami/json.js'
import { DataError, ProtocolError, UnsafeHeaderError } from '../../errors.js'
import type { InputFormat, InputParser } from './format.js'
import { inputAction, invalidInput, maxHeaders } from './input-action.js'

/** An action is an object of values and arrays; variables may be an object of arrays. Nothing has a use for more. */
const maxDepth = 3

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/**
 * Actions as JSON objects, one after the other: NDJSON, or with any white space between. A value is a text, a number or true/false; an array
 * repeats its header, and `"Variable": {"a": 1}` is `Variable: a=1`. An object ends at its brace: no line end is needed.
 */
export const jsonInput: InputFormat = {
  name: 'json',
  hasBanner: false,
  createParser: (limits) => new JsonInputParser(limits)
}

class JsonInputParser implements InputParser {
  readonly #limits: ParserLimits
  /** What has come of an object, in pieces; they are joined when it is whole. */
  #pieces: Buffer[] = []
  #pending = 0
  #depth = 0
  #inText = false
  #escaped = false
  #failed: ProtocolError | undefined

  constructor(limits: ParserLimits) {
    this.#limits = limits
  }

  get pendingBytes(): number {
    return this.#pending
  }

  push(chunk: Buffer, blocks: Block[] = []): Block[] {
    if (this.#failed) throw this.#failed
    try {
      return this.#read(chunk, blocks)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#failed = error
      this.#pieces = []
      this.#pending = 0
      throw error
    }
  }

  #read(chunk: Buffer, blocks: Block[]): Block[] {
    let start = 0
    while (start < chunk.length) {
      if (this.#depth === 0) {
        while (isBlank(chunk[start])) start++
        if (start === chunk.length) break
        if (chunk[start] !== openBrace) throw invalidInput('JSON', 'an action is an object, {…}')
      }
      const end = this.#findEnd(chunk, start)
      this.#keep(chunk.subarray(start, end))
      start = end
      if (this.#depth > 0) break
      const text = Buffer.concat(this.#pieces)
      this.#pieces = []
      this.#pending = 0
      blocks.push(readAction(text, this.#limits))
    }
    return blocks
  }

  /** One past the brace that closes the object; the end of the chunk when that has not come. What stands between is for the JSON parser to judge. */
  #findEnd(chunk: Buffer, start: number): number {
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at]
      if (this.#inText) {
        if (this.#escaped) this.#escaped = false
        else if (byte === backslash) this.#escaped = true
        else if (byte === quote) this.#inText = false
      } else if (byte === quote) this.#inText = true
      else if (byte === openBrace || byte === openBracket) {
        if (++this.#depth > maxDepth) throw invalidInput('JSON', `more than ${maxDepth} levels`)
      } else if (byte === closeBrace || byte === closeBracket) {
        if (--this.#depth === 0) return at + 1
      }
    }
    return chunk.length
  }

  /** Small pieces are joined two by two: a client that sends byte by byte must cost neither a buffer nor a copy of all for each. */
  #keep(piece: Buffer): void {
    this.#pending += piece.length
    if (this.#pending > this.#limits.maxBlockBytes)
      throw invalidInput('JSON', `an action is longer than ${this.#limits.maxBlockBytes} bytes`)
    this.#pieces.push(piece)
    while (this.#pieces.length > 1 && this.#pieces.at(-1)!.length >= this.#pieces.at(-2)!.length) {
      this.#pieces.push(Buffer.concat(this.#pieces.splice(-2)))
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function readAction(bytes: Buffer, limits: ParserLimits): Block {
  let action: Record<string, unknown>
  try {
    action = JSON.parse(utf8.decode(bytes)) as Record<string, unknown>
  } catch (cause) {
    throw invalidInput('JSON', cause instanceof TypeError ? 'it is not UTF-8' : jsonFault(cause), cause)
  }
  assertSmall(action, limits)
  try {
    return inputAction(actionFromJson(withVariables(action), 'the action'), limits, 'JSON')
  } catch (cause) {
    if (cause instanceof DataError || cause instanceof UnsafeHeaderError) throw invalidInput('JSON', cause.message, cause)
    throw cause
  }
}

/**
 * A long name before a long array would be looked at once for each value: what is too large is seen before.
 * @throws ProtocolError
 */
export function assertSmall(action: Record<string, unknown>, limits: Pick<ParserLimits, 'maxBlockBytes'>): void {
  let headers = 0
  let nameLength = 0
  for (const [name, value] of Object.entries(action)) {
    const count = Array.isArray(value) ? value.length : isObject(value) ? countValues(value) : 1
    headers += count
    nameLength += count * name.length
  }
  if (headers > maxHeaders) throw invalidInput('JSON', `an action with more than ${maxHeaders} headers`)
  if (nameLength > limits.maxBlockBytes) throw invalidInput('JSON', `an action is longer than ${limits.maxBlockBytes} bytes`)
}

function countValues(variables: object): number {
  return Object.values(variables).reduce<number>((count, value) => count + (Array.isArray(value) ? value.length : 1), 0)
}

function withVariables(action: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(action)
  if (!entries.some(([name, value]) => isVariables(name, value))) return action
  return Object.fromEntries(entries.map(([name, value]) => [name, isVariables(name, value) ? variableLines(value) : value]))
}

function isVariables(name: string, value: unknown): value is Record<string, unknown> {
  return name.toLowerCase() === 'variable' && isObject(value)
}

/**
 * Asterisk takes a Variable header apart at commas and drops quotes and backslashes (`AST_STANDARD_APP_ARGS` in manager.c): in an object, where
 * each value is one value, they are escaped by a backslash.
 */
function variableLines(variables: Record<string, unknown>): string[] {
  return actionFromJson(variables, 'Variable').map(([name, value]) => `${name}=${value.replace(/[\\",]/g, '\\$&')}`)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
