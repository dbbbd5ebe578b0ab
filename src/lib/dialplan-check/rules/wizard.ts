import type { LoadedConfig } from '../../asterisk-config/load.js'
import type { LoadedSetting } from '../../asterisk-config/section.js'
import { hintPriority } from '../../dialplan/dialplan.js'
import { suggestion } from '../../nearest.js'
import type { Catalogue } from '../catalogue/catalogue.js'
import type { Program } from '../program/program.js'
import type { Report } from '../report.js'
import { isOn, lastOf, type PjsipModel, valueSpot, type WizardUser } from './pjsip-objects.js'

/** Objects whose options the wizard takes behind a slash, and what their options are. */
const prefixes: Readonly<Record<string, string>> = {
  endpoint: 'endpoint',
  aor: 'aor',
  inbound_auth: 'auth',
  outbound_auth: 'auth',
  identify: 'identify',
  registration: 'registration',
  phoneprov: 'phoneprov'
}

/** pjsip_wizard.conf: users twice, options that are none, users and trunks without a login. */
export function checkWizard(config: LoadedConfig, { wizards }: PjsipModel, { objects }: Catalogue, report: Report): void {
  const seen = new Map<string, { file: string; line: number }>()
  for (const { section, options } of wizards) {
    const { name, file, line } = section
    const first = seen.get(name)
    if (first) report.add('wizard-duplicate', { file, line }, `[${name}] stands in line ${first.line} of ${first.file} already`)
    else seen.set(name, { file, line })
    checkLogin({ section, options }, report)
  }
  for (const { settings } of config.sections) for (const setting of settings) checkOption(setting, objects, report)
}

function checkOption(setting: LoadedSetting, objects: Catalogue['objects'], report: Report): void {
  if (setting.isInherited) return
  const name = setting.name.toLowerCase()
  const slash = name.indexOf('/')
  const wizard = objects.get('wizard')!
  if (slash < 0) {
    if (wizard.has(name)) return
    const plain = [...wizard].filter((one) => !one.includes('/'))
    report.add('pjsip-unknown-option', setting, `${setting.name} is no option of a wizard`, suggestion(name, plain))
    return
  }
  const [prefix, option] = [name.slice(0, slash), name.slice(slash + 1)]
  const type = Object.hasOwn(prefixes, prefix) ? prefixes[prefix] : undefined
  const known = type && objects.get(type)
  if (!known) {
    report.add('pjsip-unknown-option', setting, `${prefix} is no object of a wizard`, suggestion(prefix, Object.keys(prefixes)))
  } else if (!known.has(option) && !option.startsWith('@') && prefix !== 'phoneprov') {
    report.add('pjsip-unknown-option', setting, `${option} is no option of ${prefix}`, suggestion(option, known))
  }
}

function checkLogin({ section, options }: WizardUser, report: Report): void {
  const { name, file, line } = section
  const has = (option: string) => (lastOf(options, option)?.value ?? '') !== ''
  if (isOn(options, 'accepts_registrations') && !isOn(options, 'accepts_auth')) {
    report.add('endpoint-without-auth', { file, line }, `${name} accepts registrations, and has no accepts_auth = yes`)
  } else if (isOn(options, 'accepts_auth') && !has('inbound_auth/username')) {
    report.add('endpoint-without-auth', { file, line }, `${name} accepts logins, and has no inbound_auth/username`)
  }
  if (isOn(options, 'sends_auth') && !has('outbound_auth/username')) {
    report.add('auth-incomplete', { file, line }, `${name} sends logins, and has no outbound_auth/username`)
  }
}

/** More hints than this make Asterisk slow to start and to reload (measured: 3,000 take 5 s, 10,000 take a minute). */
const manyHints = 3000

/** hint_exten, and how many hints there are. */
export function checkHints({ wizards }: PjsipModel, program: Program | undefined, report: Report): void {
  const seen = new Map<string, LoadedSetting>()
  let hints = 0
  let last: LoadedSetting | undefined
  for (const { options } of wizards) {
    const number = lastOf(options, 'hint_exten')
    const setting = lastOf(options, 'has_hint')
    const hasHint = isOn(options, 'has_hint')
    if (!number) continue
    if (setting && !hasHint) {
      report.add(
        'hint-exten-without-hint',
        valueSpot(number),
        `${number.value} is given to a user whose has_hint is ${setting.value}`
      )
    }
    if (!hasHint) continue
    hints++
    last = number
    const key = `${lastOf(options, 'hint_context')?.value ?? ''}\n${number.value}`
    const first = seen.get(key)
    if (first)
      report.add(
        'hint-exten-duplicate',
        valueSpot(number),
        `${number.value} is that of line ${first.line} of ${first.file} already`
      )
    else seen.set(key, number)
  }
  for (const { extensions } of program?.dialplan.contexts.values() ?? []) {
    for (const { priorities, name } of extensions) {
      const hint = priorities.find(({ number }) => number === hintPriority)
      if (!hint || name[0] === '_') continue
      hints++
      last ??= { ...hint, name: '', value: '', isArrow: true, isInherited: false }
    }
  }
  if (hints > manyHints && last) report.add('many-hints', { file: last.file, line: 0 }, `There are ${hints} hints`)
}

/** A channel variable by which the dialplan finds the way out. */
export function checkTrunkEndpoint(model: PjsipModel, report: Report): void {
  for (const { options } of model.of('endpoint')) {
    for (const setting of options.get('set_var') ?? []) {
      const [, blanks = '', name] = /^\s*TRUNK_ENDPOINT\s*=(\s*)(.+?)\s*$/.exec(setting.value) ?? []
      if (name === undefined || name.includes('$') || model.has('endpoint', name)) continue
      const offset = setting.value.indexOf('=') + 1 + blanks.length
      report.add(
        'trunk-endpoint-undefined',
        valueSpot(setting, offset),
        `TRUNK_ENDPOINT is ${name}, and there is no such endpoint`
      )
    }
  }
}
