import type { ClientSession } from './client-session.js'
import type { OwnCopy } from './fan-out.js'
import type { Origin } from './formats/format.js'
import type { Ending } from './pending-actions.js'
import type { Asker } from './queries/query-pool.js'

/**
 * Stands for a client where answers are awaited. A server remembers thousands of actions for the events that they may still cause, so what it remembers
 * is this and not the session: once the client has gone, the session with its socket and its buffers goes too.
 */
export class ClientRequester implements Asker {
  #client: ClientSession | undefined

  constructor(client: ClientSession) {
    this.#client = client
  }

  /** Undefined once it has gone and nothing of its own is in flight. */
  get client(): ClientSession | undefined {
    return this.#client
  }

  get inFlight(): number {
    return this.#client?.inFlight ?? 0
  }

  receive(block: Buffer, origin?: Origin): void {
    this.#client?.receive(block, origin)
  }

  settled(ending: Ending): void {
    this.#client?.settled(ending)
  }

  ownCopy(event: Buffer): OwnCopy | undefined {
    return this.#client?.ownCopy(event)
  }

  /** The client has gone. */
  release(): void {
    this.#client = undefined
  }
}
