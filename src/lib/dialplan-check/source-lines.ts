import { CommentState, uncomment } from '../asterisk-config/comments.js'
import { splitLines } from '../asterisk-config/line-splitter.js'
import { parseLine } from '../asterisk-config/parse-line.js'
import { decode, encode } from '../asterisk-config/text.js'
import type { CheckHost } from './host.js'

/** The lines of the files that are checked, and where in a line something stands. A file is cut into lines when one of them is asked for. */
export class SourceLines {
  readonly #host: CheckHost
  readonly #lines = new Map<string, readonly string[]>()

  constructor(host: CheckHost) {
    this.#host = host
  }

  /** All lines of a file, one character a byte. */
  of(file: string): readonly string[] {
    const known = this.#lines.get(file)
    if (known) return known
    const bytes = this.#host.read(file)
    const lines =
      bytes === undefined || bytes === 'not-a-file'
        ? []
        : splitLines(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')).map(({ raw }) => raw)
    this.#lines.set(file, lines)
    return lines
  }

  /** Does a text stand anywhere in a file? Most files need not be cut into lines to say no. @param text ASCII */
  mentions(file: string, text: string): boolean {
    if (this.#lines.has(file)) return this.of(file).some((line) => line.includes(text))
    const bytes = this.#host.read(file)
    if (bytes === undefined || bytes === 'not-a-file') return false
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(text)
  }

  line(file: string, line: number): string {
    return this.of(file)[line - 1] ?? ''
  }

  /** Where the line begins behind its blanks. */
  start(file: string, line: number): number {
    const raw = this.line(file, line)
    return columnIn(raw, raw.length - raw.trimStart().length)
  }

  /**
   * Where a text stands, and so many characters on. Comments and escapes are looked through.
   * @param offset in characters of the text, or (negative) before it
   */
  columnOf(file: string, line: number, text: string, offset = 0): number {
    const raw = this.line(file, line)
    const plain = raw.indexOf(encode(text))
    if (text !== '' && plain >= 0) return columnIn(raw, plain + bytesOf(text, offset))
    const read = uncomment(raw, new CommentState(), line, true)
    const at = text === '' ? -1 : read.text.indexOf(encode(text))
    const position = at < 0 ? undefined : read.positions?.[at + bytesOf(text, offset)]
    return position === undefined ? this.start(file, line) : columnIn(raw, position)
  }

  /** Where the value of a setting begins, and so many characters on. */
  columnOfValue(file: string, line: number, offset = 0): number {
    const raw = this.line(file, line)
    const { text, positions } = uncomment(raw, new CommentState(), line, true)
    const parsed = parseLine(text)
    if (parsed.kind !== 'setting') return this.start(file, line)
    const at = parsed.valueStart + bytesOf(decode(parsed.value), offset)
    return columnIn(raw, positions?.[Math.min(at, text.length - 1)] ?? 0)
  }
}

function bytesOf(text: string, characters: number): number {
  return characters <= 0 ? characters : encode(text.slice(0, characters)).length
}

/** From 1, in UTF-16 units, of a byte of a line. */
function columnIn(raw: string, byte: number): number {
  return decode(raw.slice(0, Math.max(0, byte))).length + 1
}
