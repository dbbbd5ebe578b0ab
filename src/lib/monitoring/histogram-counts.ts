/** Counts of a histogram by buckets: an addition for each value, and nothing that a library has to be loaded for. */
export class HistogramCounts {
  /** Upper ends, in ascending order. */
  readonly ends: readonly number[]
  /** Not cumulative; the last is for what is more than any end. */
  readonly buckets: number[]
  sum = 0
  count = 0

  constructor(ends: readonly number[]) {
    this.ends = ends
    this.buckets = new Array<number>(ends.length + 1).fill(0)
  }

  observe(value: number): void {
    let at = 0
    while (at < this.ends.length && value > this.ends[at]!) at++
    this.buckets[at]!++
    this.sum += value
    this.count++
  }
}
