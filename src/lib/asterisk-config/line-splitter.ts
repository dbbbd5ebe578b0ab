import { maxLineBytes } from './limits.js'

/** A line as it stands in the file, one character a byte, with its line end if it has one. */
export interface RawLine {
  readonly raw: string
  /** What Asterisk takes of it: up to a NUL byte. Undefined for a line that it drops because it is too long. */
  readonly text: string | undefined
}

/**
 * Cuts a file into lines as fgets does with a buffer of 8192 bytes: only a line feed ends a line, a carriage return alone does not; a NUL byte ends what is
 * seen of a line, and inside a long line it has the rest come as a line of its own.
 * @param bytes the file, one character a byte (latin1)
 */
export function splitLines(bytes: string): RawLine[] {
  const lines: RawLine[] = []
  eachLine(bytes, (line) => lines.push(line))
  return lines
}

/** The same, one line after the other, for who does not want to keep them. @param read is given its number, from 1 */
export function eachLine(bytes: string, read: (line: RawLine, number: number) => void): void {
  let number = 0
  for (let start = 0; start < bytes.length; ) {
    let end = chunkEnd(bytes, start)
    const raw = bytes.slice(start, end)
    let text: string | undefined = beforeNul(raw)
    let whole = raw
    if (isCut(text)) {
      text = undefined
      let rest: string
      do {
        const next = chunkEnd(bytes, end)
        rest = beforeNul(bytes.slice(end, next))
        end = next
      } while (end < bytes.length && isCut(rest))
      whole = bytes.slice(start, end)
    }
    read({ raw: whole, text }, ++number)
    start = end
  }
}

/** A buffer that is full and has no line feed: the line goes on. */
function isCut(text: string): boolean {
  return text.length === maxLineBytes && text[maxLineBytes - 1] !== '\n'
}

function chunkEnd(bytes: string, start: number): number {
  const feed = bytes.indexOf('\n', start)
  return Math.min(feed < 0 ? bytes.length : feed + 1, start + maxLineBytes)
}

function beforeNul(text: string): string {
  const nul = text.indexOf('\0')
  return nul < 0 ? text : text.slice(0, nul)
}
