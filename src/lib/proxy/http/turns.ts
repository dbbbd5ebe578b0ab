import { HttpError } from './http-error.js'

/** Pipelined requests that may wait on one connection: no client that we know sends more than some tens ahead. */
const maxWaiting = 100

/** Runs what comes on one connection one after the other. */
export class Turns {
  readonly #connections = new WeakMap<object, { waiting: number; last: Promise<void> }>()

  /** @throws HttpError 429 when too much waits already; what `task` throws */
  async run(connection: object, task: () => Promise<void>): Promise<void> {
    const turn = this.#connections.get(connection) ?? { waiting: 0, last: Promise.resolve() }
    this.#connections.set(connection, turn)
    if (turn.waiting >= maxWaiting) throw new HttpError(429, `More than ${maxWaiting} requests wait on this connection`)
    turn.waiting++
    const run = turn.last.then(task).finally(() => turn.waiting--)
    // Who comes next waits for the end, not for success.
    turn.last = run.catch(() => {})
    return run
  }
}
