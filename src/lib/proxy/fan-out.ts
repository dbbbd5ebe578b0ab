import type { EventBatch } from './event-batch.js'
import { EventView } from './filter/event-view.js'
import type { Past } from './journal.js'
import type { Outbox } from './outbox.js'
import { type View, viewKey } from './view.js'
import { ViewClass } from './view-class.js'

/** One who receives events. */
export interface Subscriber {
  readonly outbox: Outbox
}

/** A subscriber's own copy of an event: its ActionID restored. */
export interface OwnCopy {
  subscriber: Subscriber
  bytes: Buffer
}

/**
 * Gives each run of events to all who may see it. A run is filtered and written once per class of subscribers with equal views, and the same
 * buffer goes to every member: the cost per delivery is one write.
 */
export class FanOut<S extends Subscriber = Subscriber> {
  readonly #classes = new Map<string, ViewClass<S>>()
  readonly #classOf = new Map<S, ViewClass<S>>()
  /** Events given to subscribers' outboxes so far, once for each of them; what those had to drop is among them. */
  eventsOut = 0

  /** Adds a subscriber, or changes what it sees. @param past what it missed, and gets first */
  subscribe(subscriber: S, view: View, past?: Past): void {
    const key = viewKey(view)
    const before = this.#classOf.get(subscriber)
    if (before?.key === key && !past) return
    this.unsubscribe(subscriber)
    const replayed = past && this.#replay(subscriber, new ViewClass<S>(view, key), past)
    const viewClass = this.#classes.get(key) ?? replayed ?? new ViewClass<S>(view, key)
    this.#classes.set(key, viewClass)
    viewClass.members.add(subscriber)
    this.#classOf.set(subscriber, viewClass)
  }

  unsubscribe(subscriber: S): void {
    const viewClass = this.#classOf.get(subscriber)
    if (!viewClass) return
    this.#classOf.delete(subscriber)
    viewClass.members.delete(subscriber)
    if (viewClass.members.size === 0) this.#classes.delete(viewClass.key)
  }

  get subscribers(): IterableIterator<S> {
    return this.#classOf.keys()
  }

  /** Those who want events of a class. */
  *wanting(eventClass: string): Generator<S> {
    for (const { view, members } of this.#classes.values()) if (view.mask.wants([eventClass])) yield* members
  }

  /**
   * @param own what one subscriber gets instead
   */
  deliver(batch: EventBatch, own?: OwnCopy): void {
    for (const viewClass of this.#classes.values()) this.eventsOut += viewClass.deliver(batch, own)
  }

  /** An answer that somebody else was given, for those who see everything (`broadcastresponses`). */
  deliverAnswer(block: Buffer, server: string, to: Subscriber | undefined): void {
    const view = new EventView(block, server)
    for (const viewClass of this.#classes.values()) viewClass.deliverAnswer(view, to)
  }

  /** @returns the class, which has followed the calls of the past */
  #replay(subscriber: S, viewClass: ViewClass<S>, { known, missed }: Past): ViewClass<S> {
    for (const batch of known) viewClass.deliver(batch)
    viewClass.members.add(subscriber)
    for (const batch of missed) this.eventsOut += viewClass.deliver(batch)
    return viewClass
  }
}
