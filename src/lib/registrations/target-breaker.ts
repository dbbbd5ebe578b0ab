interface Record {
  /** Failures without any answer in between. */
  failures: number
  isOpen: boolean
  /** When the next one may look whether it is back. */
  probeMs: number
  /** One is looking. */
  isProbed: boolean
  waitMs: number
}

// One lost request is chance, and three without an answer to anybody in between are not.
const threshold = 3
// The wait between two looks: short at first, because most outages are restarts; then one request (11 packets over UDP) in three quarters of a minute.
const firstWaitMs = 1_000
const longestWaitMs = 16_000

/**
 * Which targets do not answer. While one does not, one account after the other looks whether it is back, and all others wait: 1,000 accounts that ask a
 * silent registrar are 11,000 packets in half a minute. Any reply is an answer. Knows no timer: `probeMs` says when to look.
 */
export class TargetBreaker {
  readonly #records = new Map<string, Record>()
  readonly #now: () => number
  readonly #onOpen: (target: string, probeInMs: number) => void
  readonly #onClose: (target: string) => void

  /** @param onOpen a target is not (or still not) there; somebody should look after that time @param onClose it is back */
  constructor(
    now: () => number,
    { onOpen, onClose }: { onOpen: (target: string, probeInMs: number) => void; onClose: (target: string) => void }
  ) {
    this.#now = now
    this.#onOpen = onOpen
    this.#onClose = onClose
  }

  /** Nobody has failed. */
  get isQuiet(): boolean {
    return this.#records.size === 0
  }

  isOpen(target: string): boolean {
    return this.#records.get(target)?.isOpen === true
  }

  get open(): string[] {
    return [...this.#records].filter(([, { isOpen }]) => isOpen).map(([target]) => target)
  }

  /** Asks to look whether a target that is not there is back: one at a time may. */
  takeProbe(target: string): boolean {
    const record = this.#records.get(target)
    if (!record?.isOpen || record.isProbed || this.#now() < record.probeMs) return false
    record.isProbed = true
    return true
  }

  /** It gave no reply, or cannot be reached. */
  failed(target: string): void {
    let record = this.#records.get(target)
    if (!record) {
      record = { failures: 0, isOpen: false, probeMs: 0, isProbed: false, waitMs: firstWaitMs }
      this.#records.set(target, record)
    }
    record.failures++
    const wasProbed = record.isProbed
    if (record.failures < threshold || (record.isOpen && !wasProbed)) return
    record.isOpen = true
    record.isProbed = false
    record.probeMs = this.#now() + record.waitMs
    this.#onOpen(target, record.waitMs)
    record.waitMs = Math.min(longestWaitMs, record.waitMs * 2)
  }

  /** The look is over: it may have ended without a word to the target. */
  endProbe(target: string): void {
    const record = this.#records.get(target)
    if (!record?.isProbed) return
    record.isProbed = false
    record.probeMs = this.#now() + record.waitMs
    this.#onOpen(target, record.waitMs)
  }

  /** It has replied, whatever it said. */
  answered(target: string): void {
    const record = this.#records.get(target)
    if (!record) return
    this.#records.delete(target)
    if (record.isOpen) this.#onClose(target)
  }
}
