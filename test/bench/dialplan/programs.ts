import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { cpuMsOfRun } from '../support/cpu.js'
import type { Product } from '../support/product.js'
import { alternate, type BenchOptions, compare, type Measurement } from '../support/suite.js'
import { largeSiteText } from './site.js'

const users = 10_000

/** CPU of the whole process for 10,000 users, against the smallest program that Node can run; and the most memory that it had. */
export async function measurePrograms(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const site = product.writeFile('privatedial.ini', largeSiteText(users))
  const out = path.join(path.dirname(site), 'etc')
  const render = ['dialplan', 'render', site, '--out', out]
  const check = ['dialplan', 'check', out, '--sounds', 'none']
  const run = (args: readonly string[]) => cpuMsOfRun([process.execPath, ...args], product.env)
  const smallest = () => run(['-e', '0'])
  // The first start writes V8's code cache, and the folder that is checked.
  await run([product.program, ...render])
  const rendering = async () => {
    fs.rmSync(out, { recursive: true })
    return run([product.program, ...render])
  }
  const rendered = await alternate(options, `render of ${users} users`, { ours: rendering, against: smallest })
  const checked = await alternate(options, `check of ${users} users`, {
    ours: () => run([product.program, ...check]),
    against: smallest
  })
  const row = (what: string, pairs: typeof rendered, atMost: number) =>
    compare({
      what: `${what} of 10,000 users: CPU of the whole process`,
      pairs,
      value: (ms) => ms,
      format: (ms) => `${ms.toFixed(0)} ms`,
      againstName: 'node -e 0',
      limit: { atMost }
    })
  fs.rmSync(out, { recursive: true })
  return [
    row('render', rendered, 20),
    row('check', checked, 40),
    memory(await peakMegabytes([product.program, ...render], product))
  ]
}

function memory(megabytes: number): Measurement {
  return {
    what: 'render of 10,000 users: most resident memory, MB',
    ours: `${megabytes.toFixed(0)} MB`,
    against: '300 MB',
    values: [megabytes],
    judgedBy: 'worst',
    limit: { atMost: 300 }
  }
}

/** Node tells at its end what the system counted. */
async function peakMegabytes([program, ...args]: readonly string[], { env }: Product): Promise<number> {
  const script = `process.argv.splice(1, 1); process.once('exit', () => process.stderr.write('peak=' + process.resourceUsage().maxRSS)); require(process.argv[1])`
  const { stderr } = await promisify(execFile)(process.execPath, ['-e', script, '-', program!, ...args], { env })
  return Number(/peak=(\d+)/.exec(stderr)![1]) / 1024
}
