import type { EventView } from './event-view.js'

/**
 * Decides what subscribers who share a filter get of each event. It may keep state (the calls that it follows): it sees every event of all
 * servers in their order, exactly once.
 */
export interface EventFilter {
  /** It follows nothing: it need not see the events that others have stopped. */
  readonly isStateless?: boolean
  /**
   * @returns nothing; `event.bytes` itself when it passes unchanged; else what goes out in its place: a changed copy, or what is replayed before
   * it and then the event, as one buffer of whole blocks
   */
  apply(event: EventView): Buffer | undefined
}
