import { describe, expect, it } from 'vitest'
import { MemoryFiles } from '../../../../src/lib/asterisk-config/files.js'
import { meets, outcomeOf, parseExpectations } from '../../../../src/lib/dialplan/trace/expectations.js'
import { loadTraceFiles, makeScene } from '../../../../src/lib/dialplan/trace/load-scene.js'
import { traceCall } from '../../../../src/lib/dialplan/trace/trace-call.js'
import { renderSite } from '../../../../src/lib/privatedial/render-site.js'
import type { Site } from '../../../../src/lib/site/site.js'
import { makeSite, makeTrunk, makeUser } from '../../support/sites.js'

/** What has to come of the calls of a site, as a table for `dialplan trace --expect`. */
function expectationsOf({ site, users, trunks }: Site): string {
  const national = (number: string) => `${site.nationalPrefix}${number.slice(1 + site.countryCode.length)}`
  const international = (number: string) => `${site.internationalPrefix}${number.slice(1)}`
  const lines = users.flatMap((caller) =>
    users.flatMap(({ name, number }) => {
      const forms = [number, number.slice(1), international(number)]
      if (number.startsWith(`+${site.countryCode}`)) forms.push(national(number))
      return forms.map((form) => `${form} from=${caller.name} -> PJSIP/${name}`)
    })
  )
  for (const { name, access, trunk } of users) {
    if (access === 'in') {
      lines.push(`+12025550199 from=${name} dial=CHANUNAVAIL -> nobody`, `${site.emergency[0]} from=${name} -> nobody`)
      continue
    }
    lines.push(`+12025550199 from=${name} -> PJSIP/+12025550199@${trunk}`)
    lines.push(`${site.internationalPrefix}12025550199 from=${name} -> PJSIP/+12025550199@${trunk}`)
    lines.push(`${site.nationalPrefix}899999999 from=${name} -> PJSIP/+${site.countryCode}899999999@${trunk}`)
    for (const number of site.emergency) lines.push(`${number} from=${name} -> PJSIP/${number}@${trunk}`)
  }
  const [{ name: someone, number }] = users as [Site['users'][number]]
  for (const injected of [
    `${number}&Local/6@dp_ivr_recgreet`,
    `${number},s,1`,
    `+46\${EXTEN}12345`,
    `0812345678&PJSIP/x`,
    '46812340002"'
  ])
    lines.push(`${injected} from=${someone} -> nobody`, `${injected} from=${someone} -> Hangup(28)`)
  for (const { name } of trunks) {
    lines.push(`${number} from=${name} -> PJSIP/${someone}`, `${number.slice(1)} from=${name} -> PJSIP/${someone}`)
    lines.push(`+12025550199 from=${name} -> nobody`, `+12025550199 from=${name} -> Hangup(1)`)
  }
  return lines.join('\n')
}

const sites: Record<string, Partial<Site>> = {
  'three users and a trunk': {},
  'two trunks, and numbers of two countries': {
    trunks: [makeTrunk('itsp'), makeTrunk('itsp:other', { hosts: ['192.0.2.20'], match: ['192.0.2.20'] })],
    users: [
      makeUser('anna', '+46701234567', { trunk: 'itsp:other', email: 'anna@example.org' }),
      makeUser('ben.b', '+12025550160'),
      makeUser('cleo', '+46812340003', { access: 'in', trunk: undefined })
    ]
  }
}

describe.each(['plain', 'wizard'] as const)('calls of a site rendered as %s, traced', (form) => {
  it.each(Object.entries(sites))('%s', (_, changes) => {
    const site = makeSite({ ...changes, output: { form } })
    const loaded = loadTraceFiles(new MemoryFiles(Object.fromEntries(renderSite(site).map(({ name, text }) => [name, text]))))
    const rows = parseExpectations(expectationsOf(site), 'table')
    expect(rows.length).toBeGreaterThan(40)
    const differing = rows.flatMap(({ number, from, dial, targets }) => {
      const trace = traceCall(makeScene(loaded), { number, from: from!, dial })
      return targets.every((target) => meets(trace, target)) ? [] : [`${number} from ${from}: ${targets} is ${outcomeOf(trace)}`]
    })
    expect(differing).toEqual([])
  })
})
