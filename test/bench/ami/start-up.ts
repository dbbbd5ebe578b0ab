import { cpuMsOfRun } from '../support/cpu.js'
import { startSide } from '../support/processes.js'
import type { Product } from '../support/product.js'
import { type BenchOptions, compare, type Limit, type Measurement, type Pair } from '../support/suite.js'

/** Starts are short and the clock is coarse: fewer runs than this say nothing. */
const fewestRuns = 15

const simulatorUser = { name: 'admin', secret: 'secret' }

/** CPU of whole processes, from start to end, against the smallest program that Node can run. */
export async function measureStartUp(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const simulator = await startSide([product.program, 'ami', 'simulate', '--listen', '127.0.0.1:0'], { env: product.env })
  try {
    const ping = ['ami', 'send', 'Ping', '--port', String(simulator.port), '--username', simulatorUser.name]
    const commands: { what: string; args: string[]; limit?: Limit }[] = [
      { what: 'ami send Ping: CPU of the whole process', args: ping, limit: { atMost: 2.2 } },
      { what: '--help: CPU of the whole process', args: ['--help'] },
      { what: '--version: CPU of the whole process', args: ['--version'] }
    ]
    const results = await interleave(
      commands.map(({ args }) => args),
      options,
      product
    )
    return commands.map(({ what, limit }, index) =>
      compare({
        what,
        pairs: results[index]!,
        value: (ms) => ms,
        format: (ms) => `${ms.toFixed(0)} ms`,
        againstName: 'node -e 0',
        ...(limit && { limit })
      })
    )
  } finally {
    await simulator.stop()
  }
}

/** Each command has its own `node -e 0` right behind it. */
async function interleave(commands: readonly string[][], { pairs, quick, progress }: BenchOptions, product: Product) {
  const env = { ...product.env, PBXKIT_SECRET: simulatorUser.secret }
  const run = (args: readonly string[]) => cpuMsOfRun([process.execPath, ...args], env)
  const results: Pair<number>[][] = commands.map(() => [])
  const runs = Math.max(fewestRuns, quick ? 0 : 5 * pairs)
  progress(`start-up: ${runs} runs of each command`)
  // The first start writes V8's code cache, which every later one reads.
  for (const args of commands) await run([product.program, ...args])
  for (let count = 1; count <= runs; count++) {
    for (const [index, args] of commands.entries()) {
      results[index]!.push({ ours: await run([product.program, ...args]), against: await run(['-e', '0']) })
    }
  }
  return results
}
