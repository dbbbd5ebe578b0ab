import type { EventMask } from '../ami/event-mask.js'
import { blocksOfRun } from '../ami/stream-splitter.js'
import type { Outbox } from './outbox.js'

/** One who receives events. */
export interface Subscriber {
  readonly outbox: Outbox
}

/** Subscribers who see the same: what they get is filtered and serialised once. */
interface FilterClass<S extends Subscriber> {
  mask: EventMask
  members: Set<S>
}

/** A subscriber's own copy of an event: its ActionID restored. */
export interface OwnCopy {
  subscriber: Subscriber
  bytes: Buffer
}

/**
 * Gives each run of events to all who may see it. A run is filtered once per filter class, and the same buffer goes to every member: the cost
 * per delivery is one write.
 */
export class FanOut<S extends Subscriber = Subscriber> {
  readonly #classes = new Map<string, FilterClass<S>>()
  readonly #classOf = new Map<S, FilterClass<S>>()

  /** Adds a subscriber, or changes what it sees. */
  subscribe(subscriber: S, mask: EventMask): void {
    this.unsubscribe(subscriber)
    const filterClass = this.#classes.get(mask.key) ?? { mask, members: new Set() }
    this.#classes.set(mask.key, filterClass)
    filterClass.members.add(subscriber)
    this.#classOf.set(subscriber, filterClass)
  }

  unsubscribe(subscriber: S): void {
    const filterClass = this.#classOf.get(subscriber)
    if (!filterClass) return
    this.#classOf.delete(subscriber)
    filterClass.members.delete(subscriber)
    if (filterClass.members.size === 0) this.#classes.delete(filterClass.mask.key)
  }

  get subscribers(): IterableIterator<S> {
    return this.#classOf.keys()
  }

  /** Those who want events of a class. */
  *wanting(eventClass: string): Generator<S> {
    for (const { mask, members } of this.#classes.values()) if (mask.wants([eventClass])) yield* members
  }

  /**
   * @param run whole event blocks; must not be changed afterwards
   * @param own what one subscriber gets instead
   */
  deliver(run: Buffer, own?: OwnCopy): void {
    for (const { mask, members } of this.#classes.values()) {
      const bytes = filterRun(run, mask)
      if (bytes.length === 0) continue
      const count = countOnce(bytes)
      for (const member of members) {
        if (own?.subscriber === member) member.outbox.pushEvents(own.bytes, () => 1)
        else member.outbox.pushEvents(bytes, count)
      }
    }
  }
}

function filterRun(run: Buffer, mask: EventMask): Buffer {
  if (mask.wantsAll) return run
  if (!mask.wantsAny) return run.subarray(0, 0)
  const passed = [...blocksOfRun(run)].filter((block) => mask.wantsEvent(block))
  return passed.length === 1 ? passed[0]! : Buffer.concat(passed)
}

/** Counts the blocks of a run when the first subscriber that is too slow asks. */
function countOnce(run: Buffer): () => number {
  let count: number | undefined
  return () => {
    count ??= [...blocksOfRun(run)].length
    return count
  }
}
