import { runTunnelClient, type TunnelClientOptions } from './tunnel-client.js'

/**
 * Clients of several servers at the same time, or of one. Whoever fails for good ends all of them.
 * @param onReady called when one of them has logged in, and again with each
 * @returns when the signal was aborted @throws as `runTunnelClient`
 */
export async function runTunnelClients(
  clients: readonly TunnelClientOptions[],
  onReady: () => void,
  signal: AbortSignal
): Promise<void> {
  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal])
  const runs = clients.map((options) => runTunnelClient(options, onReady, stop))
  try {
    await Promise.all(runs)
  } finally {
    failed.abort()
    await Promise.allSettled(runs)
  }
}

/**
 * A run of clients that can be replaced by one with other settings: the new one logs in first, then the old one takes no more calls and ends with its last.
 */
export class ClientRuns {
  /** Settles when the signal was aborted and the last run is over; rejects when the run that is in charge failed. */
  readonly closed: Promise<void>
  readonly #signal: AbortSignal
  readonly #running = new Set<Promise<void>>()
  #settle: { resolve: () => void; reject: (error: unknown) => void } = { resolve: () => {}, reject: () => {} }
  #current: AbortController | undefined
  /** The one that is to take its place, and has not logged in yet. */
  #next: AbortController | undefined

  constructor(signal: AbortSignal) {
    this.#signal = signal
    this.closed = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    // It may fail before anybody waits for it.
    this.closed.catch(() => {})
  }

  /** Starts the first run, or another in its place. @returns when it has logged in, another was started, or the signal was aborted @throws what ended it before that; the old one stays */
  async start(clients: readonly TunnelClientOptions[]): Promise<void> {
    const stop = new AbortController()
    const isFirst = this.#current === undefined
    if (isFirst) this.#current = stop
    else {
      // Its settings are out of date before it has logged in: it would go on trying, and take the place of this one when it succeeds.
      this.#next?.abort()
      this.#next = stop
    }
    let ready: () => void = () => {}
    const isReady = new Promise<void>((resolve) => {
      ready = resolve
    })
    const run = runTunnelClients(clients, ready, AbortSignal.any([this.#signal, stop.signal]))
    this.#running.add(run)
    const over = run.finally(() => this.#running.delete(run))
    over.then(
      () => this.#over(stop),
      (error: unknown) => this.#over(stop, error)
    )
    await Promise.race([isReady, over])
    if (isFirst || stop.signal.aborted) return
    const before = this.#current
    this.#current = stop
    this.#next = undefined
    before?.abort()
  }

  /** The end of a run that is not in charge, or not any more, is nobody's concern, but for the end of all. */
  #over(run: AbortController, error?: unknown): void {
    if (error !== undefined && run === this.#current) this.#settle.reject(error)
    else if (this.#signal.aborted && this.#running.size === 0) this.#settle.resolve()
  }
}
