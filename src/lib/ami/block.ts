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
  #headers: Header[] | undefined

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** All lines in their order. Of a `Response: Follows` answer only the lines before the text. */
  get headers(): readonly Header[] {
    this.#headers ??= readHeaders(this.bytes)
    return this.#headers
  }

  /** The first value under a name, without regard to case; only the lines up to it are read. */
  get(name: string): string | undefined {
    if (this.#headers) return this.#headers.find((header) => sameName(header.name, name))?.value
    const found = findHeader(this.bytes, name)
    return found && this.bytes.toString('utf8', found.valueStart, found.valueEnd)
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
      if (bytes[at] === colon) {
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
    if (byte !== wanted && (byte | 0x20) !== (wanted | 0x20)) return false
  }
  return true
}

function lineEnd(bytes: Buffer, lineStart: number, next: number): number {
  let end = next
  if (end > lineStart && bytes[end - 1] === lf) end--
  if (end > lineStart && bytes[end - 1] === cr) end--
  return end
}

function readHeaders(bytes: Buffer): Header[] {
  const headers: Header[] = []
  const end = isFollows(bytes) ? textStart(bytes) : bytes.length
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
  const value = at < 0 ? line : line.subarray(line[at + 1] === space ? at + 2 : at + 1)
  return { name: at < 0 ? '' : line.toString('utf8', 0, at).trimEnd(), value: value.toString('utf8'), bytes: value }
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
  if (isFollows(block.bytes)) {
    const start = textStart(block.bytes)
    const end = block.bytes.lastIndexOf(endOfCommand)
    return block.bytes.subarray(start, end < start ? block.bytes.length : end)
  }
  const lines = block.headers.filter((header) => sameName(header.name, 'Output'))
  if (lines.length === 0) return undefined
  return Buffer.concat(lines.flatMap((line) => [line.bytes, Buffer.from('\n')]))
}
