import type { Product } from '../support/product.js'
import { alternate, type BenchOptions, compare, type Measurement, type Pair } from '../support/suite.js'
import { type FanOutResult, type FanOutRun, runFanOut } from './fan-out.js'
import type { ProxySetup } from './rig.js'
import { millions, milliseconds, relayName } from './rows.js'
import type { EmitOrder } from './sides/event-source.js'

/** The more clients, the less what is done once per event counts beside the writes, which nobody can avoid. */
const crowds = [
  { clients: 10, cpu: 2 },
  { clients: 100, cpu: 1.5 },
  { clients: 500, cpu: 1.5 }
]

/** As many events as the slower of source, proxy and clients takes. */
export async function measureFlatOut(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const rows: Measurement[] = []
  for (const { clients, cpu } of crowds) {
    const order: EmitOrder = { rate: 'max', seconds: options.quick ? 1 : 4, stampEvery: 64 }
    const what = `${clients} clients, flat out`
    const pairs = await againstRelay(options, product, { what, run: { clients, order } })
    rows.push(
      cpuRow(what, pairs, cpu),
      compare({
        what: `${what}: deliveries/s`,
        pairs,
        value: (result) => result.deliveriesPerS,
        format: millions,
        againstName: relayName,
        limit: { atLeast: 0.6 }
      }),
      lossRow(`${what}: events lost`, pairs)
    )
  }
  return rows
}

/** 500 events a second, which is a busy call centre: collected for 5 ms as by default, and each written at once. */
export async function measureSteady(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const order: EmitOrder = { rate: 500, seconds: options.quick ? 2 : 8, stampEvery: 1 }
  const run = { clients: 100, order }
  const what = '500 events/s to 100 clients'
  const collected = await againstRelay(options, product, { what, run })
  const each = `${what}, --coalesce 0`
  const atOnce = await againstRelay(options, product, { what: each, run, setup: { flags: ['--coalesce', '0'] } })
  return [
    cpuRow(what, collected, 0.8),
    latencyRow(what, collected, 6),
    { ...lossRow(`${what}: events lost`, collected), limit: { atMost: 0 } },
    cpuRow(each, atOnce, 1.25),
    latencyRow(each, atOnce, 1.5),
    { ...lossRow(`${each}: events lost`, atOnce), limit: { atMost: 0 } }
  ]
}

/** All of them hold these two, which are those of the recorded events; what else they hold makes them differ. */
const mask = (number: number) =>
  ['system', 'log', 'verbose', 'command', 'agent', 'user', 'config'].reduce(
    (text, name, bit) => (number & (1 << bit) ? `${text},${name}` : text),
    'call,dialplan'
  )

const filterUser = (index: number) => `filtered-${index}`

/** 100 clients that are all filtered in different ways, and 100 that are all filtered in the same way. */
export async function measureFilterClasses(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const clients = 100
  const order: EmitOrder = { rate: 'max', seconds: options.quick ? 1 : 3, stampEvery: 64 }
  const one = () => runFanOut({}, product, { clients, order, wishes: () => ({ events: mask(0) }) })
  const sections = Array.from(
    { length: clients },
    (_, index) => `[user ${filterUser(index)}]\nsecret = bench-secret\nchannel = Local/*\nmore-events = yes\n`
  ).join('')
  const masks = await alternate(options, '100 event masks', {
    ours: () => runFanOut({}, product, { clients, order, wishes: (index) => ({ events: mask(index) }) }),
    against: one
  })
  const columns = await alternate(options, '100 channel filters', {
    ours: () => runFanOut({ sections }, product, { clients, order, wishes: (index) => ({ username: filterUser(index) }) }),
    against: one
  })
  const againstName = '100 of one class'
  return [
    { ...cpuRow('100 clients with 100 event masks', masks, 4, againstName) },
    { ...cpuRow('100 clients with 100 channel filters', columns, 4, againstName) }
  ]
}

interface AgainstRelay {
  what: string
  run: FanOutRun
  setup?: ProxySetup
}

function againstRelay(
  options: BenchOptions,
  product: Product,
  { what, run, setup = {} }: AgainstRelay
): Promise<Pair<FanOutResult>[]> {
  return alternate(options, what, {
    ours: () => runFanOut(setup, product, run),
    against: () => runFanOut('relay', product, run)
  })
}

function cpuRow(what: string, pairs: readonly Pair<FanOutResult>[], atMost: number, againstName = relayName): Measurement {
  return compare({
    what: `${what}: CPU s per million deliveries`,
    pairs,
    value: (result) => result.cpuPerMillion,
    format: (seconds) => seconds.toFixed(3),
    againstName,
    limit: { atMost }
  })
}

/** Judged as it is: the relay's own is the machine's. */
function latencyRow(what: string, pairs: readonly Pair<FanOutResult>[], atMostMs: number): Measurement {
  const row = compare({
    what: `${what}: p50 latency in ms`,
    pairs,
    value: (result) => result.p50Ms,
    format: milliseconds,
    againstName: relayName,
    limit: { atMost: atMostMs }
  })
  return { ...row, values: pairs.map(({ ours }) => ours.p50Ms) }
}

/** A count, not a ratio: the relay loses nothing by its making. */
function lossRow(what: string, pairs: readonly Pair<FanOutResult>[]): Measurement {
  const lost = pairs.map(({ ours }) => ours.lost)
  const sum = (counts: readonly number[]) => String(counts.reduce((total, count) => total + count, 0))
  return {
    what,
    ours: sum(lost),
    against: `${sum(pairs.map(({ against }) => against.lost))} ${relayName}`,
    values: lost,
    judgedBy: 'worst'
  }
}
