import type { Site } from '../../../src/lib/site/site.js'
import { makeSite } from '../../unit/support/sites.js'

/** The text of a site file. */
export function siteText(changes: Partial<Site> = {}): string {
  const site = makeSite(changes)
  return JSON.stringify({ ...site, ivr: { ...site.ivr, keys: Object.fromEntries(site.ivr.keys) } })
}
