import type { LoadedConfig } from '../../asterisk-config/load.js'
import type { LoadedSection, LoadedSetting } from '../../asterisk-config/section.js'

/** An object of PJSIP: a section of pjsip.conf, or what the wizard makes of one of its own. */
export interface PjsipObject {
  readonly type: string
  readonly name: string
  readonly section: LoadedSection
  /** Its options by name in lower case, without the wizard's prefix. */
  readonly options: ReadonlyMap<string, readonly LoadedSetting[]>
  readonly isOfWizard: boolean
}

/** A section of pjsip_wizard.conf that makes objects. */
export interface WizardUser {
  readonly section: LoadedSection
  readonly options: ReadonlyMap<string, readonly LoadedSetting[]>
}

/** All objects of PJSIP. */
export interface PjsipModel {
  readonly objects: readonly PjsipObject[]
  readonly wizards: readonly WizardUser[]
  has(type: string, name: string): boolean
  of(type: string): readonly PjsipObject[]
}

export function readPjsip(pjsip: LoadedConfig | undefined, wizard: LoadedConfig | undefined): PjsipModel {
  const wizards = (wizard?.sections ?? []).filter(isWizard).map((section) => ({ section, options: optionsOf(section) }))
  const plain = (pjsip?.sections ?? []).filter(({ isTemplate }) => !isTemplate).flatMap(plainObject)
  const objects = [...plain, ...wizards.flatMap(wizardObjects)]
  const byType = new Map<string, PjsipObject[]>()
  const names = new Set<string>()
  for (const object of objects) {
    const same = byType.get(object.type)
    if (same) same.push(object)
    else byType.set(object.type, [object])
    names.add(`${object.type}\n${object.name}`)
  }
  return { objects, wizards, has: (type, name) => names.has(`${type}\n${name}`), of: (type) => byType.get(type) ?? [] }
}

function isWizard({ isTemplate, settings }: LoadedSection): boolean {
  return !isTemplate && settings.some(({ name, value }) => name === 'type' && value === 'wizard')
}

function plainObject(section: LoadedSection): PjsipObject[] {
  const type = section.settings.findLast(({ name }) => name === 'type')?.value
  return type === undefined ? [] : [{ type, name: section.name, section, options: optionsOf(section), isOfWizard: false }]
}

export function optionsOf({ settings }: LoadedSection): Map<string, LoadedSetting[]> {
  const options = new Map<string, LoadedSetting[]>()
  for (const setting of settings) {
    const key = setting.name.toLowerCase()
    const same = options.get(key)
    if (same) same.push(setting)
    else options.set(key, [setting])
  }
  return options
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
export function lastOf(options: ReadonlyMap<string, readonly LoadedSetting[]>, name: string): LoadedSetting | undefined {
  return options.get(name)?.at(-1)
}

export function isOn(options: ReadonlyMap<string, readonly LoadedSetting[]>, name: string): boolean {
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
