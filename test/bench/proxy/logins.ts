import net from 'node:net'
import type { Product } from '../support/product.js'
import { CrowdClient } from './crowd.js'
import { type Middle, Rig } from './rig.js'

const parallel = 10
/** A proxy runs for weeks: what is measured is code that is warm. V8 has compiled what a login runs after some 6,000 of them. */
const warmUpLogins = 6_000

/** Logins per second of clients that send at once and leave when they are let in. */
export async function runLogins(middle: Middle, product: Product, logins: number): Promise<number> {
  const rig = await Rig.start(middle, product)
  try {
    await logInAndOut(rig.middle.port, warmUpLogins)
    const startedAt = performance.now()
    await logInAndOut(rig.middle.port, logins)
    return (logins / (performance.now() - startedAt)) * 1000
  } finally {
    await rig.stop()
  }
}

async function logInAndOut(port: number, logins: number): Promise<void> {
  let left = logins
  const one = async () => {
    while (left-- > 0) (await CrowdClient.open(port, () => {})).socket.destroy()
  }
  await Promise.all(Array.from({ length: parallel }, one))
}

const warmUpRounds = 10

/** Clients that all connect at the same moment and say nothing until they are greeted. @returns for each the milliseconds to the banner */
export async function runBanners(middle: Middle, product: Product, clients: number): Promise<number[]> {
  const rig = await Rig.start(middle, product)
  try {
    for (let round = 0; round < warmUpRounds; round++) await greetings(rig.middle.port, clients)
    return await greetings(rig.middle.port, clients)
  } finally {
    await rig.stop()
  }
}

function greetings(port: number, clients: number): Promise<number[]> {
  return Promise.all(Array.from({ length: clients }, () => greeting(port)))
}

/** From when the connection stands: how long our own process takes to open it is not the proxy's. */
function greeting(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let connectedAt = 0
    const socket = net.connect(port, '127.0.0.1', () => {
      connectedAt = performance.now()
    })
    socket.once('data', () => {
      resolve(performance.now() - connectedAt)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}
