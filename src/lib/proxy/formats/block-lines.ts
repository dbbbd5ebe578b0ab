import { Block, commandOutput, endOfCommand, isFollows } from '../../ami/block.js'

const lf = 0x0a
const cr = 0x0d

/**
 * The block with its command output as `Output:` headers, as Asterisk 14 and newer write it: where the text of a `Response: Follows` answer
 * stood (13 and older), no format has to know of it. Headers behind `--END COMMAND--`, which a proxy appends, are kept; the mark itself is not.
 * @returns the same buffer for every other block
 */
export function withOutputHeaders(bytes: Buffer): Buffer {
  if (!isFollows(bytes)) return bytes
  const block = new Block(bytes)
  const text = commandOutput(block)!
  const headers = block.headers.map(({ name, bytes: value }) => Buffer.concat([Buffer.from(`${name}: `), value]))
  const output = splitLines(text).map((line) => Buffer.concat([Buffer.from('Output: '), line]))
  const mark = bytes.lastIndexOf(endOfCommand)
  const rest = mark < 0 ? [] : splitLines(bytes.subarray(mark + endOfCommand.length)).filter((line) => line.length > 0)
  return Buffer.concat([...headers, ...output, ...rest].flatMap((line) => [line, Buffer.from('\r\n')]))
}

/** A block of the stream as one to ask for headers: without empty lines at its end, its command output as `Output:` headers. */
export function toBlock(bytes: Buffer): Block {
  const whole = withOutputHeaders(bytes)
  let end = whole.length
  for (let before = beforeLineEnd(whole, end); before < end && (before === 0 || whole[before - 1] === lf); ) {
    end = before
    before = beforeLineEnd(whole, end)
  }
  // What was raw text is headers by now, and only a client's block is read that way whatever its Response says.
  return new Block(whole.subarray(0, end), 'client')
}

/** The lines of a text without their ends (LF, and one CR before it); empty lines are left out. */
export function* filledLines(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    let next = text.indexOf('\n', start) + 1
    let end = next - 1
    if (next === 0) next = end = text.length
    if (end > start && text.charCodeAt(end - 1) === cr && next > end) end--
    if (end > start) yield text.slice(start, end)
    start = next
  }
}

function beforeLineEnd(bytes: Buffer, end: number): number {
  if (end === 0 || bytes[end - 1] !== lf) return end
  return end > 1 && bytes[end - 2] === cr ? end - 2 : end - 1
}

function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0; start < bytes.length; ) {
    const next = bytes.indexOf(lf, start) + 1 || bytes.length
    lines.push(bytes.subarray(start, Math.max(start, beforeLineEnd(bytes.subarray(start, next), next - start) + start)))
    start = next
  }
  return lines
}
