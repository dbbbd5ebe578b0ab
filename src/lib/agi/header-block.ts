import { ProtocolError } from '../errors.js'
import { AgiEncodeError } from './errors.js'
import { maxHeaderBlockBytes, maxHeaderLines } from './limits.js'
import { LineReader } from './line-reader.js'

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

const headerLine = /^(agi_[a-z0-9_]+):/

export interface AgiHeader {
  readonly name: string
  /** What follows the colon and one blank. */
  readonly value: string
}

/** The header block of one call, as it came. */
export class AgiHeaders {
  /** With every line end and the empty line at the end. */
  readonly bytes: Buffer
  readonly entries: readonly AgiHeader[]

  constructor(bytes: Buffer, entries: readonly AgiHeader[]) {
    this.bytes = bytes
    this.entries = entries
  }

  /** The first value under a name. */
  get(name: string): string | undefined {
    return this.entries.find((header) => header.name === name)?.value
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
  readonly #lines: LineReader
  readonly #taken: Buffer[] = []
  readonly #entries: AgiHeader[] = []
  #bytes = 0

  constructor({ maxBytes = maxHeaderBlockBytes, maxLines = maxHeaderLines }: HeaderLimits = {}) {
    this.#maxBytes = maxBytes
    this.#maxLines = maxLines
    this.#lines = new LineReader(maxBytes, 'A line of the AGI header block')
  }

  /**
   * @returns the headers and the bytes behind them, undefined as long as the block has not ended
   * @throws ProtocolError for a line that is no header, and over a limit
   */
  push(chunk: Buffer): { headers: AgiHeaders; rest: Buffer } | undefined {
    this.#lines.push(chunk)
    for (let line = this.#lines.next(); line; line = this.#lines.next()) {
      this.#bytes += line.length + 1
      if (this.#bytes > this.#maxBytes) throw new ProtocolError(`The AGI header block is longer than ${this.#maxBytes} bytes`)
      this.#taken.push(Buffer.from(line), lineEnd)
      if (line.length === 0) {
        return { headers: new AgiHeaders(Buffer.concat(this.#taken), this.#entries), rest: this.#lines.takeRest() }
      }
      this.#entries.push(readHeader(line))
      if (this.#entries.length > this.#maxLines)
        throw new ProtocolError(`The AGI header block has more than ${this.#maxLines} lines`)
    }
    if (this.#bytes + this.#lines.waitingBytes > this.#maxBytes) {
      throw new ProtocolError(`The AGI header block is longer than ${this.#maxBytes} bytes`)
    }
    return undefined
  }
}

const lineEnd = Buffer.from('\n')

function readHeader(line: Buffer): AgiHeader {
  const text = line.toString('utf8')
  const name = headerLine.exec(text)?.[1]
  if (name === undefined) throw new ProtocolError('A line of the AGI header block is not of the form "agi_NAME: VALUE"')
  const start = name.length + 1
  return { name, value: text.slice(text[start] === ' ' ? start + 1 : start) }
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
