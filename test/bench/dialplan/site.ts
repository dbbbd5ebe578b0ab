import type { Site } from '../../../src/lib/site/site.js'
import { siteText } from '../../unit/support/site-text.js'
import { makeSite, makeUser } from '../../unit/support/sites.js'

/** A site with so many users, each with a name and a mailbox. */
export function largeSite(count: number, form: Site['output']['form'] = 'plain'): Site {
  const users = Array.from({ length: count }, (_, index) => {
    const number = `+4681${String(index).padStart(7, '0')}`
    return makeUser(`user${index}`, number, { display: `User ${index}`, email: `user${index}@example.com` })
  })
  return makeSite({ users, output: { form } })
}

export function largeSiteText(count: number, form?: Site['output']['form']): string {
  return siteText(largeSite(count, form))
}
