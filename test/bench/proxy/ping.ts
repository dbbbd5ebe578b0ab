import { cpuSeconds } from '../support/cpu.js'
import type { Product } from '../support/product.js'
import { Crowd, type CrowdClient } from './crowd.js'
import { type Middle, Rig } from './rig.js'

/** A proxy runs for weeks: what is measured is code that is warm. V8 compiles on for some three seconds of pings. */
const warmUpMs = 4_000
const answerMs = 5_000

export interface PingResult {
  roundTripsPerS: number
  /** CPU seconds of the proxy or relay per million round trips. */
  cpuPerMillion: number
}

/** Clients that send their next Ping as soon as the last one is answered. The relay answers itself, the proxy has to ask the source. */
export async function runPings(middle: Middle, product: Product, clients: number, seconds: number): Promise<PingResult> {
  const rig = await Rig.start(middle, product)
  const crowd = await Crowd.open(rig.middle.port, clients)
  try {
    await pingFor(crowd.clients, warmUpMs)
    const cpuBefore = cpuSeconds(rig.middle.pid)
    const roundTrips = await pingFor(crowd.clients, seconds * 1000)
    const cpu = cpuSeconds(rig.middle.pid) - cpuBefore
    return { roundTripsPerS: roundTrips / seconds, cpuPerMillion: (cpu / roundTrips) * 1e6 }
  } finally {
    crowd.close()
    await rig.stop()
  }
}

async function pingFor(clients: readonly CrowdClient[], durationMs: number): Promise<number> {
  const endsAt = performance.now() + durationMs
  const counts = await Promise.all(clients.map((client, index) => pingUntil(client, `bench-${index}`, endsAt)))
  return counts.reduce((sum, count) => sum + count, 0)
}

/** @throws Error when an answer does not come, or is not the one that was asked for */
function pingUntil(client: CrowdClient, name: string, endsAt: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let count = 0
    let answer = ''
    const timer = setTimeout(() => reject(new Error(`${name} got no answer`)), endsAt - performance.now() + answerMs)
    const ping = () => client.socket.write(`Action: Ping\r\nActionID: ${name}-${count}\r\n\r\n`)
    client.onRead = (chunk) => {
      answer += chunk.toString('latin1')
      if (!answer.endsWith('\r\n\r\n')) return
      if (!answer.includes(`ActionID: ${name}-${count}\r\n`))
        return reject(new Error(`${name} got the answer of another: ${answer}`))
      answer = ''
      count++
      if (performance.now() < endsAt) return ping()
      clearTimeout(timer)
      resolve(count)
    }
    ping()
  })
}
