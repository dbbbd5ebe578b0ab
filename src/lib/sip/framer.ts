import { SipSyntaxError } from './fault.js'
import { defaultLimits, type SipLimits } from './limits.js'
import type { SipMessage } from './message.js'
import { parseMessage } from './parse.js'

const empty = Buffer.alloc(0)

export interface StreamHandlers {
  onMessage: (message: SipMessage) => void
  /**
   * A CRLF between messages, once for each. A client that pinged takes any as the pong; to a server two in a row are a ping that wants one
   * back (RFC 5626 4.4.1). Who asked is not known here, and two pongs in one segment look like a ping.
   */
  onLineEnd?: () => void
  /** A message that is wrong, but whose end is known: the stream goes on behind it. */
  onRefused?: (error: SipSyntaxError, bytes: Buffer) => void
}

/**
 * Takes messages out of a stream (RFC 3261 18.3): every message says its length. A message without Content-Length, or over a limit, cannot
 * be followed by anything: `push` throws, and the connection has to be closed.
 */
export class StreamFramer {
  readonly #handlers: StreamHandlers
  readonly #limits: SipLimits
  #rest: Buffer = empty
  /** So many bytes of the rest have no end of a head in them: a head that comes byte by byte is not searched again from its start. */
  #searched = 0
  /** Bytes that are needed before it is worth to look again. */
  #needed = 0
  #failed = false

  constructor(handlers: StreamHandlers, limits: SipLimits = defaultLimits) {
    this.#handlers = handlers
    this.#limits = limits
  }

  /** Bytes of a message that is not whole yet. */
  get pendingBytes(): number {
    return this.#rest.length
  }

  /**
   * @param chunk bytes that stay valid and unchanged after the call
   * @throws SipSyntaxError when the stream cannot be followed any further; nothing is taken from it afterwards
   */
  push(chunk: Buffer): void {
    if (this.#failed) return
    // What waits is at most one message long, so that joining costs a peer that sends single bytes about as much as us.
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    this.#rest = bytes
    if (bytes.length < this.#needed) return
    try {
      for (;;) {
        bytes = bytes.subarray(this.#skipLineEnds(bytes))
        const end = this.#take(bytes)
        if (end === 0) break
        this.#searched = 0
        this.#needed = 0
        bytes = bytes.subarray(end)
      }
    } catch (error) {
      this.#failed = true
      this.#rest = empty
      throw error
    }
    this.#rest = bytes
  }

  #skipLineEnds(bytes: Buffer): number {
    let at = 0
    while (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) {
      at += 2
      this.#handlers.onLineEnd?.()
    }
    return at
  }

  /** Hands one message on. @returns its length, 0 while it is not whole */
  #take(bytes: Buffer): number {
    const { maxMessageBytes } = this.#limits
    const found = bytes.indexOf('\r\n\r\n', Math.max(0, this.#searched - 3), 'latin1')
    if (found < 0) {
      if (bytes.length > maxMessageBytes) throw new SipSyntaxError('too long', `no message ends within ${maxMessageBytes} bytes`)
      this.#searched = bytes.length
      return 0
    }
    const headEnd = found + 4
    if (headEnd > maxMessageBytes) throw new SipSyntaxError('too long', `headers of more than ${maxMessageBytes} bytes`)
    const head = bytes.toString('latin1', 0, headEnd - 2)
    const length = headEnd + contentLength(head)
    if (length > maxMessageBytes) throw new SipSyntaxError('too long', `a message of ${length} bytes`)
    if (bytes.length < length) {
      this.#searched = found
      this.#needed = length
      return 0
    }
    this.#hand(bytes.subarray(0, length), headEnd, head)
    return length
  }

  #hand(bytes: Buffer, headEnd: number, head: string): void {
    let message: SipMessage
    try {
      message = parseMessage(bytes, headEnd, this.#limits, head)
    } catch (error) {
      if (!(error instanceof SipSyntaxError)) throw error
      this.#handlers.onRefused?.(error, bytes)
      return
    }
    this.#handlers.onMessage(message)
  }
}

const line = /\r\n(?:Content-Length|l)[ \t]*:(?:[ \t]|\r\n[ \t])*([^\r\n]*)/gi

/** The one Content-Length of a head. Two different lengths are how messages are smuggled: both must be refused, and the stream with them. */
function contentLength(head: string): number {
  line.lastIndex = 0
  const value = line.exec(head)?.[1]?.trim()
  const hasOne = value !== undefined && !line.test(head)
  if (!hasOne || !/^0*[0-9]{1,9}$/.test(value)) {
    throw new SipSyntaxError(
      'content length',
      value === undefined ? 'no Content-Length in a stream' : 'a Content-Length that says nothing'
    )
  }
  return Number(value)
}
