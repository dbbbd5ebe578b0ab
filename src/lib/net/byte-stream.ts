import type net from 'node:net'
import { type ConnectOptions, connect } from './connect.js'

/**
 * A connection as a stream of bytes with one reader that may change hands: the login reads first, then whoever uses the session.
 * Bytes that arrive between two readers wait for the next.
 */
export class ByteStream {
  readonly socket: net.Socket
  #reader: ((bytes: Buffer) => void) | undefined
  #waiting: Buffer[] = []

  private constructor(socket: net.Socket) {
    this.socket = socket
  }

  /**
   * Connects like `connect`. With a read buffer (TCP only; TLS ignores it) every read goes into that one buffer: bytes are then valid
   * only during the reader's call.
   * @throws what `connect` throws
   */
  static async open(options: ConnectOptions, readBuffer?: Buffer): Promise<ByteStream> {
    let stream: ByteStream | undefined
    const early: Buffer[] = []
    const shared = readBuffer && !options.tls ? readBuffer : undefined
    const socket = await connect({
      ...options,
      ...(shared && {
        onread: {
          buffer: shared,
          callback: (bytes, buffer) => {
            const chunk = buffer.subarray(0, bytes)
            if (stream) stream.#take(chunk)
            else early.push(Buffer.from(chunk))
            return true
          }
        }
      })
    })
    stream = new ByteStream(socket)
    stream.#waiting = early
    if (!shared) socket.on('data', (chunk: Buffer) => stream.#take(chunk))
    return stream
  }

  /** Hands what comes to a reader; none keeps it waiting. */
  read(reader: ((bytes: Buffer) => void) | undefined): void {
    this.#reader = reader
    while (this.#reader && this.#waiting.length > 0) this.#reader(this.#waiting.shift()!)
  }

  #take(chunk: Buffer): void {
    if (this.#reader) this.#reader(chunk)
    else this.#waiting.push(Buffer.from(chunk))
  }
}
