import type { EventBatch } from './event-batch.js'
import type { OwnCopy, Subscriber } from './fan-out.js'
import type { EventFilter } from './filter/event-filter.js'
import type { EventView } from './filter/event-view.js'
import type { View } from './view.js'

const nothing = Buffer.alloc(0)

/** Subscribers with equal views: what they get is filtered and written once. */
export class ViewClass<S extends Subscriber> {
  readonly view: View
  readonly key: string
  readonly members = new Set<S>()
  readonly #filters: readonly EventFilter[]
  /** How many events passed of the run that was looked at last. */
  #selected = 0

  constructor(view: View, key: string) {
    this.view = view
    this.key = key
    this.#filters = view.filters.map((source) => source.create())
  }

  /** @returns how many events that were, once for each member, where they are counted at all */
  deliver(batch: EventBatch, own?: OwnCopy): number {
    const { mask, format, isSequenced } = this.view
    if (!mask.wantsAny) return 0
    const isOpen = mask.wantsAll && this.#filters.length === 0
    const bytes = isOpen ? batch.encode(format, isSequenced) : this.#select(batch)
    const perMember = isOpen ? (batch.count ?? 0) : this.#selected
    let delivered = perMember * this.members.size
    const count = countOnce(batch)
    for (const member of this.members) {
      // What its own action caused passes whatever the filters say, as Asterisk's answers do.
      if (own?.subscriber === member) delivered += this.#deliverOwn(own, batch) - perMember
      else if (bytes.length > 0) member.outbox.pushEvents(bytes, count)
    }
    return delivered
  }

  deliverAnswer(answer: EventView, to: Subscriber | undefined): void {
    const { mask, format } = this.view
    if (this.#filters.length > 0 || !mask.wantsAny) return
    const bytes = format.encode(answer.bytes, 'server')
    for (const member of this.members) if (member !== to) member.outbox.pushEvents(bytes, () => 1)
  }

  #deliverOwn({ subscriber, bytes }: OwnCopy, batch: EventBatch): number {
    const { mask, format, isSequenced } = this.view
    if (!mask.wantsBits(batch.events[0]!.classBits)) return 0
    subscriber.outbox.pushEvents(format.encode(isSequenced ? batch.numbered(bytes, 0) : bytes, 'server'), () => 1)
    return 1
  }

  /** What passes the filters; neighbours that pass unchanged stay one piece. */
  #select(batch: EventBatch): Buffer {
    const { format, isSequenced } = this.view
    const isVerbatim = format.name === 'standard' && !isSequenced
    const parts: Buffer[] = []
    /** From where to where what passes unchanged stands in the batch: of each piece both. */
    let bounds: number[] = []
    let at = 0
    let selected = 0
    const { events } = batch
    // Counted: an iterator over entries makes an array for each event, for each class.
    for (let index = 0; index < events.length; index++) {
      const event = events[index]!
      const next = at + event.bytes.length
      const passed = this.#pass(event)
      if (passed) selected++
      if (passed === event.bytes && isVerbatim) {
        if (bounds[bounds.length - 1] === at) bounds[bounds.length - 1] = next
        else bounds.push(at, next)
      } else if (passed) {
        if (bounds.length > 0) parts.push(batch.cut(bounds))
        bounds = []
        parts.push(format.encode(isSequenced ? batch.numbered(passed, index) : passed, 'server'))
      }
      at = next
    }
    if (bounds.length > 0) parts.push(batch.cut(bounds))
    this.#selected = selected
    return parts.length === 0 ? nothing : parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }

  /** Every filter that keeps a state sees every event: it may follow a call by it. What one changed, the next sees as it was. */
  #pass(event: EventView): Buffer | undefined {
    let passed: Buffer | undefined = this.view.mask.wantsBits(event.classBits) ? event.bytes : undefined
    for (const filter of this.#filters) {
      if (passed === undefined && filter.isStateless) continue
      const result = filter.apply(event)
      if (result === undefined) passed = undefined
      else if (passed === event.bytes) passed = result
    }
    return passed
  }
}

/** Counts the blocks of a run when the first subscriber that is too slow asks. */
function countOnce(batch: EventBatch): () => number {
  return () => batch.count ?? batch.events.length
}
