import { wholeBlocks } from './whole-blocks.js'
import type { WireTap } from './wire-tap.js'

/** Shows what a login sends and gets. What is not whole at the end of the login is shown by who reads on. */
export function tapLogin(tap: WireTap): (direction: 'sent' | 'received', bytes: Buffer) => void {
  const received = wholeBlocks((block) => tap.received(block))
  return (direction, bytes) => {
    if (direction === 'sent') tap.sent(bytes)
    else received(bytes)
  }
}
