import { DataError } from '../errors.js'
import type { Site, SiteSource } from '../site/site.js'

/**
 * A last look at what reaches the dialplan or a shell, or names an object. The readers of the site have looked at all of it with better messages: who gets here with such a
 * value made the site in another way.
 * @throws DataError
 */
export function checkSite(site: Site): void {
  const field = (name: string, value: string, pattern: RegExp, source?: SiteSource) => {
    if (pattern.test(value)) return
    const where = source ? ` (${source.file}:${source.line})` : ''
    throw new DataError(`${name} cannot be rendered: ${JSON.stringify(value)}${where}`)
  }
  field('site.country_code', site.site.countryCode, /^[0-9]{1,3}$/)
  field('site.national_prefix', site.site.nationalPrefix, /^[0-9]{0,8}$/)
  field('site.international_prefix', site.site.internationalPrefix, /^[0-9]{0,8}$/)
  for (const number of site.site.emergency) field('site.emergency', number, /^[0-9]{2,15}$/)
  for (const key of site.ivr.keys.keys()) field('ivr.key', key, /^[0-9*#]$/)
  for (const codecs of [site.media.codecs, ...[...site.users, ...site.trunks].map((one) => one.codecs ?? [])])
    for (const codec of codecs) field('codecs', codec, /^[a-z0-9_.]+$/i)
  field('voicemail.unsent_folder', site.voicemail.unsentFolder, /^\/[A-Za-z0-9/._+@~=:-]+$/)
  field('voicemail.format', site.voicemail.format, /^[a-z0-9]+$/)
  if (site.sms.app !== undefined) field('sms.app', site.sms.app, /^(\/[A-Za-z0-9._-]+)+$|^agi:\/\/[A-Za-z0-9.:/_-]+$/)
  for (const word of site.sms.arguments ?? []) field('sms.arguments', word, /^[A-Za-z0-9_./:=+-]+$/)
  for (const { name, number, display, email, trunk, sms, source } of site.users) {
    field('user.name', name, userName, source)
    field('user.number', number, /^\+[1-9][0-9]{6,14}$/, source)
    field('user.display', display, /^[^"<>\\\p{Cc}]{1,64}$/u, source)
    if (email !== undefined) field('user.email', email, /^[A-Za-z0-9._+=~%-]+@[A-Za-z0-9.-]+$/, source)
    if (trunk !== undefined) field('user.trunk', trunk, trunkName, source)
    if (sms !== undefined) field('user.sms', sms, /^[A-Za-z0-9._-]*$/, source)
  }
  for (const { name, hosts, match, contactUser, source } of site.trunks) {
    field('trunk.name', name, trunkName, source)
    for (const host of hosts) field('trunk.hosts', host, /^[A-Za-z0-9.:[\]-]+$/, source)
    for (const one of match) field('trunk.match', one, /^[A-Za-z0-9.:[\]/-]+$/, source)
    field('trunk.contact_user', contactUser, /^[A-Za-z0-9+._-]+$/, source)
  }
}

/** It is an extension and a channel as well. */
const userName = /^[a-z0-9][a-z0-9._-]{0,39}$/
const trunkName = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,39}$/
