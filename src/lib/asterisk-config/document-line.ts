import { CommentState, uncomment } from './comments.js'
import { type RawLine, splitLines } from './line-splitter.js'
import { type ParsedLine, parseLine } from './parse-line.js'
import { encode } from './text.js'

/** A line of a file that is edited: its bytes, and what it means. */
export interface DocumentLine {
  /** With its line end; one character a byte. */
  readonly raw: string
  readonly parsed: ParsedLine
  /** The block comments that are open before and behind it. */
  readonly depthBefore: number
  readonly depthAfter: number
}

/** Reads a file line by line, without going after its includes. */
export function readDocumentLines(bytes: Uint8Array): DocumentLine[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  let depth = 0
  return splitLines(text).map((line, index) => {
    const read = readDocumentLine(line, depth, index === 0)
    depth = read.depthAfter
    return read
  })
}

function readDocumentLine({ raw, text }: RawLine, depth: number, isFirst: boolean): DocumentLine {
  const comments = new CommentState()
  comments.depth = depth
  if (text === undefined) return { raw, parsed: { kind: 'empty' }, depthBefore: depth, depthAfter: depth }
  const content = uncomment(isFirst ? withoutMark(text) : text, comments, 0).text
  return { raw, parsed: parseLine(content), depthBefore: depth, depthAfter: comments.depth }
}

/** A new line that stands outside comments. @param text without line end */
export function newDocumentLine(text: string, lineEnd: string): DocumentLine {
  const raw = encode(text) + lineEnd
  return readDocumentLine({ raw, text: raw }, 0, false)
}

/**
 * The line with another value: its name, its sign, its blanks and the comment behind it stay the same bytes. A block comment inside the value goes.
 * @param encoded the value as it has to be written
 * @returns undefined when the line is none of a setting, or would then be read in another way
 */
export function withValue(line: DocumentLine, encoded: string, isFirst: boolean): DocumentLine | undefined {
  if (line.parsed.kind !== 'setting') return undefined
  const comments = new CommentState()
  comments.depth = line.depthBefore
  const markLength = isFirst ? line.raw.length - withoutMark(line.raw).length : 0
  const { positions } = uncomment(line.raw.slice(markLength), comments, 0, true)
  const { valueStart, valueEnd, name, operator } = line.parsed
  const rawAt = (index: number) => positions![index]! + markLength
  // An empty value goes directly behind the sign.
  const isEmpty = valueStart === valueEnd
  const start = isEmpty ? rawAt(valueStart - 1) + 1 : escapedStart(line.raw, rawAt(valueStart))
  const end = isEmpty ? start : rawAt(valueEnd - 1) + 1
  // Directly behind the sign a value that begins with > would become a part of it.
  const needsBlank = encoded !== '' && (isEmpty || (encoded.startsWith('>') && line.raw[start - 1] === '='))
  const raw = `${line.raw.slice(0, start)}${needsBlank ? ' ' : ''}${encode(encoded)}${line.raw.slice(end)}`
  const changed = readDocumentLine({ raw, text: raw }, line.depthBefore, isFirst)
  const { parsed } = changed
  const isSame =
    parsed.kind === 'setting' &&
    parsed.name === name &&
    parsed.operator === operator &&
    parsed.value === encode(encoded.replaceAll('\\;', ';'))
  return isSame && changed.depthAfter === line.depthAfter ? changed : undefined
}

/** A value that begins with an escaped semicolon begins with its backslash. */
function escapedStart(raw: string, at: number): number {
  return raw[at] === ';' && raw[at - 1] === '\\' ? at - 1 : at
}

function withoutMark(text: string): string {
  return text.startsWith('\xef\xbb\xbf') ? text.slice(3) : text
}
