import type { Message } from './message.js'

export interface KeptEvent {
  /** Of this page, from 1. */
  number: number
  atMs: number
  message: Message
}

/** Scrolling further back is what logs are for. */
const maxEvents = 1_000
/** Events may have 1 MiB each; 8 million characters are 16 MB of memory. */
const maxCharacters = 8_000_000

/** The last events, bounded in number and size. */
export class EventRing {
  readonly #events: (KeptEvent & { size: number })[] = []
  #size = 0
  #count = 0

  get all(): readonly KeptEvent[] {
    return this.#events
  }

  /** @param size its length on the wire */
  push(message: Message, { atMs, size }: { atMs: number; size: number }): KeptEvent {
    const kept = { number: ++this.#count, atMs, message, size }
    this.#events.push(kept)
    this.#size += size
    while (this.#events.length > maxEvents || (this.#size > maxCharacters && this.#events.length > 1))
      this.#size -= this.#events.shift()!.size
    return kept
  }

  clear(): void {
    this.#events.length = 0
    this.#size = 0
  }
}
