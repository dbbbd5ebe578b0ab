import { unwritable } from './characters.js'
import { checkMail } from './check-mail.js'
import {
  checkDial,
  checkIvr,
  checkMedia,
  checkNat,
  checkOutput,
  checkRtp,
  checkSiteSettings,
  checkSms
} from './check-sections.js'
import { checkPorts, checkTransport } from './check-transport.js'
import { checkTrunk, type TrunkDraft, trunkName } from './check-trunk.js'
import { checkUser, userName } from './check-user.js'
import { Fields } from './fields.js'
import type { SiteProblems } from './problem.js'
import { Fault, type Rule } from './rule.js'
import type { Site, SiteTrunk, SiteUser } from './site.js'
import { type SectionName, type SiteEntry, type SiteTree, sectionNames } from './tree.js'

/**
 * Checks all that was written, fills in what was not, and tells every problem.
 * @returns undefined when `problems` has an error
 */
export function checkSite(tree: SiteTree, problems: SiteProblems): Site | undefined {
  const sections = new Map(sectionNames.map((name) => [name, new Fields(tree.sections.get(name), name, tree.file, problems)]))
  const section = (name: SectionName) => sections.get(name)!
  const site = checkSiteSettings(section('site'))
  const transport = checkTransport(section('transport'))
  const { voicemail, smtp } = checkMail(section('voicemail'), section('smtp'), site.domain)
  const sms = checkSms(section('sms'))
  const rtp = checkRtp(section('rtp'))
  checkPorts(section('rtp'), transport, rtp)
  const rest = {
    dial: checkDial(section('dial')),
    nat: checkNat(section('nat')),
    media: checkMedia(section('media')),
    ivr: checkIvr(section('ivr'), voicemail.isEnabled),
    output: checkOutput(section('output'))
  }
  for (const fields of sections.values()) fields.refuseUnknown()

  const names = new Names(problems)
  const fieldsOf = (kind: 'user' | 'trunk', entry: SiteEntry) =>
    new Fields(entry, entry.name === '' ? `a ${kind}` : `${kind} ${entry.name}`, tree.file, problems)
  const drafts: TrunkDraft[] = []
  // A trunk with a mistake is still one that users may name.
  const trunkNames: string[] = []
  for (const entry of tree.trunks) {
    const fields = fieldsOf('trunk', entry)
    const name = names.take('trunk', entry, trunkName)
    if (name !== undefined) trunkNames.push(name)
    const draft = checkTrunk(entry, fields, name, transport)
    if (draft) drafts.push(draft)
    fields.refuseUnknown()
  }
  const users: SiteUser[] = []
  const numbers = new Map<string, SiteEntry>()
  const around = { trunks: trunkNames, sms }
  for (const entry of tree.users) {
    const fields = fieldsOf('user', entry)
    const user = checkUser(entry, fields, names.take('user', entry, userName), around)
    fields.refuseUnknown()
    if (!user) continue
    const other = numbers.get(user.number)
    if (other) fields.refuse('number', 'not-unique', `${user.number} is that of ${other.name} as well (${placeOf(other)})`)
    numbers.set(user.number, entry)
    users.push(user)
  }
  if (!voicemail.isEnabled && !section('voicemail').has('enabled')) warnOfMailAddresses(tree, users, problems)
  if (problems.hasErrors || site.domain === undefined || site.countryCode === undefined) return undefined
  // Nobody may be lost without a word.
  if (users.length !== tree.users.length || drafts.length !== tree.trunks.length)
    throw new Error('a user or trunk was refused, and not why')
  const trunks = drafts.map((draft): SiteTrunk => ({ ...draft, contactUser: draft.contactUser ?? mainNumber(draft, users) }))
  const settings = { ...site, domain: site.domain, countryCode: site.countryCode }
  return { site: settings, transport, voicemail, smtp, sms, rtp, ...rest, users: users.sort(byName), trunks: trunks.sort(byName) }
}

/** Who has a mail address waits for voice mail. Told once. */
function warnOfMailAddresses({ users: entries }: SiteTree, users: readonly SiteUser[], problems: SiteProblems): void {
  const having = users.filter(({ email }) => email !== undefined)
  const entry = entries.find(({ name }) => name === having[0]?.name)
  if (!entry) return
  const others = having.length === 1 ? '' : ` (and ${having.length - 1} more)`
  problems.warning(
    'conflict',
    entry.fields.get('email')?.values[0]?.source ?? entry.source,
    `user ${entry.name}${others}: there is a mail address, and no voice mail, since no mail server is named`,
    'Give host in section smtp, or enabled = no in section voicemail.'
  )
}

/** Where the provider calls: the first user who was written with this trunk, else the account. */
function mainNumber({ name, username }: TrunkDraft, users: readonly SiteUser[]): string {
  const account = username?.replace(/@.*$/, '')
  const isUsable = account !== undefined && /^[A-Za-z0-9+._-]{1,40}$/.test(account)
  return users.find(({ trunk }) => trunk === name)?.number ?? (isUsable ? account : name.replaceAll(':', '-'))
}

/** Users and trunks become endpoints: no name may come twice. */
class Names {
  readonly #taken = new Map<string, SiteEntry>()
  readonly #problems: SiteProblems

  constructor(problems: SiteProblems) {
    this.#problems = problems
  }

  /** @returns undefined, and a problem is told, for a name that cannot be */
  take(kind: 'user' | 'trunk', entry: SiteEntry, rule: Rule<string>): string | undefined {
    const why = unwritable(entry.name)
    const checked = entry.name === '' ? new Fault('has no name') : why ? new Fault(why) : rule(entry.name)
    if (checked instanceof Fault) {
      const name = entry.name === '' ? '' : ` ${JSON.stringify(entry.name)}`
      const code = entry.name === '' ? 'missing' : why ? 'characters' : 'value'
      this.#problems.error(
        code,
        entry.source,
        `The name of a ${kind}${name} ${checked.why}`.replace(/^The name of (a \w+) has no/, '$1 has no'),
        checked.hint
      )
      return undefined
    }
    const other = this.#taken.get(checked)
    if (other) {
      this.#problems.error('not-unique', entry.source, `The name ${checked} is there already (${placeOf(other)})`)
      return undefined
    }
    this.#taken.set(checked, entry)
    return checked
  }
}

function placeOf({ source: { file, line } }: SiteEntry): string {
  return `${file}:${line}`
}

/** By code units, so that it is the same everywhere. */
function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
