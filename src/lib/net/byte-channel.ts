/**
 * Bytes both ways, each half with an end of its own: what passing them on needs, and no more. Every Duplex is one, and so is a stream of yamux, which
 * is spared the rest of a Duplex. It is to be read by `resume`; `close` follows an error, whether that is told or not.
 */
export interface ByteChannel {
  readonly destroyed: boolean
  /** Why it broke. */
  readonly errored: Error | null
  /** Was `end` told? */
  readonly readableEnded: boolean
  /** May it be written to? */
  readonly writable: boolean
  /** Was our half ended? */
  readonly writableEnded: boolean
  /** @param listener of `data`: the bytes are not changed afterwards */
  on(event: 'data', listener: (bytes: Buffer) => void): unknown
  on(event: 'drain' | 'end' | 'close', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  once(event: 'close', listener: () => void): unknown
  resume(): unknown
  pause(): unknown
  /** @returns false: there is enough of it, until `drain` */
  write(bytes: Buffer | string): boolean
  end(): unknown
  end(bytes: Buffer | string): unknown
  destroy(error?: Error): unknown
}
