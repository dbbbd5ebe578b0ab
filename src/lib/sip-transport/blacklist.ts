import { type SipTarget, targetName } from './target.js'

// 64 * T1 (RFC 3263 4.3 leaves it open): as long as a request that finds out again would take.
const defaultBlockMs = 32_000
// Retry-After of a year is a mistake or an attack; after an hour a look does no harm.
const maxBlockMs = 3_600_000

/** Targets that failed a short while ago: they are tried last, never left out. */
export class Blacklist {
  readonly #now: () => number
  readonly #untilMs = new Map<string, number>()

  /** @param now milliseconds that never go back */
  constructor(now: () => number) {
    this.#now = now
  }

  block(target: SipTarget, forMs = defaultBlockMs): void {
    this.#untilMs.set(targetName(target), this.#now() + Math.min(forMs, maxBlockMs))
  }

  /** All are as good as any. */
  get isEmpty(): boolean {
    return this.#untilMs.size === 0
  }

  /** It has answered. */
  clear(target: SipTarget): void {
    if (!this.isEmpty) this.#untilMs.delete(targetName(target))
  }

  isBlocked(target: SipTarget): boolean {
    const name = targetName(target)
    const until = this.#untilMs.get(name)
    if (until !== undefined && until <= this.#now()) this.#untilMs.delete(name)
    return this.#untilMs.has(name)
  }

  /** Those that work first; the others by when their time is over. */
  order(targets: readonly SipTarget[]): SipTarget[] {
    const blocked = targets.filter((target) => this.isBlocked(target))
    const until = (target: SipTarget) => this.#untilMs.get(targetName(target)) ?? 0
    return [...targets.filter((target) => !blocked.includes(target)), ...blocked.sort((a, b) => until(a) - until(b))]
  }
}
