import type { Product } from '../support/product.js'
import { percentile } from '../support/statistics.js'
import { Crowd } from './crowd.js'
import { LatencyProbe } from './probes.js'
import { Rig } from './rig.js'
import type { EmitOrder } from './sides/event-source.js'

const warmUpSeconds = 0.5

/** p99 latency, in milliseconds, of clients that read, beside some that have stopped reading. */
export async function runStalled(
  product: Product,
  { clients, stalled, order }: { clients: number; stalled: number; order: EmitOrder }
) {
  // A queue that is full within the run: what happens then is measured, too.
  const rig = await Rig.start({ flags: ['--max-queue', '1048576'] }, product)
  const crowd = await Crowd.open(rig.middle.port, clients)
  const silent = await Crowd.open(rig.middle.port, stalled)
  try {
    for (const { socket } of silent.clients) socket.pause()
    await rig.emit({ ...order, seconds: warmUpSeconds })
    const probe = new LatencyProbe()
    for (const client of crowd.clients) client.onRead = (chunk) => probe.take(chunk)
    crowd.reset()
    await crowd.allReceived((await rig.emit(order)).bytes)
    return percentile(probe.latenciesMs, 0.99)
  } finally {
    crowd.close()
    silent.close()
    await rig.stop()
  }
}
