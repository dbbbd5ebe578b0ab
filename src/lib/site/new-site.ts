import { type NewSection, writeConfig } from '../asterisk-config/write.js'
import { checkSite } from './check-site.js'
import type { NewEntry } from './edit.js'
import { SiteError, SiteProblems } from './problem.js'
import { readIni } from './read-ini.js'

/** What has to be known to begin with. */
export interface NewSite {
  readonly domain: string
  readonly countryCode: string
  readonly externalAddress: string | undefined
  readonly localNet: readonly string[]
  readonly smtp: readonly (readonly [name: string, value: string])[]
  readonly voicemail: readonly (readonly [name: string, value: string])[]
  readonly trunks: readonly NewEntry[]
  readonly users: readonly NewEntry[]
}

/** Networks that nobody has on the Internet (RFC 1918). */
export const privateNetworks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'] as const

/** North America calls 911; most others 112, which every mobile phone knows. */
const emergencyOf = (countryCode: string) => (countryCode === '1' ? '911' : '112')

const head = `A private telephone system, for \`pbxkit dialplan render\`.
A semicolon begins a comment; \\; is a semicolon. Every setting is in docs/dialplan.md.
The file has secrets: keep it to yourself (mode 0600).`

/**
 * The text of a new site file, checked as if it had been read.
 * @param file its name, for messages
 * @throws SiteError, DataError
 */
export function newSite(site: NewSite, file: string): Buffer {
  const sections: NewSection[] = [
    {
      name: 'site',
      settings: [
        { name: 'domain', value: site.domain },
        { name: 'country_code', value: site.countryCode },
        { name: 'emergency', value: emergencyOf(site.countryCode) }
      ]
    }
  ]
  if (site.externalAddress !== undefined || site.localNet.length > 0)
    sections.push({
      name: 'nat',
      comment: 'How the world sees the PBX, and what is inside.',
      settings: [
        ...(site.externalAddress === undefined ? [] : [{ name: 'external_address', value: site.externalAddress }]),
        { name: 'local_net', value: site.localNet.join(', ') }
      ]
    })
  const people = [...site.trunks, ...site.users]
  for (const [name, fields] of [
    ['voicemail', site.voicemail],
    ['smtp', site.smtp]
  ] as const)
    if (fields.length > 0) sections.push(sectionOf(name, fields))
  for (const { kind, name, fields } of people) sections.push(sectionOf(`${kind}:${name}`, fields))
  const bytes = writeConfig(sections, head)
  const problems = new SiteProblems()
  checkSite(readIni(bytes, file, problems), problems)
  if (problems.hasErrors) throw new SiteError(problems.list)
  return bytes
}

function sectionOf(name: string, fields: readonly (readonly [string, string])[]): NewSection {
  return { name, settings: fields.map(([field, value]) => ({ name: field, value })) }
}
