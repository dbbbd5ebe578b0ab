import { residentKb } from '../support/memory.js'
import type { Product } from '../support/product.js'
import { median } from '../support/statistics.js'
import { Crowd } from './crowd.js'
import { Rig } from './rig.js'
import type { EmitOrder } from './sides/event-source.js'

const steps = 20
const clients = 50
/** So many leave after each step, and others come. */
const changing = 10

export interface SoakResult {
  /** Median of the last quarter, and of the second: the first fills the journal and the pools. */
  lastKb: number
  secondKb: number
}

/** Events flat out, in steps, with clients that come and go. */
export async function runSoak(product: Product, events: number): Promise<SoakResult> {
  const rig = await Rig.start({}, product)
  const crowd = await Crowd.open(rig.middle.port, clients)
  const order: EmitOrder = { rate: 'max', seconds: 600, stampEvery: 64, maxEvents: Math.ceil(events / steps) }
  const residents: number[] = []
  try {
    for (let step = 0; step < steps; step++) {
      crowd.reset()
      await crowd.allReceived((await rig.emit(order)).bytes)
      residents.push(residentKb(rig.middle.pid))
      crowd.leave(changing)
      await crowd.add(rig.middle.port, changing)
    }
    return { lastKb: median(residents.slice((steps * 3) / 4)), secondKb: median(residents.slice(steps / 4, steps / 2)) }
  } finally {
    crowd.close()
    await rig.stop()
  }
}
