import { parseArgs } from 'node:util'
import { rigs, type SoakReport, soak } from './soak.js'

const HELP = `Services under load for a long time: are memory, descriptors and wake-ups flat?

  npm run soak -- --minutes 30             all, side by side
  npm run soak -- proxy --minutes 30       clients that come, ask and go (half of them without a goodbye), slow readers, garbage, a server that dies, reloads
  npm run soak -- tunnel register          calls through both sides of an AGI tunnel; 200 registrations that are refreshed all the time
  npm run soak -- websms --round-ms 50     rounds that follow faster (default: 500)

Each process is looked at from outside, in /proc. Exit status: 0 flat, 1 not.
`

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '30' },
    'round-ms': { type: 'string', default: '500' },
    'rest-seconds': { type: 'string', default: '40' },
    help: { type: 'boolean', short: 'h', default: false }
  }
})
const names = positionals.length > 0 ? positionals : Object.keys(rigs)
const [minutes, roundMs, restSeconds] = [values.minutes, values['round-ms'], values['rest-seconds']].map(Number) as [
  number,
  number,
  number
]
if (values.help || names.some((name) => !rigs[name]) || !(minutes > 0) || !(roundMs >= 0) || !(restSeconds > 0)) {
  process.stdout.write(HELP)
  process.exitCode = values.help ? 0 : 64
} else {
  const runs = await Promise.allSettled(names.map((name) => soak(name, { seconds: minutes * 60, roundMs, restSeconds })))
  for (const [index, run] of runs.entries()) {
    if (run.status === 'fulfilled') print(run.value)
    else console.log(`${names[index]}: ${run.reason.stack}`)
    if (run.status === 'rejected' || run.value.faults.length > 0) process.exitCode = 1
  }
}
process.exit()

function print({ name, rounds, done, processes, faults }: SoakReport): void {
  console.log(`${name}: ${rounds} rounds in ${minutes} min; ${done}`)
  for (const { name, verdict } of processes) {
    const { fromMiB, toMiB, peakMiB, descriptors, wakeUps } = verdict
    const memory = `${fromMiB.toFixed(1)} -> ${toMiB.toFixed(1)} MiB (peak ${peakMiB.toFixed(1)})`
    const open = `${descriptors.before} -> ${descriptors.after} descriptors (peak ${descriptors.peak})`
    console.log(`  ${name}: ${memory}, ${open}, ${wakeUps.toFixed(1)} wake-ups a second at rest`)
  }
  console.log(faults.length === 0 ? '  flat' : faults.map((fault) => `  NOT FLAT: ${fault}`).join('\n'))
}
