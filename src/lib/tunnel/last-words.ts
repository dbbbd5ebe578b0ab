import type { Duplex } from 'node:stream'

/** A peer that is told the end has so long to take it and to close. */
const closeTimeoutMs = 2_000

/**
 * Sends a last line and closes. What the peer still sends is thrown away and not left in the system, which would answer it with a reset that may
 * overtake the line.
 */
export function closeWith(stream: Duplex, line: string): void {
  if (stream.destroyed) return
  const timer = setTimeout(() => stream.destroy(), closeTimeoutMs).unref()
  stream.once('close', () => clearTimeout(timer))
  stream.once('end', () => stream.destroy())
  stream.resume()
  stream.end(`${line}\n`)
}

/** For a stream whose failure is followed by `close`, or by the answer to whoever waits. */
export function ignore(): void {}
