/** Many runs of a busy server fit into one piece, and a piece that waits for its last run costs no more than this. */
const pieceBytes = 64 * 1024

/**
 * Keeps bytes for long at no more than twice their length. What was read from a socket is one piece of memory until its last part is forgotten: an event of 200
 * bytes that came among the 64 kB of a list would keep all of it. Small parts are copied, one behind the other; what is most of its piece stays as it is.
 */
export class Shelf {
  #piece = Buffer.alloc(0)
  #used = 0

  /** @returns the same bytes, for keeping */
  keep(bytes: Buffer): Buffer {
    if (bytes.length * 2 >= bytes.buffer.byteLength) return bytes
    if (bytes.length > pieceBytes / 2) return Buffer.concat([bytes])
    if (this.#used + bytes.length > this.#piece.length) {
      this.#piece = Buffer.allocUnsafeSlow(pieceBytes)
      this.#used = 0
    }
    const kept = this.#piece.subarray(this.#used, this.#used + bytes.length)
    bytes.copy(kept)
    this.#used += bytes.length
    return kept
  }
}
