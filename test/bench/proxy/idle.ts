import { residentKb } from '../support/memory.js'
import type { Product } from '../support/product.js'
import { Crowd } from './crowd.js'
import { Rig } from './rig.js'

/** Those who come first pay for what the proxy needs once: code, tables, pools. */
const firstClients = 100

/** Resident memory of the proxy per client that has logged in and is silent, in kB. */
export async function runIdle(product: Product, clients: number): Promise<number> {
  const rig = await Rig.start({}, product)
  const crowd = await Crowd.open(rig.middle.port, firstClients)
  try {
    const before = residentKb(rig.middle.pid)
    await crowd.add(rig.middle.port, clients)
    return (residentKb(rig.middle.pid) - before) / clients
  } finally {
    crowd.close()
    await rig.stop()
  }
}
