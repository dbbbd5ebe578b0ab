import { MemoryFiles } from '../../../src/lib/asterisk-config/files.js'
import { loadTraceFiles, makeScene } from '../../../src/lib/dialplan/trace/load-scene.js'
import { traceCall } from '../../../src/lib/dialplan/trace/trace-call.js'
import { renderSite } from '../../../src/lib/privatedial/render-site.js'
import type { BenchOptions, Measurement } from '../support/suite.js'
import { largeSite } from './site.js'

const users = 10_000
/** A trace is allowed this, once the files are loaded. */
const maxMs = 10

/** One trace of a number among 10,000, after loading, of each form: the median of many calls, the first ones among them. */
export async function measureTrace({ quick, progress }: BenchOptions): Promise<Measurement[]> {
  return (['plain', 'wizard'] as const).map((form) => {
    progress(`trace among ${users} users, ${form}`)
    const site = largeSite(users, form)
    const files = new MemoryFiles(Object.fromEntries(renderSite(site).map(({ name, text }) => [name, text])))
    const loaded = loadTraceFiles(files)
    const times = Array.from({ length: quick ? 20 : 200 }, (_, index) => {
      const { number } = site.users[(index * 7919) % users]!
      const start = performance.now()
      const { devices } = traceCall(makeScene(loaded), { number, from: 'user0' })
      const ms = performance.now() - start
      if (devices.length === 0) throw new Error(`${number} rings nobody`)
      return ms
    })
    const sorted = times.toSorted((a, b) => a - b)
    return {
      what: `trace among 10,000 users (${form}), after loading, ms`,
      ours: `${sorted[Math.floor(sorted.length / 2)]!.toFixed(2)} ms, worst ${sorted.at(-1)!.toFixed(1)} ms`,
      against: `${maxMs} ms`,
      values: times,
      judgedBy: 'median',
      limit: { atMost: maxMs }
    }
  })
}
