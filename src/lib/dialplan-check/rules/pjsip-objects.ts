import type { LoadedConfig } from '../../asterisk-config/load.js'
import type { LoadedSection, LoadedSetting } from '../../asterisk-config/section.js'
import { OptionReader, type Options } from './section-options.js'

/** An object of PJSIP: a section of pjsip.conf, or what the wizard makes of one of its own. */
export interface PjsipObject {
  readonly type: string
  readonly name: string
  readonly section: LoadedSection
  /** Its options by name in lower case, without the wizard's prefix. */
  readonly options: Options
  readonly isOfWizard: boolean
}

/** A section of pjsip_wizard.conf that makes objects. */
export interface WizardUser {
  readonly section: LoadedSection
  readonly options: Options
}

/** All objects of PJSIP. */
export interface PjsipModel {
  readonly objects: readonly PjsipObject[]
  readonly wizards: readonly WizardUser[]
  has(type: string, name: string): boolean
  of(type: string): readonly PjsipObject[]
}

/** @param isLookedAt says no to sections that are known to exist, and of which no rule is asked */
export function readPjsip(
  pjsip: LoadedConfig | undefined,
  wizard: LoadedConfig | undefined,
  isLookedAt: (section: LoadedSection) => boolean = () => true
): PjsipModel {
  const reader = new OptionReader()
  const wizards: WizardUser[] = []
  const objects: PjsipObject[] = []
  const byType = new Map<string, PjsipObject[]>()
  const names = new Map<string, Set<string>>()
  const name = (type: string, one: string) => {
    const known = names.get(type)
    if (known) known.add(one)
    else names.set(type, new Set([one]))
  }
  const add = (object: PjsipObject) => {
    objects.push(object)
    const same = byType.get(object.type)
    if (same) same.push(object)
    else byType.set(object.type, [object])
    name(object.type, object.name)
  }
  for (const section of pjsip?.sections ?? []) {
    if (section.isTemplate) continue
    const type = section.settings.findLast((one) => one.name === 'type')?.value
    if (type === undefined) continue
    if (isLookedAt(section)) add({ type, name: section.name, section, options: reader.read(section), isOfWizard: false })
    else name(type, section.name)
  }
  for (const section of wizard?.sections ?? []) {
    if (!isWizard(section)) continue
    if (isLookedAt(section)) wizards.push({ section, options: reader.read(section) })
    else for (const type of ['endpoint', 'aor']) name(type, section.name)
  }
  for (const one of wizards) for (const object of wizardObjects(one)) add(object)
  return {
    objects,
    wizards,
    has: (type, one) => names.get(type)?.has(one) ?? false,
    of: (type) => byType.get(type) ?? []
  }
}

function isWizard({ isTemplate, settings }: LoadedSection): boolean {
  return !isTemplate && settings.some(({ name, value }) => name === 'type' && value === 'wizard')
}

/** What res_pjsip_config_wizard.c makes: an endpoint and an aor always, the others when they are asked for. */
function wizardObjects({ section, options }: WizardUser): PjsipObject[] {
  const prefixed = (prefix: string) =>
    new Map(
      [...options].filter(([name]) => name.startsWith(`${prefix}/`)).map(([name, all]) => [name.slice(prefix.length + 1), all])
    )
  const object = (type: string, name: string, prefix = type): PjsipObject => ({
    ...{ type, name, section, isOfWizard: true },
    options: prefixed(prefix)
  })
  const { name } = section
  const objects = [object('endpoint', name), object('aor', name)]
  if (isOn(options, 'accepts_auth')) objects.push(object('auth', `${name}-iauth`, 'inbound_auth'))
  if (isOn(options, 'sends_auth')) objects.push(object('auth', `${name}-oauth`, 'outbound_auth'))
  if (options.has('remote_hosts')) objects.push(object('identify', `${name}-identify`))
  return objects
}

/** The value that counts: the last one. */
export function lastOf(options: Options, name: string): LoadedSetting | undefined {
  return options.get(name)?.at(-1)
}

export function isOn(options: Options, name: string): boolean {
  return /^(yes|true|y|t|1|on)$/i.test(lastOf(options, name)?.value ?? '')
}

/** A value that is a list, with the place of each part. */
export function listOf(setting: LoadedSetting | undefined): { value: string; offset: number }[] {
  if (!setting) return []
  const found: { value: string; offset: number }[] = []
  for (const { 0: part, index } of setting.value.matchAll(/[^,]+/g)) {
    const value = part.trim()
    if (value !== '') found.push({ value, offset: index + part.indexOf(value) })
  }
  return found
}

export function valueSpot({ file, line }: LoadedSetting, offset = 0) {
  return { file, line, inValue: true, offset } as const
}
