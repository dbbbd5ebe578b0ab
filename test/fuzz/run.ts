import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.js'
import { targets } from './targets.js'

const HELP = `Every parser, with inputs that are made of recordings.

  npm run fuzz -- --seconds 600               all targets, so long in all
  npm run fuzz -- --target sip --seconds 60   those whose name has "sip" in it
  npm run fuzz -- --seed 7                    the same inputs as the run that printed this seed

Prints the seed, and a line for each target. What breaks a promise is written into --out (default: fuzz-findings); once mended, move it to
test/fuzz/regressions/TARGET/. Exit status 1: something was found.
`

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    target: { type: 'string', default: '' },
    out: { type: 'string', default: 'fuzz-findings' },
    help: { type: 'boolean', short: 'h', default: false }
  }
})
const chosen = targets.filter(({ name }) => name.includes(values.target))
if (values.help || chosen.length === 0 || !(Number(values.seconds) > 0)) {
  process.stdout.write(HELP)
  process.exitCode = values.help ? 0 : 64
} else {
  console.log(`seed ${values.seed}, ${chosen.length} targets, ${values.seconds} s in all`)
  const eachMs = (Number(values.seconds) * 1_000) / chosen.length
  for (const target of chosen) {
    const endsAt = performance.now() + eachMs
    const { tried, finding } = await fuzz(target, Number(values.seed), () => performance.now() > endsAt)
    console.log(`${finding ? 'BROKEN' : 'ok    '} ${target.name.padEnd(26)} ${tried} inputs`)
    if (!finding) continue
    process.exitCode = 1
    fs.mkdirSync(values.out, { recursive: true })
    const file = path.join(values.out, `${target.name}-${finding.seed}.bin`)
    fs.writeFileSync(file, finding.input)
    console.log(
      `  promised: ${target.promise}\n  input: ${file} (${finding.input.length} bytes)\n  ${finding.error.stack?.split('\n').slice(0, 12).join('\n  ')}`
    )
  }
}
