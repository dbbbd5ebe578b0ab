import { parseArgs } from 'node:util'
import { Samples } from './samples.js'
import { services } from './services.js'

const HELP = `A service under load for a long time: are its memory and its descriptors flat?

  npm run soak -- proxy --minutes 30       clients that come, ask and go, half of them without a goodbye
  npm run soak -- tunnel --minutes 30      calls through both sides of an AGI tunnel
  npm run soak -- register --minutes 30    200 registrations, refreshed all the time

Exit status: 0 flat, 1 not.
`

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '30' }, help: { type: 'boolean', short: 'h', default: false } }
})
const start = services[positionals[0] ?? '']
const minutes = Number(values.minutes)
if (values.help || !start || !(minutes > 0)) {
  process.stdout.write(HELP)
  process.exitCode = values.help ? 0 : 64
} else {
  const service = await start()
  const samples = new Samples(service.pids)
  const everyMs = Math.max(500, (minutes * 60_000) / 360)
  const endsAt = Date.now() + minutes * 60_000
  for (let next = Date.now(); Date.now() < endsAt; ) {
    await service.load()
    if (Date.now() < next) continue
    next += everyMs
    samples.take()
  }
  await service.stop()
  const { text, isFlat } = samples.verdict()
  console.log(`${positionals[0]}, ${minutes} min, ${service.done()}\n${text}`)
  process.exitCode = isFlat ? 0 : 1
}
process.exit()
