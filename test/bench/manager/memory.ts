import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { alone } from '../proxy/rows.js'
import { startScript } from '../support/processes.js'
import type { Product } from '../support/product.js'
import type { BenchOptions, Measurement } from '../support/suite.js'
import { manyCalls } from './calls.js'
import { keyText } from './recordings.js'

/** The mark that the kernel keeps only rises: looking this often misses the last moments at most. */
const lookMs = 20

/** The most that `manager listcalls` has resident while 100,000 calls stream through it. */
export async function measureMemory({ pairs, quick, progress }: BenchOptions, product: Product): Promise<Measurement[]> {
  const sniffer = await startScript('manager/sides/sniffer.ts', [String(manyCalls)])
  const env = { ...product.env, PBXKIT_MANAGER_KEY: keyText.key, PBXKIT_MANAGER_IV: keyText.iv }
  const rows: Measurement[] = []
  try {
    for (const args of [
      ['--format', 'ndjson'],
      ['--format', 'table', '--zip', 'yes'],
      ['--warn', 'calls=1000000']
    ]) {
      const values: number[] = []
      for (let round = 1; round <= (quick ? 1 : pairs); round++) {
        progress(`memory: listcalls ${args.join(' ')}, round ${round}`)
        values.push(
          await highestMb(
            [product.program, 'manager', 'listcalls', '--port', String(sniffer.port), '--timeout', '60', ...args],
            env
          )
        )
      }
      const what = `${manyCalls} calls, listcalls ${args.join(' ')}: most memory`
      rows.push(alone(what, values, { format: (mb) => `${mb.toFixed(0)} MB`, limit: { atMost: 300 } }))
    }
  } finally {
    await sniffer.stop()
  }
  return rows
}

async function highestMb(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  let kb = 0
  const timer = setInterval(() => {
    try {
      kb = Number(/^VmHWM:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${child.pid}/status`, 'latin1'))?.[1] ?? kb)
    } catch {
      // It has ended.
    }
  }, lookMs)
  const [status] = await once(child, 'close')
  clearInterval(timer)
  if (status !== 0) throw new Error(`listcalls ended with ${status}`)
  return kb / 1000
}
