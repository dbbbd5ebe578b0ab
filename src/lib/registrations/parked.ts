import type { KeptRegistration } from './kept-registration.js'

/** Accounts that wait for a target that does not answer, while one of them after the other looks whether it is back. */
export class Parked {
  readonly #byTarget = new Map<string, Set<KeptRegistration>>()

  add(kept: KeptRegistration, target: string): void {
    kept.phase = 'parked'
    kept.target = target
    let all = this.#byTarget.get(target)
    if (!all) {
      all = new Set()
      this.#byTarget.set(target, all)
    }
    all.add(kept)
  }

  /** It does something else now. */
  delete(kept: KeptRegistration): void {
    if (kept.phase !== 'parked') return
    kept.phase = 'idle'
    this.#byTarget.get(kept.target!)?.delete(kept)
  }

  /** Who looks next. */
  first(target: string): KeptRegistration | undefined {
    const [first] = this.#byTarget.get(target) ?? []
    return first
  }

  /** All that wait for a target. */
  of(target: string): KeptRegistration[] {
    return [...(this.#byTarget.get(target) ?? [])]
  }

  /** Nobody waits for it any more. */
  forget(target: string): void {
    this.#byTarget.delete(target)
  }
}
