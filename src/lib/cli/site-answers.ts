import { UsageError } from '../errors.js'
import type { NewEntry } from '../site/edit.js'
import type { NewSite } from '../site/new-site.js'
import { type MailInput, mailOf } from './mail-answers.js'
import { askSecret } from './prompt.js'
import { askTrunk, askUser, type SiteQuestions } from './site-questions.js'

/** What the flags of `dialplan init` say. */
export interface InitFlags extends Pick<MailInput['flags'], 'smtp-host' | 'smtp-user'> {
  readonly domain?: string | undefined
  readonly 'country-code'?: string | undefined
  readonly 'external-address'?: string | undefined
  readonly 'local-net'?: string | undefined
  readonly trunk?: string | undefined
  readonly 'trunk-hosts'?: string | undefined
  readonly 'trunk-username'?: string | undefined
  readonly user?: readonly string[] | undefined
}

/** Who was asked for, and by whom. */
export interface InitInput extends MailInput {
  readonly flags: InitFlags
  readonly trunkSecret: string | undefined
}

/** And what goes into a file of its own: the password of the mail server. */
export type Answers = NewSite & { readonly password: string | undefined }

/**
 * What a new site is made of: from flags, and for what they do not say from answers. Users get new secrets.
 * @throws UsageError that names a flag, InterruptedError
 */
export async function newSiteOf(input: InitInput): Promise<Answers> {
  const { flags, questions } = input
  const [{ hostName, addressOrHost, network, matching }, { privateNetworks }] = await Promise.all([
    import('../site/rule.js'),
    import('../site/new-site.js')
  ])
  const country = matching(/^[1-9]\d{0,2}$/, 'country code', 'It has one to three digits.')
  // Without somebody to ask, what has no default has to be given.
  const missing = (['domain', 'country-code'] as const).filter((flag) => !questions && flags[flag] === undefined)
  if (missing.length > 0) {
    const [first, both] = [`--${missing[0]}`, missing.map((flag) => `--${flag}`).join(' and ')]
    throw new UsageError(`${first} is missing`, { hint: `Give ${both}, or see --help.` })
  }
  const domain = flags.domain ?? (await questions!.text('Host name of the PBX, such as pbx.example.com:', hostName))
  const countryCode = flags['country-code'] ?? (await questions!.text('Country code, such as 46:', country))
  const asked =
    flags['external-address'] ??
    (await questions?.text('Outside address, if behind a router (or none):', addressOrHost, { isOptional: true }))
  const externalAddress = asked === '' ? undefined : asked
  const askedNets =
    externalAddress === undefined
      ? []
      : await askNetworks(flags['local-net'] === undefined ? questions : undefined, network, privateNetworks)
  const localNet = flags['local-net']?.split(/[, ]+/) ?? askedNets
  const trunks = await trunksOf(input)
  const mail = await mailOf(input)
  const names = trunks.map(({ name }) => name)
  const users = await usersOf(input, names, mail.smtp.length > 0)
  return { domain, countryCode, externalAddress, localNet, trunks, users, ...mail }
}

async function askNetworks(
  questions: SiteQuestions | undefined,
  rule: Parameters<SiteQuestions['text']>[1],
  suggested: readonly string[]
): Promise<readonly string[]> {
  const all = (text: string) => text.split(/[, ]+/).map(rule).at(-1)
  const answer = await questions?.text('Networks inside:', all, { suggested: suggested.join(', ') })
  return answer?.split(/[, ]+/) ?? suggested
}

async function trunksOf({ flags, questions, trunkSecret, signal }: InitInput): Promise<NewEntry[]> {
  const isWanted = flags.trunk !== undefined || (questions !== undefined && (await questions.yesNo('Is there a SIP trunk?')))
  if (!isWanted) return []
  const { typedEntry, writtenEntry } = await import('../site/new-entry.js')
  const given = { name: flags.trunk, hosts: flags['trunk-hosts'], username: flags['trunk-username'] }
  if (!questions && given.hosts === undefined) throw new UsageError('--trunk-hosts is missing', { hint: 'See --help.' })
  const answers = questions
    ? await askTrunk(questions, given)
    : { ...given, name: given.name!, register: given.username ? undefined : 'no' }
  const secret =
    trunkSecret ??
    (questions && answers.username ? await askSecret(`Secret of ${answers.username} at the provider:`, signal) : undefined)
  if (answers.username && secret === undefined) throw new UsageError('--trunk-secret-file is missing: there is no secret')
  return [writtenEntry('trunk', typedEntry(answers.name, { ...answers, secret }))]
}

async function usersOf({ flags, questions }: InitInput, trunks: readonly string[], hasMail: boolean): Promise<NewEntry[]> {
  const { newSecret, typedEntry, writtenEntry } = await import('../site/new-entry.js')
  const entryOf = ({ name, ...values }: { name: string } & Record<string, string | undefined>) =>
    writtenEntry('user', typedEntry(name, { ...values, secret: newSecret() }))
  const users = (flags.user ?? []).map((text) => {
    const [name = '', number, display, email, ...more] = text.split(',').map((one) => one.trim())
    if (!number || more.length > 0)
      throw new UsageError(`--user ${text} is no NAME,+NUMBER[,DISPLAY[,EMAIL]]`, { hint: 'As in --user john.doe,+12025550160.' })
    return entryOf({ name, number, display, email })
  })
  if (!questions || flags.user !== undefined) return users
  do users.push(entryOf({ ...(await askUser(questions, hasMail ? {} : { email: '' }, trunks)) }))
  while (await questions.yesNo('One more user?'))
  return users
}
