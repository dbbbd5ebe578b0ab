import { findEmptyLine } from '../../ami/block-parser.js'
import type { WireTap } from './wire-tap.js'

/** A banner, an answer and some events: what a login does not need so much of is seen once the session is up. */
const maxKeptBytes = 64 * 1024

/**
 * Shows what a login sends and gets. It is read in chunks that end anywhere: what is not whole yet is kept until it is, and what is not whole at the
 * end of the login is shown by who reads on.
 */
export function tapLogin(tap: WireTap): (direction: 'sent' | 'received', bytes: Buffer) => void {
  let kept = Buffer.alloc(0)
  return (direction, bytes) => {
    if (direction === 'sent') return tap.sent(bytes)
    kept = Buffer.concat([kept, bytes])
    let start = 0
    for (let end = findEmptyLine(kept, 0); end >= 0; end = findEmptyLine(kept, start)) {
      const next = kept.indexOf(0x0a, end) + 1
      tap.received(kept.subarray(start, next))
      start = next
    }
    kept = kept.length - start > maxKeptBytes ? Buffer.alloc(0) : kept.subarray(start)
  }
}
