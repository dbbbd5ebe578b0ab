import { blocksOfRun } from '../ami/stream-splitter.js'
import { EventView } from './filter/event-view.js'
import type { OutputFormat } from './formats/format.js'
import { closeBlock } from './rewrite.js'

/** A run of events on its way to the clients: what several classes of them need is made once, and only when it is needed. */
export class EventBatch {
  /** Whole blocks. */
  readonly bytes: Buffer
  readonly server: string
  /** The number of its first event. */
  readonly firstSequence: number
  /** How many events it has; undefined without a journal: counting costs more than all else that is done for an event. */
  readonly count: number | undefined
  #events: EventView[] | undefined
  readonly #encoded = new Map<string, Buffer>()
  readonly #cuts = new Map<string, Buffer>()

  /** @param bytes must not be changed afterwards */
  constructor(bytes: Buffer, server: string, firstSequence: number, count?: number) {
    this.bytes = bytes
    this.server = server
    this.firstSequence = firstSequence
    this.count = count
  }

  /** The same events without what was made of them, for keeping. */
  withoutViews(): EventBatch {
    return new EventBatch(this.bytes, this.server, this.firstSequence, this.count)
  }

  /** Two batches when the event of this number is among them and not the last: those up to it, and those behind. */
  cutBehind(number: number): EventBatch[] {
    const count = number - this.firstSequence + 1
    if (count <= 0 || count >= this.events.length) return [this.withoutViews()]
    const at = this.events.slice(0, count).reduce((sum, { bytes }) => sum + bytes.length, 0)
    return [
      new EventBatch(this.bytes.subarray(0, at), this.server, this.firstSequence),
      new EventBatch(this.bytes.subarray(at), this.server, this.firstSequence + count)
    ]
  }

  get events(): readonly EventView[] {
    this.#events ??= Array.from(blocksOfRun(this.bytes), (block) => new EventView(block, this.server))
    return this.#events
  }

  /** All of it, for those who see everything. */
  encode(format: OutputFormat, isSequenced: boolean): Buffer {
    if (format.name === 'standard' && !isSequenced) return this.bytes
    const key = `${format.name} ${isSequenced}`
    const known = this.#encoded.get(key)
    if (known) return known
    const parts = this.events.map(({ bytes }, index) =>
      format.encode(isSequenced ? this.numbered(bytes, index) : bytes, 'server')
    )
    const encoded = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    this.#encoded.set(key, encoded)
    return encoded
  }

  /**
   * Pieces of it, as one: made once for all classes to whom the same passes, so that what one client's outbox joins serves the others.
   * @param bounds from where to where, of each piece both, in order
   */
  cut(bounds: readonly number[]): Buffer {
    if (bounds.length === 2 && bounds[0] === 0 && bounds[1] === this.bytes.length) return this.bytes
    const key = bounds.join()
    const known = this.#cuts.get(key)
    if (known) return known
    const parts: Buffer[] = []
    for (let index = 0; index < bounds.length; index += 2) parts.push(this.bytes.subarray(bounds[index], bounds[index + 1]))
    const made = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    this.#cuts.set(key, made)
    return made
  }

  /** @param block what goes out for the event of this index, with its number as the last header */
  numbered(block: Buffer, index: number): Buffer {
    return closeBlock(block, `ProxySequence: ${this.firstSequence + index}\r\n`)
  }
}
