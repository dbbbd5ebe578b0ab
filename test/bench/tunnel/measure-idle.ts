import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { alone } from '../proxy/rows.js'
import { cpuSeconds } from '../support/cpu.js'
import { residentKb } from '../support/memory.js'
import { startScript } from '../support/processes.js'
import type { Product } from '../support/product.js'
import type { BenchOptions, Measurement } from '../support/suite.js'
import { startTunnelServer } from './paths.js'

/** Those who come first pay for what the server needs once: code, tables, pools. */
const firstTunnels = 1_000
/** Two rounds of pings. */
const idleS = 30

interface IdleResult {
  kbEach: number
  cpuMsOfLogin: number
  idlePercent: number
}

/** 10,000 tunnels that only stand: memory of each on the server, what their logins cost it, and what it does while nothing happens but pings. */
export async function measureIdle(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const tunnels = options.quick ? 1_000 : 10_000
  const rows: Measurement[] = []
  for (const way of ['plain', 'tls'] as const) {
    const name = way === 'tls' ? 'in TLS' : 'in clear'
    // Once is a minute or two, and memory is not what other work on the machine changes.
    const values: IdleResult[] = []
    for (let round = 1; round <= (options.quick ? 1 : Math.min(options.pairs, 2)); round++) {
      options.progress(`${tunnels} idle tunnels ${name}: round ${round}`)
      values.push(await runIdle(product, way, tunnels, options.quick ? 5 : idleS))
    }
    const what = `${tunnels} idle tunnels ${name}`
    const row = (label: string, value: (one: IdleResult) => number, format: (number: number) => string, atMost?: number) =>
      alone(`${what}: ${label}`, values.map(value), { format, limit: atMost === undefined ? undefined : { atMost } })
    rows.push(
      row(
        'memory of each',
        ({ kbEach }) => kbEach,
        (kb) => `${kb.toFixed(1)} kB`,
        way === 'tls' ? 30 : 8
      ),
      row(
        'CPU of a login',
        ({ cpuMsOfLogin }) => cpuMsOfLogin,
        (ms) => `${ms.toFixed(2)} ms`,
        way === 'tls' ? 2 : undefined
      ),
      row(
        'CPU with a ping every 15 s',
        ({ idlePercent }) => idlePercent,
        (percent) => `${percent.toFixed(1)} %`,
        5
      )
    )
  }
  return rows
}

async function runIdle(product: Product, way: 'plain' | 'tls', tunnels: number, seconds: number): Promise<IdleResult> {
  // Garbage is no memory of a tunnel: it goes at a signal, before we look.
  const hook = product.writeFile(
    'collect.cjs',
    "process.on('SIGUSR2', () => { gc(); gc(); process.stderr.write('collected\\n') })\n"
  )
  const server = await startTunnelServer(product, way, ['--expose-gc', '--require', hook])
  // One address may have 10,000.
  const crowds = await Promise.all(
    ['127.0.0.1', '127.0.0.2'].map((address) =>
      startScript('tunnel/sides/crowd.ts', [String(server.port), way, address], { ipc: true })
    )
  )
  const open = async (count: number) => {
    const told = crowds.map(({ child }) => once(child, 'message'))
    for (const { child } of crowds) child.send({ tunnels: count / crowds.length })
    for (const [message] of (await Promise.all(told)) as [{ error?: string; lost: number }][]) {
      if (message.error !== undefined || message.lost > 0) throw new Error(`tunnels were lost: ${JSON.stringify(message)}`)
    }
  }
  const resident = async () => {
    const collected = once(server.child.stderr!, 'data')
    process.kill(server.pid, 'SIGUSR2')
    await collected
    await wait(500)
    return residentKb(server.pid)
  }
  try {
    await open(firstTunnels)
    const before = await resident()
    const cpuBefore = cpuSeconds(server.pid)
    await open(tunnels)
    const loginCpuS = cpuSeconds(server.pid) - cpuBefore
    const kbEach = ((await resident()) - before) / tunnels
    const idleBefore = cpuSeconds(server.pid)
    await wait(seconds * 1000)
    const idlePercent = ((cpuSeconds(server.pid) - idleBefore) / seconds) * 100
    return { kbEach, cpuMsOfLogin: (loginCpuS * 1000) / tunnels, idlePercent }
  } finally {
    for (const crowd of crowds) await crowd.stop()
    await server.stop()
  }
}
