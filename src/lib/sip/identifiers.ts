import { randomBytes } from 'node:crypto'
import { branchCookie } from './via.js'

/** Gives so many random bytes. Injected, so that tests know what comes. */
export type RandomSource = (bytes: number) => Buffer

/** The machine's own randomness, taken in larger pieces: one call for every branch of 10,000 REGISTERs is felt. */
function systemRandom(): RandomSource {
  const poolBytes = 4096
  let pool = Buffer.alloc(0)
  let used = 0
  return (bytes) => {
    if (bytes > poolBytes) return randomBytes(bytes)
    if (used + bytes > pool.length) {
      pool = randomBytes(poolBytes)
      used = 0
    }
    used += bytes
    return pool.subarray(used - bytes, used)
  }
}

/** Makes the names by which our requests are known. Nobody outside can guess one: a guessed branch is half a forged reply. */
export class Identifiers {
  readonly #random: RandomSource

  constructor(random: RandomSource = systemRandom()) {
    this.#random = random
  }

  /** 72 random bits behind the cookie of RFC 3261 8.1.1.7. */
  branch(): string {
    return branchCookie + this.#hex(9)
  }

  /** 64 random bits; RFC 3261 19.3 asks for 32. */
  tag(): string {
    return this.#hex(8)
  }

  /** 96 random bits, without our host: it would only tell where we are. */
  callId(): string {
    return this.#hex(12)
  }

  /** 64 random bits (RFC 7616 3.4). */
  cnonce(): string {
    return this.#hex(8)
  }

  #hex(bytes: number): string {
    return this.#random(bytes).toString('hex')
  }
}
