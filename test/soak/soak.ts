import { setTimeout as sleep } from 'node:timers/promises'
import { lookAt, type ProcessFacts } from './process-facts.js'
import { soakProxy } from './services/proxy.js'
import { soakRegister } from './services/register.js'
import { soakTunnel } from './services/tunnel.js'
import { soakWebsms } from './services/websms.js'
import type { Soaked } from './soaked.js'
import { judge, type Observed, type Verdict } from './verdict.js'

/** A name for each; a process that belongs to two is looked at in one of them. */
export const rigs: Readonly<Record<string, () => Promise<Soaked>>> = {
  proxy: soakProxy,
  tunnel: soakTunnel,
  register: soakRegister,
  websms: soakWebsms
}

export interface SoakOptions {
  /** Under load. */
  seconds: number
  /** From the begin of one round to that of the next, unless it takes longer. */
  roundMs: number
  /** At rest after the load: connections time out, then it is looked how often the process wakes up. */
  restSeconds: number
}

export interface SoakReport {
  name: string
  rounds: number
  done: string
  processes: { name: string; verdict: Verdict }[]
  /** All that is wrong; empty: flat. */
  faults: string[]
}

/** Samples that make a line; more cost time and show nothing. */
const samplesWanted = 240
/** Starting takes memory and descriptors of its own. */
const settleMs = 2_000

/** Runs one rig under load, and judges each of its processes. @throws when a service ended by itself */
export async function soak(name: string, { seconds, roundMs, restSeconds }: SoakOptions): Promise<SoakReport> {
  const rig = await rigs[name]!()
  await sleep(settleMs)
  const before = new Map(Object.entries(rig.pids).map(([name, pid]) => [name, lookAt(pid)]))
  const under = new Map<string, ProcessFacts[]>(Object.keys(rig.pids).map((name) => [name, []]))
  const sampler = setInterval(
    () => {
      for (const [name, pid] of Object.entries(rig.pids)) under.get(name)!.push(lookAt(pid))
    },
    Math.max(200, (seconds * 1_000) / samplesWanted)
  )
  let rounds = 0
  const endsAt = performance.now() + seconds * 1_000
  try {
    for (; performance.now() < endsAt; rounds++) {
      const beganAt = performance.now()
      await rig.round(rounds)
      await sleep(Math.max(0, roundMs - (performance.now() - beganAt)))
    }
  } finally {
    clearInterval(sampler)
  }
  await rig.rest()
  await sleep((restSeconds * 1_000) / 2)
  const first = Object.values(rig.pids).map(lookAt)
  await sleep((restSeconds * 1_000) / 2)
  const last = Object.values(rig.pids).map(lookAt)
  await rig.stop()
  const processes = Object.keys(rig.pids).map((name, index) => {
    const observed: Observed = { before: before.get(name)!, under: under.get(name)!, after: [first[index]!, last[index]!] }
    return { name, verdict: judge(observed) }
  })
  const { text, unanswered } = rig.done()
  return {
    name,
    rounds,
    done: text,
    processes,
    faults: [
      ...processes.flatMap(({ name, verdict }) => verdict.faults.map((fault) => `${name}: ${fault}`)),
      ...(unanswered.count > 0 ? [`${unanswered.count} answers did not come: ${unanswered.what.join(', ')}`] : [])
    ]
  }
}
