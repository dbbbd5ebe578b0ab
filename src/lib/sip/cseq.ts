import { quote, SipSyntaxError } from './fault.js'
import { isToken, parseNumber, tokenChars } from './lexical.js'
import { maxCseq } from './limits.js'

/** RFC 3261 20.16. The method has case. */
export interface CSeq {
  readonly number: number
  readonly method: string
}

const shape = new RegExp(`^([0-9]+)[ \\t]+([${tokenChars}]+)$`)

/** @throws SipSyntaxError also for a number of 2**31 and more (RFC 3261 8.1.1.5) */
export function parseCSeq(value: string): CSeq {
  const blank = value.indexOf(' ')
  // One blank, as nearly all write it.
  if (blank > 0 && isToken(value.slice(blank + 1))) {
    return { number: parseNumber(value.slice(0, blank), maxCseq, 'cseq'), method: value.slice(blank + 1) }
  }
  const found = shape.exec(value)
  if (!found) throw new SipSyntaxError('cseq', `no CSeq: ${quote(value)}`)
  return { number: parseNumber(found[1]!, maxCseq, 'cseq'), method: found[2]! }
}
