import { blocksOfRun } from '../ami/stream-splitter.js'
import { EventBatch } from './event-batch.js'
import { Shelf } from './shelf.js'

/** What the journal still has of the events behind a number. */
export interface Past {
  /** Events up to the number: nobody is sent them, but filters follow calls by them. */
  known: readonly EventBatch[]
  missed: readonly EventBatch[]
  /** The number of the first event that is still there, when some behind the wanted number are not. */
  gapUntil: number | undefined
}

/** Stands where a batch was that is not kept any more. */
const forgotten = new EventBatch(Buffer.alloc(0), '', 0, 0)

/**
 * Numbers the events of all servers, and remembers the latest of them, so that a client that comes back can be given what it missed. The
 * numbers go on rising when the proxy starts anew: the first is the time of the start in microseconds, more than any proxy sends events.
 */
export class Journal {
  readonly #maxBytes: number
  readonly #shelf = new Shelf()
  #batches: EventBatch[] = []
  #oldest = 0
  #bytes = 0
  #next: number

  /** @param maxBytes of events that are kept; 0: none, and they are neither numbered nor counted */
  constructor(maxBytes: number, startMs = Date.now()) {
    this.#maxBytes = maxBytes
    this.#next = startMs * 1000
  }

  /** The number of the next event. */
  get next(): number {
    return this.#next
  }

  /** What is kept now, and the bytes that may be; null when nothing is. */
  get status(): { bytes: number; maxBytes: number; first: number; next: number } | null {
    if (this.#maxBytes === 0) return null
    const first = this.#batches[this.#oldest]?.firstSequence ?? this.#next
    return { bytes: this.#bytes, maxBytes: this.#maxBytes, first, next: this.#next }
  }

  /** @param run whole blocks; must not be changed afterwards */
  append(run: Buffer, server: string): EventBatch {
    if (this.#maxBytes === 0) return new EventBatch(run, server, this.#next)
    const count = countBlocks(run)
    const batch = new EventBatch(run, server, this.#next, count)
    this.#batches.push(new EventBatch(this.#shelf.keep(run), server, this.#next, count))
    this.#next += count
    this.#bytes += run.length
    while (this.#bytes > this.#maxBytes) this.#forgetOldest()
    // Their places are taken out in bulk: one by one would move the whole list each time.
    if (this.#oldest > 1024 && this.#oldest * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#oldest)
      this.#oldest = 0
    }
    return batch
  }

  /** Its place stays for a while, its bytes do not: a thousand runs of a busy server are far more than all that is kept. */
  #forgetOldest(): void {
    this.#bytes -= this.#batches[this.#oldest]!.bytes.length
    this.#batches[this.#oldest++] = forgotten
  }

  /** All that is known of the events behind a number. */
  since(number: number): Past {
    const kept = this.#batches.slice(this.#oldest)
    const first = kept[0]?.firstSequence ?? this.#next
    const parts = kept.flatMap((batch) => batch.cutBehind(number))
    return {
      known: parts.filter(({ firstSequence }) => firstSequence <= number),
      missed: parts.filter(({ firstSequence }) => firstSequence > number),
      // A number that was not given out yet is of another run: the clock was set back, or the client comes from another proxy.
      gapUntil: number >= this.#next ? this.#next : number + 1 < first ? first : undefined
    }
  }
}

/** How many blocks a run has, as `blocksOfRun` cuts it. */
function countBlocks(run: Buffer): number {
  // Some versions of Asterisk end some blocks with a bare LF.
  if (run.includes('\n\n', 0, 'latin1')) return [...blocksOfRun(run)].length
  let count = 0
  for (let at = run.indexOf('\n\r\n', 0, 'latin1'); at >= 0; at = run.indexOf('\n\r\n', at + 3, 'latin1')) count++
  return count
}
