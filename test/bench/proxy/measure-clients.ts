import type { Product } from '../support/product.js'
import { alternate, type BenchOptions, compare, type Measurement } from '../support/suite.js'
import { runIdle } from './idle.js'
import { runBanners, runLogins } from './logins.js'
import { alone, milliseconds, relayName } from './rows.js'

export async function measureIdle({ pairs, quick, progress }: BenchOptions, product: Product): Promise<Measurement[]> {
  const clients = quick ? 1_000 : 5_000
  const values: number[] = []
  for (let run = 1; run <= pairs; run++) {
    progress(`${clients} idle clients: ${run} of ${pairs}`)
    values.push(await runIdle(product, clients))
  }
  return [
    alone(`${clients} idle clients: kB of memory each`, values, { format: (kb) => `${kb.toFixed(1)} kB`, limit: { atMost: 25 } })
  ]
}

export async function measureLogins(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const logins = options.quick ? 500 : 3_000
  const pairs = await alternate(options, 'logins', {
    ours: () => runLogins({}, product, logins),
    against: () => runLogins('relay', product, logins)
  })
  return [
    compare({
      what: 'logins of clients that send at once, per s',
      pairs,
      value: (perS) => perS,
      format: (perS) => perS.toFixed(0),
      againstName: relayName,
      limit: { atLeast: 0.6 }
    })
  ]
}

/** Judged as it is; the relay's shows what is the load generator's. */
export async function measureBanners(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const clients = 200
  const pairs = await alternate(options, 'banners', {
    ours: () => runBanners({}, product, clients),
    against: () => runBanners('relay', product, clients)
  })
  const row = compare({
    what: `${clients} clients that wait for the banner at the same time: ms to the last`,
    pairs,
    value: (times) => Math.max(...times),
    format: milliseconds,
    againstName: `${relayName}, which does not wait`,
    limit: { atMost: 30 }
  })
  return [{ ...row, values: pairs.map(({ ours }) => Math.max(...ours)) }]
}
