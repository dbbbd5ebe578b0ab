import type { Upstream } from './upstream.js'

/** The servers in the order of the configuration, and which of them an action goes to. */
export class Servers {
  readonly #upstreams: readonly Upstream[]

  constructor(upstreams: readonly Upstream[]) {
    this.#upstreams = upstreams
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
