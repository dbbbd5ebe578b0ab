import { LineCutter } from './line-cutter.js'
import {
  acceptedLine,
  failedLine,
  isReversed,
  parseUpgrade,
  parseWait,
  reverseHeaders,
  tokenOf,
  type UpgradeOffer
} from './protocol-1-messages.js'

/** Of a line of the server or of a header: what Asterisk 22 takes as one line. */
const maxLineBytes = 8_191
/** Asterisk sends 22, and one for each argument, of which there are 100 at most. */
const maxHeaders = 256
const maxHeaderBytes = 64 * 1024

/**
 * - `accepted`: the login is good; a server of old says so only when a call comes.
 * - `failed`: it is not. `wait`: come back after so many seconds. `upgrade`: it takes this protocol no more. `unexpected`: this is no such server.
 *   The connection is over after these.
 * - `call`: the header block in Asterisk's order, with its empty line. Then `data`: bytes of Asterisk.
 */
export type Protocol1ClientEvent =
  | { type: 'accepted' }
  | { type: 'failed' }
  | { type: 'wait'; seconds: number }
  | ({ type: 'upgrade' } & UpgradeOffer)
  | { type: 'unexpected'; line: string }
  | { type: 'call'; headers: Buffer; callId: string | undefined }
  | { type: 'data'; bytes: Buffer }

/**
 * The client's side of one connection of protocol 1: send `login`, then bytes in, events out. Understands servers with and without a start signal,
 * and those that send the headers in reverse. Knows no socket and no time.
 */
export class Protocol1Client {
  #state: 'answer' | 'start' | 'headers' | 'call' | 'closed' = 'answer'
  readonly #lines = new LineCutter(maxLineBytes)
  #headers: string[] = []
  #headerBytes = 0
  #callId: string | undefined

  /** The 33 bytes to begin with. */
  static login(username: string, password: string): Buffer {
    return Buffer.from(`${tokenOf(username, password)}\n`, 'latin1')
  }

  /** Is a call going on? */
  get inCall(): boolean {
    return this.#state === 'call'
  }

  /** @throws ProtocolError past a limit */
  push(chunk: Buffer): Protocol1ClientEvent[] {
    const events: Protocol1ClientEvent[] = []
    if (this.#state === 'closed') return events
    if (this.#state === 'call') return chunk.length > 0 ? [{ type: 'data', bytes: chunk }] : events
    this.#lines.push(chunk)
    while (this.#isReadingLines()) {
      const line = this.#lines.take()
      if (line === undefined) return events
      const event = this.#takeLine(line)
      if (event) events.push(event)
    }
    const bytes = this.#lines.takeRest()
    if (this.inCall && bytes.length > 0) events.push({ type: 'data', bytes })
    return events
  }

  #isReadingLines(): boolean {
    return this.#state === 'answer' || this.#state === 'start' || this.#state === 'headers'
  }

  #takeLine(line: string): Protocol1ClientEvent | undefined {
    if (this.#state === 'answer') return this.#takeAnswer(line)
    if (this.#state === 'start') {
      this.#state = 'headers'
      // Whatever is no header stands for the beginning of a call; a server of old sends nothing of that kind.
      if (!line.startsWith('agi_')) {
        this.#callId = /^call (\S{1,64})$/.exec(line)?.[1]
        return undefined
      }
    }
    return this.#takeHeader(line)
  }

  #takeAnswer(line: string): Protocol1ClientEvent {
    if (line === acceptedLine) {
      this.#state = 'start'
      return { type: 'accepted' }
    }
    this.#state = 'closed'
    if (line === failedLine) return { type: 'failed' }
    const seconds = parseWait(line)
    if (seconds !== undefined) return { type: 'wait', seconds }
    const offer = parseUpgrade(line)
    return offer ? { type: 'upgrade', ...offer } : { type: 'unexpected', line }
  }

  #takeHeader(line: string): Protocol1ClientEvent | undefined {
    if (line === '' && this.#headers.length > 0) {
      this.#state = 'call'
      const block = Buffer.from(`${this.#headers.join('\n')}\n\n`, 'latin1')
      this.#headers = []
      return { type: 'call', headers: isReversed(block) ? reverseHeaders(block) : block, callId: this.#callId }
    }
    this.#headerBytes += line.length + 1
    if (!/^agi_[a-z0-9_]+:/.test(line) || this.#headers.length >= maxHeaders || this.#headerBytes > maxHeaderBytes) {
      this.#state = 'closed'
      return { type: 'unexpected', line }
    }
    this.#headers.push(line)
    return undefined
  }
}
