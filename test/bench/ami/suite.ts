import { copyProduct, type Product } from '../support/product.js'
import { alternate, type BenchOptions, compare, type Measurement, type Suite } from '../support/suite.js'
import { runFanOut } from './fan-out.js'
import { runPings } from './ping.js'
import type { EmitOrder } from './sides/event-source.js'
import { measureStartUp } from './start-up.js'

const clients = 100
const pingClients = 20
const rate = 500
const relay = 'raw relay'

export const amiSuite: Suite = {
  name: 'ami',
  summary: 'the proxy against a raw relay, and the start of ami send',
  async run(options) {
    const product = copyProduct()
    return [
      ...(await measureFlatOut(options, product)),
      ...(await measureSteady(options, product)),
      ...(await measurePings(options, product)),
      ...(await measureStartUp(options, product))
    ]
  }
}

async function measureFlatOut(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const order: EmitOrder = { rate: 'max', seconds: options.quick ? 1 : 4, stampEvery: 64 }
  const what = `${clients} clients, flat out`
  const pairs = await alternate(options, what, {
    ours: () => runFanOut('proxy', product, clients, order),
    against: () => runFanOut('relay', product, clients, order)
  })
  return [
    compare({
      what: `${what}: deliveries/s`,
      pairs,
      value: (result) => result.deliveriesPerS,
      format: millions,
      againstName: relay,
      limit: { atLeast: 0.4 }
    }),
    compare({
      what: `${what}: CPU s per million deliveries`,
      pairs,
      value: (result) => result.cpuPerMillion,
      format: (seconds) => seconds.toFixed(3),
      againstName: relay
    }),
    lossRow(`${what}: events lost`, pairs),
    compare({
      what: `${what}: load generator, cores`,
      pairs,
      value: (result) => result.generatorLoad,
      format: (cores) => cores.toFixed(2),
      againstName: relay
    })
  ]
}

async function measureSteady(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const order: EmitOrder = { rate, seconds: options.quick ? 2 : 8, stampEvery: 1 }
  const what = `${rate} events/s to ${clients} clients`
  const pairs = await alternate(options, what, {
    ours: () => runFanOut('proxy', product, clients, order),
    against: () => runFanOut('relay', product, clients, order)
  })
  const latency = { pairs, format: (ms: number) => `${ms.toFixed(2)} ms`, againstName: relay }
  return [
    compare({ ...latency, what: `${what}: p99 latency`, value: (result) => result.p99Ms, limit: { atMost: 2 } }),
    compare({ ...latency, what: `${what}: p50 latency`, value: (result) => result.p50Ms }),
    { ...lossRow(`${what}: events lost`, pairs), limit: { atMost: 0 } },
    compare({
      what: `${what}: CPU s per million deliveries`,
      pairs,
      value: (result) => result.cpuPerMillion,
      format: (seconds) => seconds.toFixed(2),
      againstName: relay
    })
  ]
}

async function measurePings(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const seconds = options.quick ? 1 : 4
  const what = `${pingClients} clients, Ping back to back`
  const pairs = await alternate(options, what, {
    ours: () => runPings('proxy', product, pingClients, seconds),
    against: () => runPings('relay', product, pingClients, seconds)
  })
  return [
    compare({
      what: `${what}: round trips/s`,
      pairs,
      value: (result) => result.roundTripsPerS,
      format: (count) => count.toFixed(0),
      againstName: `${relay}, which answers itself`
    })
  ]
}

/** A count, not a ratio: the other side loses nothing by its making. */
function lossRow(what: string, pairs: readonly { ours: { lost: number }; against: { lost: number } }[]): Measurement {
  const lost = pairs.map(({ ours }) => ours.lost)
  const sum = (counts: readonly number[]) => String(counts.reduce((total, count) => total + count, 0))
  return {
    what,
    ours: sum(lost),
    against: `${sum(pairs.map(({ against }) => against.lost))} ${relay}`,
    values: lost,
    judgedBy: 'worst'
  }
}

function millions(count: number): string {
  return `${(count / 1e6).toFixed(2)} M`
}
