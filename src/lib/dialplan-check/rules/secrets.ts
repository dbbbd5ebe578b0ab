import type { LoadedConfig } from '../../asterisk-config/load.js'
import type { LoadedSetting } from '../../asterisk-config/section.js'
import type { CheckHost } from '../host.js'
import type { Report } from '../report.js'
import { lastOf, type PjsipModel, valueSpot } from './pjsip-objects.js'

/** A secret, and what it must not be. */
interface Account {
  readonly name: string
  readonly setting: LoadedSetting
  readonly obvious: readonly string[]
  /** The secret of a trunk is the provider's choice. */
  readonly isOurs: boolean
}

/** What is tried first everywhere. */
const common = new Set([
  'password',
  'passw0rd',
  'secret',
  'asterisk',
  'changeme',
  'mysecret',
  'welcome',
  'letmein',
  'qwerty',
  'admin',
  'default'
])
/** Shorter ones are tried out in days. */
const leastCharacters = 8

/** Secrets that are weak, that two accounts share, and files with secrets that everybody can read. A message never holds a secret. */
export function checkSecrets(model: PjsipModel, manager: LoadedConfig | undefined, host: CheckHost, report: Report): void {
  const accounts = [...pjsipAccounts(model), ...managerAccounts(manager)]
  const seen = new Map<string, Account>()
  const files = new Set<string>()
  for (const account of accounts) {
    const { setting, isOurs, name } = account
    files.add(setting.file)
    if (!isOurs) continue
    const weakness = weaknessOf(account)
    if (weakness) {
      report.add('secret-weak', valueSpot(setting), `The secret of ${name} ${weakness}`)
      continue
    }
    const first = seen.get(setting.value)
    if (!first) seen.set(setting.value, account)
    // One line of a template is one account's as well as another's.
    else if (first.name !== name || first.setting.line !== setting.line) {
      report.add(
        'secret-duplicate',
        valueSpot(setting),
        `${name} has the secret of ${first.name}, line ${first.setting.line} of ${first.setting.file}`
      )
    }
  }
  for (const file of files) {
    const mode = host.mode(file)
    if (mode !== undefined && (mode & 0o004) !== 0) {
      report.add('readable-by-others', { file, line: 0 }, `The file has secrets and mode ${mode.toString(8).padStart(4, '0')}`)
    }
  }
}

function pjsipAccounts(model: PjsipModel): Account[] {
  const outgoing = new Set<string | undefined>()
  for (const { type, options } of model.objects) {
    if (type !== 'registration' && type !== 'endpoint') continue
    outgoing.add(lastOf(options, 'outbound_auth')?.value)
  }
  return model.of('auth').flatMap(({ name, options, section }) => {
    const setting = lastOf(options, 'password')
    if (!setting || setting.value === '') return []
    const user = lastOf(options, 'username')?.value ?? section.name
    const isOurs = !name.endsWith('-oauth') && !outgoing.has(name)
    return [{ name: section.name, setting, obvious: [user, section.name], isOurs }]
  })
}

function managerAccounts(manager: LoadedConfig | undefined): Account[] {
  return (manager?.sections ?? []).flatMap(({ name, isTemplate, settings }) => {
    const setting = settings.findLast((one) => one.name.toLowerCase() === 'secret')
    return setting && !isTemplate && name !== 'general'
      ? [{ name: `manager ${name}`, setting, obvious: [name], isOurs: true }]
      : []
  })
}

function weaknessOf({ setting: { value }, obvious }: Account): string | undefined {
  const text = value.toLowerCase()
  if (obvious.some((one) => one.toLowerCase() === text)) return 'is the name of the account'
  if (common.has(text.replace(/[\d!.]+$/, ''))) return 'is one that everybody tries'
  if (value.length < leastCharacters) return `has fewer than ${leastCharacters} characters`
  if (/^(.)\1*(?:(.)(?:\1|\2)*)?$/s.test(value)) return 'has hardly any different characters'
  return /^\d{1,11}$/.test(value) ? 'is a number' : undefined
}
