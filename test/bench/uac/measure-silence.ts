import dgram from 'node:dgram'
import { setTimeout as delay } from 'node:timers/promises'
import type { Product } from '../support/product.js'
import { alternate, type BenchOptions, type Measurement } from '../support/suite.js'
import { type AccountsOrder, type Client, startKamailios, startOurs } from './clients.js'
import { Registrar } from './registrar.js'
import { counted, rivalName } from './rows.js'

const pairsOfOutages = 1
const accounts = 1_000
/** Short, so that all of them want to be refreshed while nobody answers; as in the numbers of the specification. */
const order = { expiresS: 30, timerS: 5, retryS: 10 }
const silentMs = 60_000
const limitMs = 120_000

/** One account, and a registrar that takes everything and says nothing: packets in 40 s. */
export async function measureSilence(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const forMs = options.quick ? 10_000 : 40_000
  const what = `silent registrar, one account, ${forMs / 1000} s`
  const pairs = await alternate({ ...options, pairs: Math.min(options.pairs, 2) }, what, {
    ours: () => packets((one) => startOurs(product, one), forMs),
    against: () => packets(startKamailios, forMs)
  })
  const against = `${Math.max(...pairs.map((pair) => pair.against))} ${rivalName}`
  return [
    counted(
      `${what}: packets`,
      pairs.map(({ ours }) => ours),
      { atMost: 12 },
      against
    )
  ]
}

async function packets(start: (one: AccountsOrder) => Promise<Client>, forMs: number): Promise<number> {
  const socket = dgram.createSocket('udp4')
  let count = 0
  socket.on('message', () => count++)
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const client = await start({ count: 1, port: socket.address().port, transport: 'udp', ...order })
  await delay(forMs)
  await client.stop()
  socket.close()
  return count
}

interface Outage {
  meanwhile: number
  backMs: number
}

/** 1,000 accounts, and a registrar that is silent for a minute. */
export async function measureOutage(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const forMs = options.quick ? 20_000 : silentMs
  const what = `registrar silent for ${forMs / 1000} s, ${accounts} accounts`
  const pairs = await alternate({ ...options, pairs: pairsOfOutages }, what, {
    ours: () => outage((one) => startOurs(product, one), forMs),
    against: () => outage(startKamailios, forMs)
  })
  const ours = pairs.map((pair) => pair.ours)
  const [against] = pairs.map((pair) => pair.against)
  return [
    counted(
      `${what}: REGISTERs meanwhile`,
      ours.map(({ meanwhile }) => meanwhile),
      { atMost: 4 * accounts },
      `${against!.meanwhile} ${rivalName}`
    ),
    counted(
      `${what}: all back after, s`,
      ours.map(({ backMs }) => backMs / 1000),
      { atMost: 30 },
      `${(against!.backMs / 1000).toFixed(1)} ${rivalName}`
    )
  ]
}

async function outage(start: (one: AccountsOrder) => Promise<Client>, forMs: number): Promise<Outage> {
  const registrar = await Registrar.start()
  const client = await start({ count: accounts, port: registrar.port, transport: 'udp', ...order })
  try {
    await registrar.granted(accounts, client.startedAt, limitMs)
    const before = await registrar.counts()
    await registrar.beSilent(true)
    await delay(forMs)
    const { received } = await registrar.counts()
    const backAt = performance.now()
    const { granted } = await registrar.counts()
    await registrar.beSilent(false)
    // A refresh that an account had just made before is no return: after so many grants each has had its turn.
    const backMs = (await registrar.granted(granted + accounts, backAt, limitMs)) ?? limitMs
    return { meanwhile: received - before.received, backMs }
  } finally {
    await client.stop()
    await registrar.stop()
  }
}
