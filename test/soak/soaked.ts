/** What should have been answered and was not. */
export class Unanswered {
  count = 0
  /** The first few, to look for the cause. */
  readonly what: string[] = []

  /** @param what is said of it when the answer did not come */
  async note(answered: Promise<boolean>, what: string): Promise<void> {
    if (await answered) return
    this.count++
    if (this.what.length < 5) this.what.push(what)
  }
}

/** Services that run, and what is done to them. */
export interface Soaked {
  /** The processes that are looked at, by name. */
  pids: Readonly<Record<string, number>>
  /** One round of load; it ends soon. @param n counts from 0 */
  round(n: number): Promise<void>
  /** Ends what the load has left open. */
  rest(): Promise<void>
  /** What was done, for the report, and how often an answer did not come that should have. */
  done(): { text: string; unanswered: Unanswered }
  /** @throws when a service has ended by itself, or does not end in order */
  stop(): Promise<void>
}
