/** The contact that the registrar has of us, and until when. */
export class HeldBinding {
  readonly #now: () => number
  #contact: string | undefined
  #expiresAtMs = 0

  /** @param contact what an earlier process registered; whether it lives is said by `extend` */
  constructor(now: () => number, contact: string | undefined) {
    this.#now = now
    this.#contact = contact
  }

  get contact(): string | undefined {
    return this.#contact
  }

  get isAlive(): boolean {
    return this.#contact !== undefined && this.leftMs > 0
  }

  /** How long it still lives. */
  get leftMs(): number {
    return Math.max(0, this.#expiresAtMs - this.#now())
  }

  set(contact: string, lifeMs: number): void {
    this.#contact = contact
    this.extend(lifeMs)
  }

  /** The same contact lives so long from now. */
  extend(lifeMs: number): void {
    this.#expiresAtMs = this.#now() + lifeMs
  }

  drop(): void {
    this.#contact = undefined
    this.#expiresAtMs = 0
  }
}
