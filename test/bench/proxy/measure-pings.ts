import type { Product } from '../support/product.js'
import { alternate, type BenchOptions, compare, type Measurement } from '../support/suite.js'
import { runPings } from './ping.js'
import { relayName } from './rows.js'

const clients = 20

export async function measurePings(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const seconds = options.quick ? 1 : 4
  const what = `${clients} clients, Ping back to back`
  const pairs = await alternate(options, what, {
    ours: () => runPings({}, product, clients, seconds),
    against: () => runPings('relay', product, clients, seconds)
  })
  return [
    compare({
      what: `${what}: round trips/s`,
      pairs,
      value: (result) => result.roundTripsPerS,
      format: (count) => count.toFixed(0),
      againstName: `${relayName}, which answers itself`,
      limit: { atLeast: 0.4 }
    })
  ]
}
