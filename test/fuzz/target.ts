import assert from 'node:assert/strict'
import { PbxkitError } from '../../src/lib/errors.js'
import { pieces } from './mutate.js'
import type { Random } from './random.js'

/** A parser, and what is promised of it for any bytes. */
export interface FuzzTarget {
  readonly name: string
  /** What holds for every input. */
  readonly promise: string
  /** Good input, from recordings where there are some. */
  corpus(): readonly Buffer[]
  /** Words of its language. */
  readonly words?: readonly string[]
  /** Rejects or throws when the promise is broken. */
  check(input: Buffer, random: Random): void | Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: any class of errors
type ErrorClass = abstract new (...args: any[]) => Error

/**
 * What came of an input: its value, or the class, message and facts of the error.
 * @throws whatever else than an error of these classes comes out: that is the finding
 */
export function outcome<T>(parse: () => T, ...allowed: ErrorClass[]): { value: T } | { error: string } {
  try {
    return { value: parse() }
  } catch (error) {
    return { error: known(error, allowed) }
  }
}

export async function outcomeLater<T>(
  parse: () => Promise<T>,
  ...allowed: ErrorClass[]
): Promise<{ value: T } | { error: string }> {
  try {
    return { value: await parse() }
  } catch (error) {
    return { error: known(error, allowed) }
  }
}

function known(error: unknown, allowed: readonly ErrorClass[]): string {
  if (!allowed.some((one) => error instanceof one)) throw error
  assert(error instanceof PbxkitError, 'an error of ours')
  assert(error.message.length < 64 * 1024, `a message of ${error.message.length} characters`)
  return `${error.code}: ${error.message}`
}

/** What a decoder found in a stream, in order, and whether it gave up. */
export interface Decoded {
  seen: readonly unknown[]
  failed: boolean
}

/**
 * A decoder finds the same in a stream, however it is cut. One that throws gives nothing of that piece, so that of a stream which it gives up less is found in larger pieces;
 * that it gives up does not depend on the pieces.
 */
export function sameInPieces(input: Buffer, random: Random, run: (chunks: readonly Buffer[]) => Decoded): void {
  const whole = run([input])
  const cut = run(pieces(input, random))
  assert.equal(cut.failed, whole.failed, 'it fails in pieces as in one')
  const count = whole.failed ? Math.min(whole.seen.length, cut.seen.length) : Number.POSITIVE_INFINITY
  assert.deepEqual(cut.seen.slice(0, count), whole.seen.slice(0, count), 'the same in pieces')
}
