const lf = 0x0a
const cr = 0x0d
const colon = 0x3a
const space = 0x20

/** One line of a block. The value is what follows the colon and one blank: further blanks belong to it (CLI output is indented). */
export interface Header {
  /** As on the wire; empty for a line without a colon. */
  readonly name: string
  readonly value: string
  /** The value's bytes. They differ from `value` when they are not UTF-8. */
  readonly bytes: Buffer
}

/**
 * One AMI message: its lines as received, each with its line end, without the empty line that closes it. Nothing is decoded before
 * it is asked for, and the bytes are never changed.
 */
export class Block {
  readonly bytes: Buffer
  /** Is it a server's answer in the form of Asterisk 13 and older: headers, then raw text up to `--END COMMAND--`? */
  readonly hasRawText: boolean
  #headers: Header[] | undefined

  /** @param from only a server sends raw text: what a client calls `Response: Follows` has headers like any other block */
  constructor(bytes: Buffer, from: 'server' | 'client' = 'server') {
    this.bytes = bytes
    this.hasRawText = from === 'server' && isFollows(bytes)
  }

  /** All lines in their order. Of a `Response: Follows` answer only the lines before the text. */
  get headers(): readonly Header[] {
    this.#headers ??= readHeaders(this.bytes, this.hasRawText ? textStart(this.bytes) : this.bytes.length)
    return this.#headers
  }

  /** The first value under a name, without regard to case; only the lines up to it are read. */
  get(name: string): string | undefined {
    if (this.#headers) return this.#headers.find((header) => sameName(header.name, name))?.value
    const found = this.find(name)
    return found && this.bytes.toString('utf8', found.valueStart, found.valueEnd)
  }

  /** Where the first header of a name stands. */
  find(name: string): HeaderPosition | undefined {
    return findHeader(this.bytes, name, 0, this.hasRawText ? textStart(this.bytes) : this.bytes.length)
  }

  /** Every value under a name, in order. */
  getAll(name: string): string[] {
    return this.headers.filter((header) => sameName(header.name, name)).map((header) => header.value)
  }

  /** `Response`, `Event`, or what else the first line is called. */
  get kind(): string {
    return this.headers[0]?.name ?? ''
  }
}

/** Where a header stands in a buffer: [lineStart, nextLine) is the whole line, [valueStart, valueEnd) its value. */
export interface HeaderPosition {
  lineStart: number
  valueStart: number
  valueEnd: number
  nextLine: number
}

/** Finds the first header of a name without decoding anything; case of the name does not count, blanks before the colon neither. */
export function findHeader(bytes: Buffer, name: string, start = 0, end = bytes.length): HeaderPosition | undefined {
  const length = name.length
  for (let lineStart = start; lineStart < end; ) {
    let next = bytes.indexOf(lf, lineStart) + 1
    if (next === 0 || next > end) next = end
    if (matchesName(bytes, lineStart, name)) {
      let at = lineStart + length
      while (at < next && bytes[at] === space) at++
      if (at < next && bytes[at] === colon) {
        const valueStart = bytes[at + 1] === space ? at + 2 : at + 1
        const valueEnd = lineEnd(bytes, lineStart, next)
        return { lineStart, valueStart: Math.min(valueStart, valueEnd), valueEnd, nextLine: next }
      }
    }
    lineStart = next
  }
  return undefined
}

/** Header names are ASCII, and a name that is searched for is written in letters, digits and dashes only. */
function matchesName(bytes: Buffer, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const wanted = name.charCodeAt(i)
    const byte = bytes[at + i]!
    if (byte === wanted) continue
    const letter = wanted | 0x20
    if (letter < 0x61 || letter > 0x7a || (byte | 0x20) !== letter) return false
  }
  return true
}

function lineEnd(bytes: Buffer, lineStart: number, next: number): number {
  let end = next
  if (end > lineStart && bytes[end - 1] === lf) end--
  if (end > lineStart && bytes[end - 1] === cr) end--
  return end
}

function readHeaders(bytes: Buffer, end: number): Header[] {
  const headers: Header[] = []
  for (let lineStart = 0; lineStart < end; ) {
    let next = bytes.indexOf(lf, lineStart) + 1
    if (next === 0 || next > end) next = end
    headers.push(readLine(bytes.subarray(lineStart, lineEnd(bytes, lineStart, next))))
    lineStart = next
  }
  return headers
}

function readLine(line: Buffer): Header {
  const at = line.indexOf(colon)
  let nameEnd = Math.max(at, 0)
  while (nameEnd > 0 && line[nameEnd - 1] === space) nameEnd--
  const name = line.toString('utf8', 0, nameEnd)
  // A line with nothing before its colon is no header either: it is kept whole.
  const value = name === '' ? line : line.subarray(line[at + 1] === space ? at + 2 : at + 1)
  return { name, value: value.toString('utf8'), bytes: value }
}

export function sameName(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase()
}

const follows = /^Response:[ \t]*Follows[ \t]*\r?\n/i

/** A Command answer in the form of Asterisk 13 and older: headers, then raw text up to `--END COMMAND--`. */
export function isFollows(bytes: Buffer): boolean {
  return (bytes[0]! | 0x20) === 0x72 && follows.test(bytes.toString('latin1', 0, 40))
}

/** Where the raw text of a `Response: Follows` answer begins: after the headers, which are only these three. */
function textStart(bytes: Buffer): number {
  let at = 0
  while (at < bytes.length) {
    const next = bytes.indexOf(lf, at) + 1
    if (next === 0 || !/^(Response|Privilege|ActionID):/i.test(bytes.toString('latin1', at, Math.min(next, at + 16)))) return at
    at = next
  }
  return at
}

/** Ends the raw text of a `Response: Follows` answer. */
export const endOfCommand = '--END COMMAND--'

/**
 * The text that a Command action gave, as `asterisk -rx` would print it: from `Output:` lines (Asterisk 14 and newer), or from the raw text
 * of a `Response: Follows` answer (13 and older). Undefined when the block is no answer to a Command.
 */
export function commandOutput(block: Block): Buffer | undefined {
  if (block.hasRawText) {
    const start = textStart(block.bytes)
    const end = block.bytes.lastIndexOf(endOfCommand)
    return block.bytes.subarray(start, end < start ? block.bytes.length : end)
  }
  const lines = block.headers.filter((header) => sameName(header.name, 'Output'))
  if (lines.length === 0) return undefined
  return Buffer.concat(lines.flatMap((line) => [line.bytes, Buffer.from('\n')]))
}
