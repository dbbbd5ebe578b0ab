import type { Product } from './product.js'
import { median } from './statistics.js'

/** How long and how often a suite measures. */
export interface BenchOptions {
  /** How often both sides run, in turn. */
  pairs: number
  /** Shorter runs: to see that a suite works, not to quote from. */
  quick: boolean
  /** Says what is being done, for a person who waits. */
  progress: (text: string) => void
}

/** What a ratio or a count has to hold; none is for information. */
export interface Limit {
  atLeast?: number
  atMost?: number
}

/** One row of the table. */
export interface Measurement {
  what: string
  /** The medians of the two sides, for people: the ratio is what is judged. */
  ours: string
  against: string
  /** One ratio (or count) per pair. */
  values: readonly number[]
  /** A ratio is judged by its median, since machines are noisy; a loss by its worst run, since noise loses nothing. */
  judgedBy: 'median' | 'worst'
  limit?: Limit | undefined
}

/** `npm run bench -- NAME`, or `NAME/PART` for one of its parts. */
export interface Suite {
  name: string
  summary: string
  /** What all parts need. */
  prepare: () => Product
  parts: Readonly<Record<string, (options: BenchOptions, product: Product) => Promise<Measurement[]>>>
}

/** The same measurement of both sides, taken one right after the other. */
export interface Pair<T> {
  ours: T
  against: T
}

/** Runs both sides in turn, A B A B …: what disturbs the machine disturbs both. */
export async function alternate<T>(
  { pairs, progress }: BenchOptions,
  what: string,
  sides: { ours: () => Promise<T>; against: () => Promise<T> }
): Promise<Pair<T>[]> {
  const done: Pair<T>[] = []
  for (let pair = 1; pair <= pairs; pair++) {
    progress(`${what}: pair ${pair} of ${pairs}`)
    done.push({ ours: await sides.ours(), against: await sides.against() })
  }
  return done
}

export interface Comparison<T> {
  what: string
  pairs: readonly Pair<T>[]
  /** The number that is compared. */
  value: (result: T) => number
  format: (value: number) => string
  /** What the other side is. */
  againstName: string
  limit?: Limit
}

/** A row of ratios: ours divided by the other side's. */
export function compare<T>({ what, pairs, value, format, againstName, limit }: Comparison<T>): Measurement {
  const ours = pairs.map((pair) => value(pair.ours))
  const against = pairs.map((pair) => value(pair.against))
  return {
    what,
    ours: format(median(ours)),
    against: `${format(median(against))} ${againstName}`,
    values: ours.map((number, index) => number / against[index]!),
    judgedBy: 'median',
    limit
  }
}

/** A row for what could not be measured here, so that nobody takes its absence for a result. */
export function skipped(what: string, reason: string): Measurement {
  return { what, ours: '', against: `skipped: ${reason}`, values: [], judgedBy: 'median' }
}

/** The number that a row is judged by. */
export function judged({ values, judgedBy }: Measurement): number {
  return judgedBy === 'worst' ? Math.max(...values) : median(values)
}

/** Undefined without a limit. A ratio that could not be computed (NaN) misses every limit. */
export function meetsLimit(measurement: Measurement): boolean | undefined {
  const { limit } = measurement
  if (!limit) return undefined
  const value = judged(measurement)
  return value >= (limit.atLeast ?? Number.NEGATIVE_INFINITY) && value <= (limit.atMost ?? Number.POSITIVE_INFINITY)
}
