import { TimeoutError } from '../errors.js'
import { Patience } from '../net/patience.js'
import type { YamuxStream } from '../net/yamux/stream.js'
import { lostBefore } from './read-line.js'

/** What the first bytes of a stream are, once enough of them have come. */
export interface Beginning<T> {
  value: T
  /** What follows; it is for the next reader. */
  rest: Buffer
}

/**
 * Reads the beginning of a stream. When that fails, the stream is destroyed, which resets it.
 * @param push told of what comes, until it knows; what it throws is what this throws
 * @param what what is said when it takes too long
 * @throws TimeoutError; the error that the stream was destroyed with; ConnectionLostError when it ends before
 */
export function readBeginning<T>(
  stream: YamuxStream,
  push: (bytes: Buffer) => Beginning<T> | undefined,
  { timeoutMs, what }: { timeoutMs: number; what: string }
): Promise<T> {
  return new Promise((resolve, reject) => {
    const patience = Patience.of(timeoutMs)
    const wait = patience.begin(() => void stream.destroy(new TimeoutError(`${what} within ${timeoutMs / 1000} s`)))
    stream.readFirst({
      onBytes: (bytes) => {
        let found: Beginning<T> | undefined
        try {
          found = push(bytes)
        } catch (error) {
          patience.end(wait)
          reject(error)
          stream.destroy()
          return undefined
        }
        if (!found) return undefined
        patience.end(wait)
        resolve(found.value)
        return found.rest
      },
      onLost: () => {
        patience.end(wait)
        reject(lostBefore(stream))
        stream.destroy()
      }
    })
  })
}
