import { spawn } from 'node:child_process'
import { once } from 'node:events'
import readline from 'node:readline'
import { cpuSeconds } from '../support/cpu.js'
import { residentKb } from '../support/memory.js'
import { highestResidentKb } from '../support/process-tree.js'
import type { Product } from '../support/product.js'
import { percentile } from '../support/statistics.js'
import type { BenchOptions, Measurement } from '../support/suite.js'
import { writeAccounts } from './clients.js'
import { Registrar } from './registrar.js'
import { counted } from './rows.js'

interface Event {
  ts: string
  event: string
  l_uuid: string
  next: number | null
  rttMs: number | null
}

/**
 * Very many accounts of one process, with 3600 s each, until every one of them was refreshed once; so that this takes ten minutes and not fifty, refreshes
 * are due after 10 to 15 % of the time. How late each begins is taken from the events.
 */
export async function measureMany({ quick, progress }: BenchOptions, product: Product): Promise<Measurement[]> {
  const count = quick ? 2_000 : 100_000
  const expiresS = quick ? 120 : 3_600
  const registrar = await Registrar.start()
  const ratio = () => 0.1 + 0.05 * Math.random()
  const file = writeAccounts(product, { count, port: registrar.port, transport: 'udp', expiresS, ratio })
  const words = ['uac', 'register', '--file', file, '--json', '--log-level', 'error', '--keep-bindings', '--bind', '127.0.0.1']
  const startedAt = performance.now()
  const child = spawn(process.execPath, [product.program, ...words], { env: product.env, stdio: ['ignore', 'pipe', 'inherit'] })
  process.once('exit', () => child.kill('SIGKILL'))
  const due = new Map<string, number>()
  const late: number[] = []
  let [registered, failed, registeredMs] = [0, 0, 0]
  try {
    for await (const line of readline.createInterface({ input: child.stdout! })) {
      const { event, l_uuid, ts, next, rttMs } = JSON.parse(line) as Event
      if (event === 'registered') {
        if (++registered === count) registeredMs = performance.now() - startedAt
        if (registered % 5000 === 0) progress(`${registered} registered`)
      } else if (event === 'refreshed') {
        const planned = due.get(l_uuid)
        // When its reply came, less the way there and back.
        if (planned !== undefined) late.push(Date.parse(ts) - (rttMs ?? 0) - planned)
        if (late.length % 5000 === 0) progress(`${late.length} refreshed`)
      } else failed++
      if (due.size < count && next !== null) due.set(l_uuid, Date.parse(ts) + next * 1000)
      if (late.length >= count) break
    }
    const { received } = await registrar.counts()
    const { pid } = child
    return [
      counted(`${count} accounts: registered after, s`, [registeredMs / 1000]),
      counted(`${count} accounts: CPU until each was refreshed once, s`, [cpuSeconds(pid!)]),
      counted(`${count} accounts: most memory, MiB`, [highestResidentKb(pid!) / 1024]),
      counted(`${count} accounts: memory at the end, MiB`, [residentKb(pid!) / 1024]),
      counted(`${count} accounts: REGISTERs`, [received], { atMost: 3.06 * count }),
      counted(`${count} accounts: failed or expired`, [failed], { atMost: 0 }),
      counted(`${count} accounts: refresh late by, median, ms`, [percentile(late, 0.5)]),
      counted(`${count} accounts: refresh late by, 99th percentile, ms`, [percentile(late, 0.99)]),
      counted(`${count} accounts: refresh late by, worst, ms`, [percentile(late, 1)])
    ]
  } finally {
    child.kill('SIGTERM')
    await once(child, 'close')
    await registrar.stop()
  }
}
