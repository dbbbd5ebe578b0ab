/**
 * The `channel` column: which channels are the user's. Case does not count, and a name ends where it ends in Asterisk: `PJSIP/10` is the
 * endpoint `PJSIP/10` and its channels `PJSIP/10-0000002f`, not `PJSIP/100-…` and not the endpoint `PJSIP/10-desk`; `Local/x` is also
 * `Local/x@context…`, since a Local channel always has a context. What ends in `*`, `/`, `-` or `@` is a plain beginning.
 */
export class ChannelPattern {
  readonly #prefix: string
  readonly #isPlain: boolean
  readonly #isLocal: boolean

  constructor(column: string) {
    const lower = column.toLowerCase()
    this.#isPlain = /[*/@-]$/.test(lower)
    this.#prefix = lower.endsWith('*') ? lower.slice(0, -1) : lower
    this.#isLocal = lower.startsWith('local/')
  }

  /** Is it a channel of the user's, or the device itself? @param name in lower case */
  matches(name: string): boolean {
    if (!name.startsWith(this.#prefix)) return false
    if (this.#isPlain || name.length === this.#prefix.length) return true
    const next = name.charCodeAt(this.#prefix.length)
    if (next === dash) return isInstance(name, this.#prefix.length + 1)
    return this.#isLocal && this.#continuesLocal(next)
  }

  /**
   * May it be dialled? What is dialled has no instance number: `PJSIP/10-2` is another endpoint, and `PJSIP/10/sip:…` and `SIP/10@peer` go
   * elsewhere. @param name in lower case
   */
  matchesDialled(name: string): boolean {
    if (!name.startsWith(this.#prefix)) return false
    if (this.#isPlain || name.length === this.#prefix.length) return true
    return this.#isLocal && this.#continuesLocal(name.charCodeAt(this.#prefix.length))
  }

  /** `@context` after `Local/x`, `/options` after `Local/x@context`. */
  #continuesLocal(next: number): boolean {
    return next === (this.#prefix.includes('@') ? slash : at)
  }
}

const dash = 0x2d
const slash = 0x2f
const at = 0x40

/** `0000002f`, `00000018;1`, `1<ZOMBIE>`: something, and no further part of a name. */
function isInstance(name: string, from: number): boolean {
  if (from >= name.length) return false
  for (let index = from; index < name.length; index++) {
    const code = name.charCodeAt(index)
    if (code === dash || code === slash || code === at) return false
  }
  return true
}
