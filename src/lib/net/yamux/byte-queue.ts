/** The first slab of a queue: a few lines of AGI. */
const minSlabBytes = 1024
const maxSlabBytes = 64 * 1024

/**
 * Bytes that wait for a reader, copied into slabs. A peer that sends single bytes would otherwise cost a buffer of some hundred bytes for each
 * of them, and a small piece would keep the whole chunk alive that it came in.
 */
export class ByteQueue {
  readonly #slabs: Buffer[] = []
  /** Of the last slab. */
  #filled = 0

  get isEmpty(): boolean {
    return this.#slabs.length === 0
  }

  append(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      const last = this.#slabs.at(-1)
      if (last && this.#filled < last.length) {
        const copied = bytes.copy(last, this.#filled, at)
        this.#filled += copied
        at += copied
      } else {
        const wanted = Math.max(bytes.length - at, 2 * (last?.length ?? 0), minSlabBytes)
        this.#slabs.push(Buffer.allocUnsafeSlow(Math.min(wanted, maxSlabBytes)))
        this.#filled = 0
      }
    }
  }

  /** Takes out the oldest bytes, a slab of them. */
  take(): Buffer | undefined {
    const slab = this.#slabs.shift()
    if (!slab || this.#slabs.length > 0) return slab
    return slab.subarray(0, this.#filled)
  }

  clear(): void {
    this.#slabs.length = 0
  }
}
