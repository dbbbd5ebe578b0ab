import fs from 'node:fs'
import path from 'node:path'
import { mutate } from './mutate.js'
import { Random } from './random.js'
import type { FuzzTarget } from './target.js'

/** What broke, and with what. */
export interface Finding {
  target: string
  input: Buffer
  /** Also gives the pieces: `new Random(seed)`. */
  seed: number
  error: Error
}

/** One input may take so long: these are small, and a parser takes microseconds. A busy machine is allowed for. */
const maxMs = 5_000

/** Inputs that broke something once, by target: `regressions/<target>/<name>`. They are tried first, for ever. */
export function regressions(target: string): Buffer[] {
  const folder = path.join(import.meta.dirname, 'regressions', target)
  return fs.existsSync(folder)
    ? fs
        .readdirSync(folder)
        .sort()
        .map((name) => fs.readFileSync(path.join(folder, name)))
    : []
}

/** Tries one input. */
export async function tryInput(target: FuzzTarget, input: Buffer, seed: number): Promise<Finding | undefined> {
  const began = performance.now()
  try {
    // A copy: a parser that writes into what it is given would change the corpus.
    const copy = Buffer.from(input)
    await target.check(copy, new Random(seed))
    if (!copy.equals(input)) throw new Error('the input was changed')
    const tookMs = performance.now() - began
    if (tookMs > maxMs) throw new Error(`it took ${Math.round(tookMs)} ms`)
    return undefined
  } catch (error) {
    return { target: target.name, input, seed, error: error as Error }
  }
}

/**
 * Tries the corpus as it is, what broke something once, then changed inputs until `isOver`. The same seed gives the same inputs.
 * @returns how many were tried, and the first finding
 */
export async function fuzz(
  target: FuzzTarget,
  seed: number,
  isOver: (tried: number) => boolean
): Promise<{ tried: number; finding?: Finding }> {
  const corpus = target.corpus()
  const words = (target.words ?? []).map((word) => Buffer.from(word, 'latin1'))
  let tried = 0
  for (const input of [Buffer.alloc(0), ...regressions(target.name), ...corpus]) {
    const finding = await tryInput(target, input, seed)
    if (finding) return { tried, finding }
  }
  for (; !isOver(tried); tried++) {
    const inputSeed = (seed + Math.imul(tried + 1, 0x9e3779b1)) >>> 0
    const finding = await tryInput(target, mutate(corpus, words, new Random(inputSeed)), inputSeed)
    if (finding) return { tried, finding }
  }
  return { tried }
}
