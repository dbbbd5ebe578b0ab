import fs from 'node:fs'
import { renderSite } from '../../../src/lib/privatedial/render-site.js'
import type { Site } from '../../../src/lib/site/site.js'
import { startAsterisk } from '../../lab/servers/asterisk.js'
import { labAvailable } from '../../lab/servers/availability.js'
import { StartError } from '../../lab/servers/errors.js'
import { modules } from '../../lab/support/rendered-pbx.js'
import { type BenchOptions, compare, type Measurement, type Pair, skipped } from '../support/suite.js'
import { largeSite } from './site.js'

/** What Asterisk starts with: the files of a form, or those of the default without any number and hint, which nothing that knows users can be faster than. */
type Form = Site['output']['form'] | 'floor'

const againstFloor = 1.3

/** How long Asterisk 22 takes from its start until it is fully booted, with 1,000 and 10,000 users. */
export async function measureBoots(options: BenchOptions): Promise<Measurement[]> {
  const available = await labAvailable('asterisk22')
  if (!available.ok) {
    return [skipped('start of Asterisk', available.reason)]
  }
  const rows: Measurement[] = []
  for (const users of options.quick ? [1_000] : [1_000, 10_000]) {
    const pairs: Pair<number>[] = []
    for (let pair = 1; pair <= options.pairs; pair++) {
      options.progress(`boot with ${users} users: pair ${pair} of ${options.pairs}`)
      pairs.push({ ours: await bootSeconds(users, 'plain'), against: await bootSeconds(users, 'floor') })
    }
    const what = `${users.toLocaleString('en')} users: start of Asterisk until it is fully booted`
    const common = { value: (seconds: number) => seconds, format: (seconds: number) => `${seconds.toFixed(2)} s` }
    rows.push(
      compare({
        ...common,
        what: `${what}, default form`,
        pairs,
        againstName: 'without numbers',
        limit: { atMost: againstFloor }
      })
    )
    options.progress(`boot with ${users} users: wizard`)
    const wizard = await bootSeconds(users, 'wizard').catch(asLongAsTheLabWaits)
    const against = { ours: wizard, against: pairs[0]!.ours }
    rows.push(compare({ ...common, what: `${what}, wizard`, pairs: [against], againstName: 'default form' }))
  }
  return rows
}

/** The lab gives a server a minute. The wizard with 10,000 users may take longer: what is shown then is less than the truth. */
function asLongAsTheLabWaits(error: unknown): number {
  if (error instanceof StartError) return 60
  throw error
}

async function bootSeconds(users: number, form: Form): Promise<number> {
  const site = largeSite(users, form === 'floor' ? 'plain' : form)
  const files = Object.fromEntries(
    renderSite(site).map(({ name, text }) => [name, form === 'floor' ? withoutNumbers(name, text) : text])
  )
  const asterisk = await startAsterisk({
    name: `boot-${form}`,
    files: {
      'modules.conf': modules,
      ...files,
      // Ports of the instance: several may run on this machine.
      'pjsip_transport.conf': ({ ports }) => `[udp]\ntype = transport\nprotocol = udp\nbind = 127.0.0.1:${ports.sip}\n`
    }
  })
  try {
    return ageOf(asterisk.pid)
  } finally {
    await asterisk.stop()
  }
}

function withoutNumbers(name: string, text: string): string {
  if (name === 'numbers.conf') return '; none\n'
  return name === 'extensions.conf' ? text.replace(/^exten => \S+,hint,.*\n/gm, '') : text
}

/** Seconds since a process began, in steps of 10 ms: proc(5), field 22, in ticks of which Linux has 100. */
function ageOf(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
  const startTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  return Number(fs.readFileSync('/proc/uptime', 'latin1').split(' ')[0]) - startTicks / 100
}
