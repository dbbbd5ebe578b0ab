import { ProtocolError } from '../errors.js'
import { maxReplyBytes } from './limits.js'
import { LineReader } from './line-reader.js'
import { type AgiMessage, type AgiReply, endsValue, type ResultText, readResult } from './reply.js'

const codeLine = /^(\d{3})([ -])(.*)$/s
const lf = 0x0a
const [openingParenthesis, closingParenthesis] = [0x28, 0x29]
const usualBeginning = Buffer.from('200 result=')
/** Texts of the usage may end without an LF; then this stands at the end of their last line. */
const endOfUsage = '520 End of proper usage.'

/** A reply of which not all has come. */
interface Open {
  readonly form: 'usage' | 'value'
  readonly code: number
  readonly lines: string[]
  readonly bytes: Buffer[]
  length: number
}

/**
 * Reads what Asterisk says after the header block: push bytes in, take whole messages out. One message is one reply, with all lines of a `520-` block or of
 * a value that has LFs in it, or one line `HANGUP`.
 */
export class ReplyReader {
  readonly #maxBytes: number
  readonly #lines: LineReader
  #open: Open | undefined

  constructor({ maxBytes = maxReplyBytes }: { maxBytes?: number | undefined } = {}) {
    this.#maxBytes = maxBytes
    this.#lines = new LineReader(maxBytes, 'A line of Asterisk')
  }

  /** @throws ProtocolError for a reply over the limit */
  push(chunk: Buffer): AgiMessage[] {
    const messages: AgiMessage[] = []
    this.#lines.push(chunk)
    for (let line = this.#lines.nextWithEnd(); line; line = this.#lines.nextWithEnd()) {
      const message = this.#take(line.toString('utf8', 0, line.length - 1), line)
      if (message) messages.push(message)
    }
    return messages
  }

  /**
   * How many bytes at the beginning of this are whole replies with code 200, of which `push` would say the same? They need not be pushed: who only counts
   * answers is spared reading most of them. 0: there may be replies all the same.
   */
  usualReplies(chunk: Buffer): number {
    if (this.#open || this.#lines.waitingBytes > 0) return 0
    let start = 0
    while (beginsUsually(chunk, start)) {
      const end = chunk.indexOf(lf, start)
      if (end < 0 || end - start >= this.#maxBytes || !endsHere(chunk, start, end)) break
      start = end + 1
    }
    return start
  }

  /** What came and is no whole message: of a reply that was cut by the end of the connection. */
  takeRest(): Buffer {
    const rest = Buffer.concat([...(this.#open?.bytes ?? []), this.#lines.takeRest()])
    this.#open = undefined
    return rest
  }

  #take(line: string, bytes: Buffer): AgiMessage | undefined {
    if (this.#open) return this.#continue(this.#open, line, bytes)
    // Never in lower case (`ast_agi_send` of "HANGUP\n"); what an application sees must be what we count.
    if (line === 'HANGUP') return { kind: 'hangup', bytes }
    const [, digits, mark, text = ''] = codeLine.exec(line) ?? []
    if (digits === undefined) return { kind: 'other', bytes }
    const code = Number(digits)
    if (mark === '-') return this.#begin('usage', code, text, bytes)
    if (code < 200) return { kind: 'provisional', bytes }
    const found = readResult(text)
    return found.isOpen ? this.#begin('value', code, text, bytes) : reply({ code, text, found, usage: [], bytes })
  }

  #begin(form: Open['form'], code: number, text: string, bytes: Buffer): undefined {
    this.#open = { form, code, lines: [text], bytes: [bytes], length: bytes.length }
    return undefined
  }

  #continue(open: Open, line: string, bytes: Buffer): AgiReply | undefined {
    open.bytes.push(bytes)
    open.length += bytes.length
    if (open.length > this.#maxBytes) throw new ProtocolError(`A reply of Asterisk is longer than ${this.#maxBytes} bytes`)
    if (open.form === 'value') {
      open.lines.push(line)
      if (!endsValue(line)) return undefined
      this.#open = undefined
      const text = open.lines.join('\n')
      return reply({ code: open.code, text, found: readResult(text), usage: [], bytes: Buffer.concat(open.bytes) })
    }
    const isLast = line.startsWith(`${open.code} `)
    if (!isLast && line.endsWith(endOfUsage)) open.lines.push(line.slice(0, -endOfUsage.length))
    else if (!isLast) {
      open.lines.push(line)
      return undefined
    }
    this.#open = undefined
    const [text = '', ...usage] = open.lines
    return reply({ code: open.code, text, found: readResult(text), usage, bytes: Buffer.concat(open.bytes) })
  }
}

function beginsUsually(bytes: Buffer, start: number): boolean {
  for (let at = 0; at < usualBeginning.length; at++) if (bytes[start + at] !== usualBeginning[at]) return false
  return true
}

/** Is there nothing that goes on in the next line? That is a value without its closing parenthesis. */
function endsHere(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[end - 1] === closingParenthesis) return true
  for (let at = start + usualBeginning.length; at < end; at++) if (bytes[at] === openingParenthesis) return false
  return true
}

function reply({
  code,
  text,
  found,
  usage,
  bytes
}: Pick<AgiReply, 'code' | 'text' | 'usage' | 'bytes'> & { found: ResultText }): AgiReply {
  const { result, value, attributes } = found
  return { kind: 'reply', bytes, code, result, value, attributes, text, usage }
}
