import { cpuSeconds } from '../support/cpu.js'
import type { Product } from '../support/product.js'
import { percentile } from '../support/statistics.js'
import { Crowd, type LoginWishes } from './crowd.js'
import { attachProbes } from './probes.js'
import { type Middle, Rig } from './rig.js'
import type { EmitOrder } from './sides/event-source.js'

/** Services run for weeks: what is measured is code that is warm. */
const warmUpSeconds = 0.5
const latencyClients = 10

export interface FanOutResult {
  deliveriesPerS: number
  /** CPU seconds of the proxy or relay per million deliveries. */
  cpuPerMillion: number
  /** Events that a client missed, summed over all clients. */
  lost: number
  p50Ms: number
  p99Ms: number
  maxMs: number
  /** What the load generator used of one core: near 1, it and not the other side is the limit. */
  generatorLoad: number
}

export interface FanOutRun {
  clients: number
  order: EmitOrder
  wishes?: (index: number) => LoginWishes
}

/** One run: so many clients, to each of whom every event goes. */
export async function runFanOut(middle: Middle, product: Product, { clients, order, wishes }: FanOutRun): Promise<FanOutResult> {
  const rig = await Rig.start(middle, product)
  const crowd = await Crowd.open(rig.middle.port, clients, wishes)
  try {
    await crowd.allReceived((await emitFresh(rig, crowd, { ...order, seconds: warmUpSeconds })).bytes)
    return await measure(rig, crowd, order)
  } finally {
    crowd.close()
    await rig.stop()
  }
}

function emitFresh(rig: Rig, crowd: Crowd, order: EmitOrder): Promise<{ events: number; bytes: number }> {
  crowd.reset()
  return rig.emit(order)
}

async function measure(rig: Rig, crowd: Crowd, order: EmitOrder): Promise<FanOutResult> {
  const { counter, latency } = attachProbes(crowd.clients, latencyClients)
  const cpuBefore = cpuSeconds(rig.middle.pid)
  const ownBefore = process.cpuUsage()
  const startedAt = performance.now()
  const { events, bytes } = await emitFresh(rig, crowd, order)
  const seconds = ((await crowd.allReceived(bytes)) - startedAt) / 1000
  const own = process.cpuUsage(ownBefore)
  const cpu = cpuSeconds(rig.middle.pid) - cpuBefore
  const bytesPerEvent = bytes / events
  const deliveries = crowd.received / bytesPerEvent
  // Every client gets the very bytes that the source sends: one that has others has missed something, or got what is not for it.
  const differences = crowd.clients.map((client) => Math.ceil(Math.abs(bytes - client.bytes) / bytesPerEvent))
  differences[0] = Math.max(differences[0]!, Math.abs(events - counter.count))
  return {
    deliveriesPerS: deliveries / seconds,
    cpuPerMillion: (cpu / deliveries) * 1e6,
    lost: differences.reduce((sum, count) => sum + count, 0),
    p50Ms: percentile(latency.latenciesMs, 0.5),
    p99Ms: percentile(latency.latenciesMs, 0.99),
    maxMs: percentile(latency.latenciesMs, 1),
    generatorLoad: (own.user + own.system) / 1e6 / seconds
  }
}
