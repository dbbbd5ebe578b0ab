// npm run bench [-- SUITE[/PART] ...] [--pairs N] [--quick]: compares what is built with what limits it. Exits 1 when a ratio misses its limit.
import os from 'node:os'
import { parseArgs } from 'node:util'
import { dialplanSuite } from './dialplan/suite.js'
import { managerSuite } from './manager/suite.js'
import { proxySuite } from './proxy/suite.js'
import { startupSuite } from './startup/suite.js'
import type { BenchOptions, Suite } from './support/suite.js'
import { renderTable } from './support/table.js'
import { allMet, type PartResult, renderVerdicts } from './support/verdicts.js'
import { tunnelSuite } from './tunnel/suite.js'
import { uacSuite } from './uac/suite.js'

/** A new suite is one more folder, and one more line here. */
const suites: readonly Suite[] = [startupSuite, dialplanSuite, managerSuite, proxySuite, tunnelSuite, uacSuite]

const help = `npm run bench -- [SUITE[/PART] ...] [--pairs N] [--quick]

${suites.map(({ name, summary, parts }) => `  ${name.padEnd(10)}${summary}\n${''.padEnd(12)}${Object.keys(parts).join(', ')}`).join('\n')}

Without a suite all of them run. --pairs: how often both sides run, in turn (default 5). --quick: shorter runs, not to quote from.
`

class UsageError extends Error {}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { pairs: { type: 'string', default: '5' }, quick: { type: 'boolean', default: false }, help: { type: 'boolean' } }
  })
  if (values.help) {
    process.stdout.write(help)
    return
  }
  const chosen = positionals.length === 0 ? suites.map(wholeSuite) : positionals.map(findParts)
  const options: BenchOptions = { pairs: readPairs(values.pairs), quick: values.quick, progress }
  const { length: cores } = os.cpus()
  process.stdout.write(
    `${positionals.join(' ') || 'all'}: --pairs ${options.pairs}${options.quick ? ' --quick' : ''}, ${cores} cores, Node ${process.versions.node}\n`
  )
  const results: PartResult[] = []
  for (const choice of chosen) {
    const ofSuite = await runParts(choice, options)
    progress('')
    // As soon as it is there: a run of all takes hours, and what comes after may break.
    process.stdout.write(`\n${renderTable(ofSuite.flatMap(({ rows }) => rows))}`)
    results.push(...ofSuite)
  }
  if (chosen.length > 1 || results.some(({ failure }) => failure !== undefined)) {
    process.stdout.write(`\nWhat is judged:\n\n${renderVerdicts(results)}`)
  }
  if (!allMet(results)) process.exitCode = 1
}

/** A part that breaks leaves its reason, and the others are measured all the same. */
async function runParts({ suite, parts }: Choice, options: BenchOptions): Promise<PartResult[]> {
  const product = suite.prepare()
  const results: PartResult[] = []
  for (const name of parts) {
    const part = `${suite.name}/${name}`
    try {
      results.push({ part, rows: await suite.parts[name]!(options, product) })
    } catch (error) {
      process.stderr.write(`${part} broke: ${(error as Error).stack}\n`)
      results.push({ part, rows: [], failure: (error as Error).message.split('\n')[0]! })
    }
  }
  return results
}

interface Choice {
  suite: Suite
  parts: readonly string[]
}

function wholeSuite(suite: Suite): Choice {
  return { suite, parts: Object.keys(suite.parts) }
}

function findParts(text: string): Choice {
  const [name, part] = text.split('/')
  const suite = suites.find((candidate) => candidate.name === name)
  if (!suite) throw new UsageError(`there is no suite "${name}"`)
  if (part === undefined) return wholeSuite(suite)
  if (!Object.hasOwn(suite.parts, part)) throw new UsageError(`suite ${name} has no part "${part}"`)
  return { suite, parts: [part] }
}

function readPairs(text: string): number {
  const pairs = Number(text)
  if (!Number.isInteger(pairs) || pairs < 1) throw new UsageError(`--pairs ${text} is no number of pairs`)
  return pairs
}

/** On a terminal one line that changes; in a log one line each. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  else if (text !== '') process.stderr.write(`${text}\n`)
}

try {
  await main()
} catch (error) {
  if (!(error instanceof UsageError) && !(error instanceof TypeError && 'code' in error)) throw error
  process.stderr.write(`${error.message}\n\n${help}`)
  process.exitCode = 64
}
