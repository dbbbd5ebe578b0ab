import { ProtocolError } from '../errors.js'
import { acceptedLine, failedLine, reverseHeaders, waitLine } from './protocol-1-messages.js'

const lf = 0x0a
/** 32 hex digits and LF. */
const loginBytes = 33

export interface Protocol1Options {
  /** When the client hears that it is accepted: at its login, which its authors wished for, or when the first call comes, as the original does. */
  accept: 'at login' | 'at call'
  /** A line before the headers. sandbox.rb throws one line away: without it, that is the first header. The original sends none. */
  startSignal: boolean
  headerOrder: 'as sent' | 'reversed'
}

/** What an old client needs, to see its call whole. */
export const protocol1Defaults: Protocol1Options = { accept: 'at login', startSignal: true, headerOrder: 'as sent' }
/** Byte for byte what the original server sends. */
export const protocol1Original: Protocol1Options = { accept: 'at call', startSignal: false, headerOrder: 'reversed' }

/**
 * - `login`: a user asks to be let in; call `accept`, `wait` or `refuse`.
 * - `refused`: that was no login; send `refuse`, and close.
 * - `early`: the client speaks before a call, which the original closes it for.
 * - `data`: bytes of the application, during a call.
 */
export type Protocol1ServerEvent =
  | { type: 'login'; token: string }
  | { type: 'refused' }
  | { type: 'early' }
  | { type: 'data'; bytes: Buffer }

/**
 * The server's side of one connection of protocol 1. Bytes in, events out; what its methods return is to be sent. A client has one call, or none,
 * for the whole of its connection. Knows no socket and no time: the original waits for ever for a login, its caller should not.
 */
export class Protocol1Server {
  readonly #options: Protocol1Options
  #state: 'login' | 'asked' | 'idle' | 'call' | 'closed' = 'login'
  #login: Buffer = Buffer.alloc(0)

  constructor(options: Protocol1Options = protocol1Defaults) {
    this.#options = options
  }

  /** @returns undefined when there is nothing to do about these bytes */
  push(chunk: Buffer): Protocol1ServerEvent | undefined {
    if (chunk.length === 0 || this.#state === 'closed') return undefined
    if (this.#state === 'call') return { type: 'data', bytes: chunk }
    if (this.#state === 'login') return this.#takeLogin(chunk)
    this.#state = 'closed'
    return { type: 'early' }
  }

  /** The token is a user's. @returns bytes to send, maybe none */
  accept(): Buffer {
    this.#leave('asked', 'idle')
    return this.#options.accept === 'at login' ? line(acceptedLine) : Buffer.alloc(0)
  }

  /** The token is nobody's, or there was none. The connection is to be closed after these bytes. */
  refuse(): Buffer {
    this.#state = 'closed'
    return line(failedLine)
  }

  /** Not now. The connection is to be closed after these bytes. */
  wait(seconds: number): Buffer {
    this.#state = 'closed'
    return line(waitLine(seconds))
  }

  /**
   * A call for this client.
   * @param headers what Asterisk sent, with its empty line @param callId a word, for the start signal
   * @returns what goes before Asterisk's further bytes
   */
  startCall(headers: Buffer, callId: string): Buffer {
    this.#leave('idle', 'call')
    const { accept, startSignal, headerOrder } = this.#options
    return Buffer.concat([
      ...(accept === 'at call' ? [line(acceptedLine)] : []),
      ...(startSignal ? [line(`call ${callId}`)] : []),
      headerOrder === 'reversed' ? reverseHeaders(headers) : headers
    ])
  }

  #takeLogin(chunk: Buffer): Protocol1ServerEvent | undefined {
    const bytes = Buffer.concat([this.#login, chunk.subarray(0, loginBytes + 1 - this.#login.length)])
    const end = bytes.indexOf(lf)
    if (end < 0 && bytes.length < loginBytes) {
      this.#login = bytes
      return undefined
    }
    this.#login = Buffer.alloc(0)
    const token = bytes.toString('latin1', 0, loginBytes - 1)
    // The original gives any 32 bytes to a shell.
    if (end !== loginBytes - 1 || !/^[0-9a-f]{32}$/.test(token)) {
      this.#state = 'closed'
      return { type: 'refused' }
    }
    if (bytes.length > loginBytes) {
      this.#state = 'closed'
      return { type: 'early' }
    }
    this.#state = 'asked'
    return { type: 'login', token }
  }

  #leave(from: 'asked' | 'idle', to: 'idle' | 'call'): void {
    if (this.#state !== from) throw new ProtocolError(`The client is not ready for that: it is ${this.#state}`)
    this.#state = to
  }
}

function line(text: string): Buffer {
  return Buffer.from(`${text}\n`, 'latin1')
}
