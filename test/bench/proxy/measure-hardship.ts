import type { Product } from '../support/product.js'
import { alternate, type BenchOptions, compare, type Measurement } from '../support/suite.js'
import { milliseconds } from './rows.js'
import { runSoak } from './soak.js'
import { runStalled } from './stalled.js'

/** What one client that does not read costs the others. */
export async function measureStalled(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const run = { clients: 20, order: { rate: 2_000, seconds: options.quick ? 2 : 8, stampEvery: 1 } }
  const pairs = await alternate(options, 'one stalled client', {
    ours: () => runStalled(product, { ...run, stalled: 1 }),
    against: () => runStalled(product, { ...run, stalled: 0 })
  })
  return [
    compare({
      what: '2000 events/s to 20 clients beside a stalled one: p99 latency',
      pairs,
      value: (p99Ms) => p99Ms,
      format: milliseconds,
      againstName: 'without it',
      limit: { atMost: 1.2 }
    })
  ]
}

export async function measureSoak({ quick, progress }: BenchOptions, product: Product): Promise<Measurement[]> {
  const events = quick ? 200_000 : 2_000_000
  progress(`${events} events to clients that come and go`)
  const { lastKb, secondKb } = await runSoak(product, events)
  const megabytes = (kb: number) => `${(kb / 1024).toFixed(0)} MB`
  return [
    {
      what: `${events / 1e6} M events to 50 clients that come and go: memory of the last quarter`,
      ours: megabytes(lastKb),
      against: `${megabytes(secondKb)} in the second`,
      values: [lastKb / secondKb],
      judgedBy: 'median',
      limit: { atMost: 1.1 }
    }
  ]
}
