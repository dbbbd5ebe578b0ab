import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryFiles } from '../../../../src/lib/asterisk-config/files.js'
import { loadConfigStrictly } from '../../../../src/lib/asterisk-config/load.js'
import { loadCatalogue } from '../../../../src/lib/dialplan-check/catalogue/catalogue.js'
import { checkConfiguration } from '../../../../src/lib/dialplan-check/check-configuration.js'
import { MemoryHost } from '../../../../src/lib/dialplan-check/host.js'
import { renderSite } from '../../../../src/lib/privatedial/render-site.js'
import { readSite } from '../../../../src/lib/site/read-site.js'
import { anySite } from '../../support/any-site.js'
import { siteText } from '../../support/site-text.js'
import { makeSite } from '../../support/sites.js'

const numRuns = 60

describe.each(['plain', 'wizard'] as const)('any site as %s', (form) => {
  it('has neither an error nor a warning that dialplan check would find', async () => {
    const catalogue = await loadCatalogue()
    fc.assert(
      fc.property(anySite(form), (site) => {
        const files = renderSite(site)
        const host = new MemoryHost(
          Object.fromEntries(files.map(({ name, text }) => [name, text])),
          Object.fromEntries(files.map(({ name, mode }) => [name, mode]))
        )
        const { findings } = checkConfiguration(host, { catalogue, now: new Date() })
        const found = findings.filter(({ severity }) => severity !== 'info')
        expect(found.map(({ file, line, code, message }) => `${file}:${line} ${code} ${message}`)).toEqual([])
      }),
      { numRuns }
    )
  }, 60_000)

  it('has each value of each user and trunk, read back from the files', () => {
    fc.assert(
      fc.property(anySite(form), (site) => {
        const texts = Object.fromEntries(renderSite(site).map(({ name, text }) => [name, text]))
        const files = new MemoryFiles(texts)
        const { sections } = loadConfigStrictly(form === 'plain' ? 'pjsip.conf' : 'pjsip_wizard.conf', files)
        const valuesOf = (name: string, option: string) =>
          sections
            .filter((one) => one.name === name && !one.isTemplate)
            .flatMap(({ settings }) => settings.filter((one) => one.name === option).slice(-1))
            .map(({ value }) => value)
        const [endpoint, auth, aor] = form === 'plain' ? ['', '', ''] : ['endpoint/', 'inbound_auth/', 'aor/']
        for (const { name, display, number, secret, maxContacts } of site.users) {
          expect(valuesOf(name, `${endpoint}callerid`)).toEqual([`${display} <${number}>`])
          expect(valuesOf(name, `${auth}username`)).toEqual([name])
          expect(valuesOf(name, `${auth}password`)).toEqual([secret])
          expect(valuesOf(name, `${aor}max_contacts`)).toEqual([String(maxContacts)])
        }
        for (const { name, secret } of site.trunks)
          expect(valuesOf(name, form === 'plain' ? 'password' : 'outbound_auth/password')).toEqual(
            secret === undefined ? [] : [secret]
          )
      }),
      { numRuns }
    )
  }, 60_000)
})

it('is the same site again when its text is read', async () => {
  const withoutSource = (site: object) => JSON.parse(JSON.stringify(site, (key, value) => (key === 'source' ? undefined : value)))
  const site = makeSite()
  const { site: again } = await readSite({
    file: '-',
    timeoutMs: 1_000,
    readStdin: async () => Buffer.from(siteText(site))
  })
  expect(withoutSource(again)).toEqual(withoutSource(site))
  expect(renderSite(again)).toEqual(renderSite(site))
})
