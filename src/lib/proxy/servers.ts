import { isDeepStrictEqual } from 'node:util'
import type { ServerOptions } from './options.js'
import type { Upstream } from './upstream.js'

/** The servers in the order of the configuration, and which of them an action goes to. */
export class Servers {
  readonly #create: (options: ServerOptions) => Upstream
  #upstreams: readonly Upstream[] = []
  /** All that were ever started, until they have ended. */
  readonly #running = new Set<Promise<void>>()

  constructor(create: (options: ServerOptions) => Upstream) {
    this.#create = create
  }

  /** Makes these the servers. One that stays as it is keeps its session; one whose settings changed, or that was given up, is started anew. */
  update(wanted: readonly ServerOptions[]): void {
    const before = this.#upstreams
    const kept = wanted.map((options) =>
      before.find((upstream) => !upstream.isGivenUp && isDeepStrictEqual(upstream.options, options))
    )
    for (const upstream of before) if (!kept.includes(upstream)) upstream.stop()
    this.#upstreams = wanted.map((options, index) => kept[index] ?? this.#start(options))
  }

  /** Adds one behind the others. @returns why it cannot be added */
  add(options: ServerOptions): string | undefined {
    if (this.#upstreams.some(({ name }) => name.toLowerCase() === options.name.toLowerCase())) return 'there is one of this name'
    this.#upstreams = [...this.#upstreams, this.#start(options)]
    return undefined
  }

  /** @returns whether there was a server of this name */
  drop(name: string): boolean {
    const dropped = this.#upstreams.find((upstream) => upstream.name.toLowerCase() === name.toLowerCase())
    if (!dropped) return false
    this.#upstreams = this.#upstreams.filter((upstream) => upstream !== dropped)
    dropped.stop()
    return true
  }

  /** Logs off from all. Settles when all have ended. */
  async stop(): Promise<void> {
    this.update([])
    await Promise.all(this.#running)
  }

  #start(options: ServerOptions): Upstream {
    const upstream = this.#create(options)
    const ended = upstream.run().finally(() => this.#running.delete(ended))
    this.#running.add(ended)
    return upstream
  }

  get all(): readonly Upstream[] {
    return this.#upstreams
  }

  /** The first that is up: the target of actions without `Server:`. */
  get first(): Upstream | undefined {
    return this.#upstreams.find((upstream) => upstream.isUp)
  }

  /**
   * @param wanted the value of `Server:`: a server's name or host, in any case
   * @returns the server, or why the action cannot go: it never goes to another one instead
   */
  select(wanted: string | undefined): Upstream | string {
    if (!wanted)
      return (
        this.first ??
        `No server is connected: ${this.#upstreams.map(({ name, lastError }) => `${name}: ${lastError}`).join('; ')}`
      )
    const text = wanted.toLowerCase()
    const named =
      this.#upstreams.find(({ name }) => name.toLowerCase() === text) ??
      this.#upstreams.find(({ options }) => options.host.toLowerCase() === text)
    if (!named) return `Server ${wanted} is not configured; there are: ${this.#upstreams.map(({ name }) => name).join(', ')}`
    return named.isUp ? named : `Server ${named.name} is not connected: ${named.lastError}`
  }
}
