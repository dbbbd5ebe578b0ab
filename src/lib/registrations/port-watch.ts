import { probePort } from '../sip-transport/port-probe.js'
import { type SipTarget, targetName } from '../sip-transport/target.js'
import type { UserAgent } from '../uac/user-agent.js'

/** A request over UDP that waits for its reply. */
interface Waiting {
  /** How often it has gone out. */
  readonly sent: number
}

interface Watched {
  target: SipTarget
  waiting: Map<Waiting, (cause: Error) => void>
  /** Those for whom it was looked: a silent registrar gets one packet more for a request, not one with each look. */
  looked: WeakSet<Waiting>
}

// Just after the first repeat (T1): who answers in time costs nothing but a place in a map.
const lookMs = 700

/**
 * Ends requests at once where nothing listens on the port of the registrar (RFC 3261 18.4). The socket that all accounts share is not told of it by the
 * system: when a reply is late, a socket of its own looks, one for each target, however many accounts wait.
 */
export class PortWatch {
  static readonly #of = new WeakMap<UserAgent, PortWatch>()
  readonly #agent: Pick<UserAgent, 'wheel'>
  readonly #probe: typeof probePort
  readonly #targets = new Map<string, Watched>()

  constructor(agent: Pick<UserAgent, 'wheel'>, probe: typeof probePort = probePort) {
    this.#agent = agent
    this.#probe = probe
  }

  static of(agent: UserAgent): PortWatch {
    let watch = PortWatch.#of.get(agent)
    if (!watch) {
      watch = new PortWatch(agent)
      PortWatch.#of.set(agent, watch)
    }
    return watch
  }

  /** @param onRefused is called once at most, and not after the end @returns ends it */
  watch(one: Waiting, target: SipTarget, onRefused: (cause: Error) => void): () => void {
    const name = targetName(target)
    let watched = this.#targets.get(name)
    if (!watched) {
      watched = { target, waiting: new Map(), looked: new WeakSet() }
      this.#targets.set(name, watched)
      this.#lookLater(name, watched)
    }
    const { waiting } = watched
    waiting.set(one, onRefused)
    return () => waiting.delete(one)
  }

  #lookLater(name: string, watched: Watched): void {
    this.#agent.wheel.after(lookMs, () => void this.#look(name, watched))
  }

  async #look(name: string, watched: Watched): Promise<void> {
    const { waiting, looked, target } = watched
    if (waiting.size === 0) {
      this.#targets.delete(name)
      return
    }
    const late = [...waiting].filter(([one]) => one.sent > 1)
    const isNews = late.some(([one]) => !looked.has(one))
    for (const [one] of late) looked.add(one)
    const cause = isNews ? await this.#probe(target) : undefined
    if (cause) {
      for (const [one, onRefused] of late) if (waiting.delete(one)) onRefused(cause)
    }
    this.#lookLater(name, watched)
  }
}
