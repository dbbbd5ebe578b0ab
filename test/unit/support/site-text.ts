import { type NewSection, writeConfig } from '../../../src/lib/asterisk-config/write.js'
import type { Listen, Site, SiteTrunk, SiteUser } from '../../../src/lib/site/site.js'

type Given = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** A site as its owner would write it, every field of it: read back, it is the same site. */
export function siteText(site: Site): string {
  const { transport, voicemail, smtp, ivr } = site
  const keys = [...ivr.keys].map(([key, action]) => [`key.${key}`, action])
  return writeConfig([
    section('site', {
      domain: site.site.domain,
      country_code: site.site.countryCode,
      national_prefix: site.site.nationalPrefix,
      international_prefix: site.site.internationalPrefix,
      user_agent: site.site.userAgent,
      emergency: site.site.emergency
    }),
    section('dial', { timeout: site.dial.timeoutS, min_digits: site.dial.minDigits }),
    section('transport', {
      ...listen('udp', transport.udp),
      ...listen('tcp', transport.tcp),
      ...listen('tls', transport.tls),
      ...(transport.tls && {
        'tls.cert': transport.tls.cert,
        'tls.key': transport.tls.key,
        'tls.method': transport.tls.method
      })
    }),
    section('nat', { external_address: site.nat.externalAddress, local_net: site.nat.localNet }),
    section('media', { codecs: site.media.codecs, encryption: site.media.encryption }),
    section('rtp', { enabled: site.rtp.isRendered, start: site.rtp.start, end: site.rtp.end }),
    section('voicemail', {
      enabled: voicemail.isEnabled,
      from: voicemail.from,
      from_name: voicemail.fromName,
      subject: voicemail.subject,
      body: voicemail.body,
      charset: voicemail.charset,
      format: voicemail.format,
      gain_db: voicemail.gainDb,
      locale: voicemail.locale,
      mail_command: voicemail.mailCommand
    }),
    section('smtp', {
      host: smtp.host,
      port: smtp.port,
      security: smtp.security,
      user: smtp.user,
      password_file: smtp.passwordFile
    }),
    section('sms', { app: site.sms.app, profiles: site.sms.profiles }),
    section('ivr', {
      enabled: ivr.isEnabled,
      max_rounds: ivr.maxRounds,
      allow_dial: ivr.allowDial,
      ...Object.fromEntries(keys)
    }),
    section('output', { form: site.output.form }),
    ...site.trunks.map(trunkSection),
    ...site.users.map(userSection)
  ]).toString()
}

function userSection(user: SiteUser): NewSection {
  const { name, maxContacts, source: _, ...fields } = user
  return section(`user:${name}`, { ...fields, max_contacts: maxContacts })
}

function trunkSection(trunk: SiteTrunk): NewSection {
  const { name, contactUser, fromDomain, source: _, ...fields } = trunk
  return section(`trunk:${name}`, { ...fields, contact_user: contactUser, from_domain: fromDomain })
}

function listen(name: 'udp' | 'tcp' | 'tls', place: Listen | undefined): Given {
  if (!place) return { [`${name}.enabled`]: false }
  return { [`${name}.enabled`]: true, [`${name}.bind`]: place.bind, [`${name}.port`]: place.port }
}

function section(name: string, given: Given): NewSection {
  const settings = Object.entries(given).flatMap(([field, value]) => {
    if (value === undefined) return []
    if (typeof value === 'boolean') return [{ name: field, value: value ? 'yes' : 'no' }]
    return [{ name: field, value: Array.isArray(value) ? value.join(',') : String(value) }]
  })
  return { name, settings }
}
