import { setTimeout as delay } from 'node:timers/promises'
import type { Product } from '../support/product.js'
import { alternate, type BenchOptions, compare, type Measurement } from '../support/suite.js'
import { type Client, startKamailios, startOurs, type Transport } from './clients.js'
import { Registrar } from './registrar.js'
import { counted, rivalName } from './rows.js'

interface StartResult {
  ms: number
  cpuS: number
  registrarCpuS: number
  memoryMb: number
  requests: number
  failed: number
}

/** Longer than both ever took. Who is not there then has failed. */
const limitMs = 90_000
/** Copies that are still on their way, and what memory does once all is done. */
const settleMs = 2_000

/** Every account of a table from nothing to registered. */
export async function measureStart(transport: Transport, options: BenchOptions, product: Product): Promise<Measurement[]> {
  const count = options.quick ? 1_000 : 10_000
  const what = `${count} accounts over ${transport === 'udp' ? 'UDP' : 'one TCP connection'}`
  const pairs = await alternate(options, what, {
    ours: () => runStart((order) => startOurs(product, order), count, transport),
    against: () => runStart(startKamailios, count, transport)
  })
  const ratio = (name: string, value: (result: StartResult) => number, format: (value: number) => string, atMost?: number) =>
    compare({
      what: `${what}: ${name}`,
      ...{ pairs, value, format, againstName: rivalName },
      ...(atMost !== undefined && { limit: { atMost } })
    })
  const isUdp = transport === 'udp'
  const ours = pairs.map((pair) => pair.ours)
  return [
    ratio('time until all are registered', ({ ms }) => ms, seconds, isUdp ? 0.8 : 1.1),
    ratio(
      'CPU',
      ({ cpuS }) => cpuS,
      (s) => `${s.toFixed(2)} s`,
      isUdp ? undefined : 1.1
    ),
    ratio(
      'CPU of the registrar',
      ({ registrarCpuS }) => registrarCpuS,
      (s) => `${s.toFixed(2)} s`
    ),
    ratio('memory', ({ memoryMb }) => memoryMb, megabytes, isUdp ? undefined : 0.5),
    counted(
      `${what}: most memory, MiB`,
      ours.map(({ memoryMb }) => memoryMb),
      isUdp && !options.quick ? { atMost: 130 } : undefined
    ),
    counted(
      `${what}: REGISTERs`,
      ours.map(({ requests }) => requests),
      isUdp ? { atMost: 2.04 * count } : { atLeast: 2 * count, atMost: 2 * count },
      `${Math.max(...pairs.map(({ against }) => against.requests))} ${rivalName}`
    ),
    counted(
      `${what}: not registered`,
      ours.map(({ failed }) => failed),
      { atMost: 0 }
    )
  ]
}

async function runStart(
  start: (order: { count: number; port: number; transport: Transport }) => Promise<Client>,
  count: number,
  transport: Transport
): Promise<StartResult> {
  const registrar = await Registrar.start()
  const before = registrar.cpuSeconds()
  let client: Client | undefined
  try {
    client = await start({ count, port: registrar.port, transport })
    const ms = (await registrar.granted(count, client.startedAt, limitMs)) ?? limitMs
    const cpuS = client.cpuSeconds()
    await delay(settleMs)
    const { received, granted } = await registrar.counts()
    return {
      ...{ ms, cpuS, memoryMb: client.memoryMb(), requests: received, failed: Math.max(0, count - granted) },
      registrarCpuS: registrar.cpuSeconds() - before
    }
  } finally {
    await client?.stop()
    await registrar.stop()
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}

function megabytes(mb: number): string {
  return `${mb.toFixed(0)} MiB`
}
