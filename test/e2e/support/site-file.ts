import type { Site } from '../../../src/lib/site/site.js'
import { siteText as textOf } from '../../unit/support/site-text.js'
import { makeSite } from '../../unit/support/sites.js'

/** The text of a site file, in the language of `privatedial.ini`. */
export function siteText(changes: Partial<Site> = {}): string {
  return textOf(makeSite(changes))
}
