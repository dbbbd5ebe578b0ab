import type { BridgeOutcome, BridgeReason } from '../agi/outcome.js'
import { HistogramCounts } from '../monitoring/histogram-counts.js'
import { RateMeter } from '../monitoring/rate-meter.js'

/**
 * - `success`: let in. - `refused`: wrong password, unknown user, or no login at all. - `waited`: told to come back later.
 * - `throttled`: not even looked at, after too many failures. - `retired`: of a protocol that is not taken here. - `late`: it took too long, or left.
 * - `error`: the accounts could not be read.
 */
export const loginResults = ['success', 'refused', 'waited', 'throttled', 'retired', 'late', 'error'] as const
export type LoginResult = (typeof loginResults)[number]

/** Upper ends in seconds: from a variable that is asked for (0.1 ms) to a message that is played (1 min). */
const commandEndsS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60] as const

/** How a call ended; `caller-gone` where nobody could be told why it had failed. */
export interface CallEnd {
  outcome: BridgeOutcome
  reason: BridgeReason | undefined
}

/** What the server of tunnels does, counted as it happens: plain additions, and no label that a peer could choose. */
export class TunnelCounters {
  readonly #nowMs: () => number
  readonly #calls = new Map<string, CallEnd & { count: number }>()
  readonly #callRate = new RateMeter()
  readonly #commandRate = new RateMeter()
  readonly logins: Record<LoginResult, number> = {
    ...{ success: 0, refused: 0, waited: 0, throttled: 0, retired: 0, late: 0, error: 0 }
  }
  readonly tunnels = { opened: 0, closed: 0, replaced: 0 }
  /** Of applications, and for them. */
  readonly bytes = { fromApplications: 0, toApplications: 0 }
  /** From a command that went to Asterisk to its reply. */
  readonly commandSeconds = new HistogramCounts(commandEndsS)
  readonly authentications = { known: 0, unknown: 0, error: 0 }
  commandsRefused = 0
  httpRequests = 0
  drains = 0

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs
  }

  callEnded({ outcome, reason }: CallEnd): void {
    const key = `${outcome} ${reason ?? ''}`
    const known = this.#calls.get(key)
    if (known) known.count++
    else this.#calls.set(key, { outcome, reason, count: 1 })
    this.#callRate.add(1, this.#nowMs())
  }

  commandAnswered(seconds: number): void {
    this.commandSeconds.observe(seconds)
    this.#commandRate.add(1, this.#nowMs())
  }

  get calls(): readonly (CallEnd & { count: number })[] {
    return [...this.#calls.values()]
  }

  /** Of the last five seconds. */
  get rates(): { callsPerS: number; commandsPerS: number } {
    const nowMs = this.#nowMs()
    return { callsPerS: this.#callRate.perSecond(nowMs), commandsPerS: this.#commandRate.perSecond(nowMs) }
  }
}
