import { ProtocolError } from '../errors.js'
import { maskPasswords } from './secrets.js'

/** What is wrong with a message, for counters and tables. */
export type SipFault =
  | 'too long'
  | 'too many headers'
  | 'start line'
  | 'version'
  | 'status code'
  | 'request uri'
  | 'header line'
  | 'control character'
  | 'incomplete'
  | 'missing header'
  | 'repeated header'
  | 'content length'
  | 'cseq'
  | 'cseq method'
  | 'via'
  | 'address'
  | 'uri'
  | 'number'
  | 'date'
  | 'parameter'
  | 'challenge'

/** A message, or a part of one, that does not follow the grammar of RFC 3261, or is over one of our limits. */
export class SipSyntaxError extends ProtocolError {
  readonly fault: SipFault

  constructor(fault: SipFault, message: string) {
    super(message, { details: { fault } })
    this.fault = fault
  }

  /** The status with which a request that has this fault is answered (RFC 3261 8.2, 21.4.13, 21.5.6). */
  get status(): 400 | 505 | 513 {
    if (this.fault === 'version') return 505
    return this.fault === 'too long' || this.fault === 'too many headers' ? 513 : 400
  }
}

/** At most this many characters of what a peer sent are quoted in a message: enough to find it, too few to fill a log. */
const maxQuoted = 60

/** More than this is not looked through for what must not be quoted. */
const maxLookedAt = 2048

/** What a peer sent, or a user wrote, fit for an error text: no control characters, no password of a URI, and not much of it. */
export function quote(text: string): string {
  const shown = maskPasswords(text.slice(0, maxLookedAt))
  const start = shown.length > maxQuoted ? `${shown.slice(0, maxQuoted)}...` : shown
  return JSON.stringify(start).replace(/[\x7f-\x9f]/g, (one) => `\\x${one.charCodeAt(0).toString(16)}`)
}

/** A header is read when it is needed, and what cannot be read is not there: a peer's mistake in one must not cost what the others say. */
export function readOr<T, U>(read: () => T, otherwise: U): T | U {
  try {
    return read()
  } catch (error) {
    if (error instanceof SipSyntaxError) return otherwise
    throw error
  }
}
