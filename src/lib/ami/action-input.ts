import { DataError, ProtocolError } from '../errors.js'
import { BlockParser } from './block-parser.js'
import { assertSafe, type Field } from './encode.js'
import { jsonFault } from './json.js'

/** One action on stdin may be as large as a block on the wire. */
const maxDocumentBytes = 1024 * 1024

/** A document of several lines is parsed whole, in memory. So many actions (some 300,000) are better given as NDJSON, which has no limit. */
const maxWholeDocumentBytes = 64 * 1024 * 1024

/**
 * Reads actions from a stream of bytes: blocks as on the wire, NDJSON (an object a line), or one JSON document (an object or an array of
 * them). Which it is, its first character says. Actions come out as soon as they are whole.
 * @throws DataError with the line or the number of the action
 */
export async function* readActions(input: AsyncIterable<Buffer>): AsyncGenerator<Field[]> {
  const chunks = input[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  let first: string | undefined
  while (first === undefined) {
    const next = await chunks.next()
    if (next.done) return
    head = withoutByteOrderMark(Buffer.concat([head, next.value]))
    // Blank input must not be gathered, and searched anew, for ever.
    if (head.length > maxDocumentBytes && head.toString('latin1').trimStart() === '')
      throw new DataError('There is only blank space on stdin')
    if (!mayGrowIntoMark(head)) first = head.toString('latin1').trimStart()[0]
  }
  const all = prepend(head, chunks)
  if (first === '{' || first === '[') yield* readJson(all)
  else yield* readBlocks(all)
}

/** Editors on Windows begin a file with it. */
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(byteOrderMark) ? bytes.subarray(3) : bytes
}

function mayGrowIntoMark(bytes: Buffer): boolean {
  return bytes.length < 3 && bytes.equals(byteOrderMark.subarray(0, bytes.length))
}

async function* prepend(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield head
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}

async function* readBlocks(input: AsyncIterable<Buffer>): AsyncGenerator<Field[]> {
  const parser = new BlockParser({ from: 'client' })
  let count = 0
  const take = function* (chunk: Buffer): Generator<Field[]> {
    for (const block of parser.push(chunk)) {
      count++
      yield block.headers.map(({ name, value }): Field => {
        if (name === '')
          throw new DataError(`Action ${count} on stdin has a line without a colon: ${JSON.stringify(value.slice(0, 80))}`)
        return [name, value]
      })
    }
  }
  try {
    for await (const chunk of input) yield* take(Buffer.from(chunk))
    // The last block may lack its empty line: a file that ends is complete.
    yield* take(Buffer.from('\n\n'))
  } catch (cause) {
    if (cause instanceof ProtocolError) throw new DataError(`Action ${count + 1} on stdin: ${cause.message}`, { cause })
    throw cause
  }
}

/** NDJSON when every line is a document of its own; else all of it is one document. */
async function* readJson(input: AsyncIterable<Buffer>): AsyncGenerator<Field[]> {
  let pending = ''
  let line = 0
  let ndjson: boolean | undefined
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const chunk of input) {
      pending += decoder.decode(chunk, { stream: true })
      if (pending.length > maxDocumentBytes && ndjson !== false && !pending.includes('\n'))
        throw new DataError('A JSON line on stdin is longer than 1 MiB')
      if (pending.length > maxWholeDocumentBytes && !ndjson)
        throw new DataError('The JSON document on stdin is longer than 64 MiB', {
          hint: 'Give one action a line (NDJSON): they have no limit.'
        })
      if (ndjson === undefined && pending.trimStart().includes('\n')) ndjson = isJson(pending.trimStart().split('\n', 1)[0]!)
      if (!ndjson) continue
      for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n')) {
        line++
        yield* documentActions(pending.slice(0, end), `line ${line} of stdin`)
        pending = pending.slice(end + 1)
      }
    }
    pending += decoder.decode()
  } catch (cause) {
    if (cause instanceof TypeError) throw new DataError('The JSON on stdin is not UTF-8', { cause })
    throw cause
  }
  yield* documentActions(pending, ndjson ? `line ${line + 1} of stdin` : 'stdin')
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function* documentActions(text: string, where: string): Generator<Field[]> {
  if (text.trim() === '') return
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    throw new DataError(`There is no valid JSON in ${where}: ${jsonFault(cause)}`)
  }
  for (const action of Array.isArray(document) ? document : [document]) {
    const fields = actionFromJson(action, where)
    // On the wire it would be an empty line, which nobody answers.
    if (fields.length === 0) throw new DataError(`An action in ${where} has no fields`)
    yield fields
  }
}

/**
 * An action from JSON: `{"Action":"Originate","Variable":["a=1","b=2"]}`. The Action header goes first, an array repeats its header.
 * @throws DataError for what no header can hold
 */
export function actionFromJson(json: unknown, where: string): Field[] {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new DataError(`An action in ${where} is not a JSON object`)
  const fields: Field[] = []
  for (const [name, value] of Object.entries(json)) {
    for (const one of Array.isArray(value) ? value : [value]) fields.push([name, textOf(one, name, where)])
  }
  for (const [name, value] of fields) assertSafe(name, value)
  return [
    ...fields.filter(([name]) => name.toLowerCase() === 'action'),
    ...fields.filter(([name]) => name.toLowerCase() !== 'action')
  ]
}

function textOf(value: unknown, name: string, where: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw new DataError(`${name} in ${where}: the number is too large to be exact`, { hint: 'Write it in quotes.' })
    }
    return String(value)
  }
  throw new DataError(
    `${name} in ${where} is ${value === null ? 'null' : 'an object'}: a header's value is text, a number or true/false`
  )
}
