import { ProtocolError } from '../errors.js'
import { AgiEncodeError } from './errors.js'
import { maxHeaderBlockBytes, maxHeaderLines } from './limits.js'

/**
 * The headers that Asterisk 22 sends before the first command, in its order (`launch_netscript` and `setup_env` of res_agi.c). The script's line is left
 * out when the URL has no path; `agi_arg_1` and so on follow.
 */
export const agiHeaderNames = [
  'agi_network',
  'agi_network_script',
  'agi_request',
  'agi_channel',
  'agi_language',
  'agi_type',
  'agi_uniqueid',
  'agi_version',
  'agi_callerid',
  'agi_calleridname',
  'agi_callingpres',
  'agi_callingani2',
  'agi_callington',
  'agi_callingtns',
  'agi_dnid',
  'agi_rdnis',
  'agi_context',
  'agi_extension',
  'agi_priority',
  'agi_enhanced',
  'agi_accountcode',
  'agi_threadid'
] as const

export interface AgiHeader {
  readonly name: string
  /** What follows the colon and one blank. */
  readonly value: string
}

/** The header block of one call, as it came. */
export class AgiHeaders {
  /** With every line end and the empty line at the end. */
  readonly bytes: Buffer
  #entries: readonly AgiHeader[] | undefined
  #text: string | undefined

  /** @param bytes a whole block; each line was seen to be a header */
  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** In their order. Read when somebody asks: most calls only pass. */
  get entries(): readonly AgiHeader[] {
    this.#entries ??= this.bytes.toString('utf8').split('\n').slice(0, -2).map(readHeader)
    return this.#entries
  }

  /** The first value under a name. */
  get(name: string): string | undefined {
    if (this.#entries) return this.#entries.find((header) => header.name === name)?.value
    // One line of a block is found faster than all are read. In latin1 a place in the text is a place in the bytes.
    this.#text ??= `\n${this.bytes.toString('latin1')}`
    const at = this.#text.indexOf(`\n${name}:`)
    return at < 0 ? undefined : readHeader(this.bytes.toString('utf8', at, this.#text.indexOf('\n', at + 1) - 1)).value
  }

  /** The arguments that AGI() was given, in their order. */
  get args(): string[] {
    return this.entries.filter(({ name }) => /^agi_arg_\d+$/.test(name)).map(({ value }) => value)
  }
}

export interface HeaderLimits {
  maxBytes?: number | undefined
  maxLines?: number | undefined
}

/** Reads one header block: push bytes in until it gives the headers; what follows them is in `rest`. */
export class HeaderBlockReader {
  readonly #maxBytes: number
  readonly #maxLines: number
  /** What has come, in a buffer with room for more. */
  #bytes: Buffer = Buffer.alloc(0)
  #length = 0
  /** Where the line begins that has not ended yet, and how far it was searched for its end. */
  #lineStart = 0
  #searched = 0
  #lines = 0

  constructor({ maxBytes = maxHeaderBlockBytes, maxLines = maxHeaderLines }: HeaderLimits = {}) {
    this.#maxBytes = maxBytes
    this.#maxLines = maxLines
  }

  /**
   * @returns the headers and the bytes behind them, undefined as long as the block has not ended
   * @throws ProtocolError for a line that is no header, and over a limit
   */
  push(chunk: Buffer): { headers: AgiHeaders; rest: Buffer } | undefined {
    const whole = this.#length === 0 ? this.#takeWhole(chunk) : undefined
    if (whole) return whole
    this.#append(chunk)
    const bytes = this.#bytes
    for (let at = this.#searched; at < this.#length; at++) {
      if (bytes[at] !== lf) continue
      if (at >= this.#maxBytes) break
      if (at === this.#lineStart) {
        return { headers: new AgiHeaders(bytes.subarray(0, at + 1)), rest: bytes.subarray(at + 1, this.#length) }
      }
      if (!beginsWithName(bytes, this.#lineStart, at))
        throw new ProtocolError('A line of the AGI header block is not of the form "agi_NAME: VALUE"')
      if (++this.#lines > this.#maxLines) throw new ProtocolError(`The AGI header block has more than ${this.#maxLines} lines`)
      this.#lineStart = at + 1
    }
    if (this.#length > this.#maxBytes) throw new ProtocolError(`The AGI header block is longer than ${this.#maxBytes} bytes`)
    this.#searched = this.#length
    return undefined
  }

  /** Mostly it comes in one piece, and is read by one expression. Undefined: it does not, or has to be counted. */
  #takeWhole(chunk: Buffer): { headers: AgiHeaders; rest: Buffer } | undefined {
    const most = Math.min(this.#maxBytes, this.#maxLines * leastLineBytes)
    if (chunk.length > most) return undefined
    wholeBlock.lastIndex = 0
    if (!wholeBlock.test(chunk.toString('latin1'))) return undefined
    const bytes = Buffer.from(chunk)
    const end = wholeBlock.lastIndex
    return { headers: new AgiHeaders(bytes.subarray(0, end)), rest: bytes.subarray(end) }
  }

  /** A copy: the caller may use its buffer again. */
  #append(chunk: Buffer): void {
    const length = this.#length + chunk.length
    if (length > this.#bytes.length) {
      // Who sends single bytes would have them copied again and again, if there were no room left.
      const room = this.#length === 0 ? length : 2 * length
      const bytes = Buffer.allocUnsafe(room)
      bytes.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = bytes
    }
    this.#bytes.set(chunk, this.#length)
    this.#length = length
  }
}

const lf = 0x0a
/** As the loop of `push` has it; in latin1 a character is a byte. */
const wholeBlock = /(?:agi_[a-z0-9_]+:[^\n]*\n)*\n/y
/** `agi_x:` and LF. */
const leastLineBytes = 7
const colon = 0x3a
const namePrefix = Buffer.from('agi_')

/** Is it `agi_NAME:`, with a NAME of `[a-z0-9_]+`? */
function beginsWithName(bytes: Buffer, start: number, end: number): boolean {
  for (let at = 0; at < namePrefix.length; at++) if (bytes[start + at] !== namePrefix[at]) return false
  const nameStart = start + namePrefix.length
  for (let at = nameStart; at < end; at++) {
    const byte = bytes[at]!
    if (byte === colon) return at > nameStart
    const isLetter = byte >= 0x61 && byte <= 0x7a
    const isDigit = byte >= 0x30 && byte <= 0x39
    if (!isLetter && !isDigit && byte !== 0x5f) return false
  }
  return false
}

function readHeader(line: string): AgiHeader {
  const end = line.indexOf(':')
  return { name: line.slice(0, end), value: line.slice(line[end + 1] === ' ' ? end + 2 : end + 1) }
}

/**
 * Writes a header block with its empty line.
 * @throws AgiEncodeError for a name that Asterisk could not have sent, or a value with LF or NUL in it
 */
export function encodeHeaderBlock(headers: Iterable<AgiHeader>): Buffer {
  let text = ''
  for (const { name, value } of headers) {
    if (!/^agi_[a-z0-9_]+$/.test(name)) throw new AgiEncodeError(`"${name}" is no name of an AGI header`)
    if (/[\n\0]/.test(value)) throw new AgiEncodeError(`The value of ${name} has an LF or a NUL in it`)
    text += `${name}: ${value}\n`
  }
  return Buffer.from(`${text}\n`)
}
