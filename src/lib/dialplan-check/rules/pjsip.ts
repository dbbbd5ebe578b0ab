import type { LoadedConfig } from '../../asterisk-config/load.js'
import { suggestion } from '../../nearest.js'
import type { Catalogue } from '../catalogue/catalogue.js'
import type { Report } from '../report.js'
import { lastOf, listOf, type PjsipModel, type PjsipObject, valueSpot } from './pjsip-objects.js'

/** Names of objects that options give: of which type they are. */
const references: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  endpoint: { aors: 'aor', auth: 'auth', outbound_auth: 'auth', transport: 'transport' },
  registration: { outbound_auth: 'auth', endpoint: 'endpoint', transport: 'transport' },
  identify: { endpoint: 'endpoint' },
  aor: {}
}

/** What each type may refer to without standing in the files: those that come from a database (sorcery.conf). */
export function checkPjsipObjects(
  model: PjsipModel,
  {
    pjsip,
    catalogue,
    isElsewhere
  }: { pjsip: LoadedConfig | undefined; catalogue: Catalogue; isElsewhere: (type: string) => boolean },
  report: Report
): void {
  checkTypes(pjsip, catalogue, report)
  const seen = new Map<string, PjsipObject>()
  for (const object of model.objects) {
    if (!object.isOfWizard) {
      checkOptions(object, catalogue, report)
      const key = `${object.type}\n${object.name}`
      const first = seen.get(key)
      const { file, line, name } = object.section
      if (first)
        report.add(
          'pjsip-duplicate-object',
          { file, line },
          `${object.type} [${name}] stands in line ${first.section.line} of ${first.section.file} already`
        )
      else seen.set(key, object)
    }
    for (const [option, type] of Object.entries(references[object.type] ?? {})) {
      if (isElsewhere(type)) continue
      // The wizard names the objects that it makes itself.
      if (object.isOfWizard && option !== 'transport') continue
      for (const setting of object.options.get(option) ?? []) {
        for (const { value, offset } of listOf(setting)) {
          if (model.has(type, value)) continue
          const names = model.of(type).map(({ name }) => name)
          report.add(
            'pjsip-undefined-object',
            valueSpot(setting, offset),
            `${object.type} ${object.name} has ${option} = ${value}, and there is no ${type} ${value}`,
            names.length <= 1000 ? suggestion(value, names) : undefined
          )
        }
      }
    }
  }
  for (const { section, options } of model.wizards) {
    const transport = lastOf(options, 'transport')
    if (transport && !isElsewhere('transport') && !model.has('transport', transport.value)) {
      report.add(
        'pjsip-undefined-object',
        valueSpot(transport),
        `${section.name} has transport = ${transport.value}, and there is no such transport`
      )
    }
  }
}

function checkTypes(pjsip: LoadedConfig | undefined, { objects }: Catalogue, report: Report): void {
  for (const { isTemplate, settings, name, file, line } of pjsip?.sections ?? []) {
    if (isTemplate) continue
    const type = settings.findLast((one) => one.name === 'type')
    // An empty section that only holds comments does nothing to nobody.
    if (!type && settings.length > 0) report.add('pjsip-unknown-type', { file, line }, `[${name}] has no type`)
    else if (type && !objects.has(type.value)) {
      report.add(
        'pjsip-unknown-type',
        valueSpot(type),
        `[${name}] is of type ${type.value}, which is none`,
        suggestion(type.value, objects.keys())
      )
    }
  }
}

function checkOptions({ type, options, name }: PjsipObject, { objects }: Catalogue, report: Report): void {
  const known = objects.get(type)
  if (!known) return
  for (const [option, [setting]] of options) {
    // `@name` is a variable of the user's own, and `type` is no option of the documentation everywhere.
    if (known.has(option) || option === 'type' || option.startsWith('@') || (type === 'contact' && option.startsWith('x-')))
      continue
    report.add(
      'pjsip-unknown-option',
      setting!,
      `${type} ${name} has ${setting!.name}, which is no option of ${type}`,
      suggestion(option, known)
    )
  }
}

/** Who could call without a password. */
export function checkEndpointAuth(model: PjsipModel, report: Report): void {
  const identified = new Set(model.of('identify').map(({ options }) => lastOf(options, 'endpoint')?.value))
  const aors = new Map(model.of('aor').map((aor) => [aor.name, aor]))
  for (const { name, options, section, isOfWizard } of model.of('endpoint')) {
    if (isOfWizard || lastOf(options, 'auth') || identified.has(name) || name === 'anonymous') continue
    const isRegistrable = listOf(lastOf(options, 'aors')).some(({ value }) => {
      const most = aors.get(value) && lastOf(aors.get(value)!.options, 'max_contacts')
      return most !== undefined && Number(most.value) > 0
    })
    if (!isRegistrable) continue
    const { file, line } = section
    report.add('endpoint-without-auth', { file, line }, `${name} can be registered, and has no auth`)
  }
  for (const { name, options, section, isOfWizard } of model.of('auth')) {
    const type = lastOf(options, 'auth_type')?.value ?? 'userpass'
    if (type === 'google_oauth') continue
    const has = (option: string) => (lastOf(options, option)?.value ?? '') !== ''
    const isMd5 = type === 'md5'
    const hasSecret = has('password_digest') || (isMd5 ? has('md5_cred') : has('password') || has('md5_cred'))
    // The wizard has its own words for a user without a login.
    if ((isOfWizard && !has('username') && !hasSecret) || (has('username') && hasSecret)) continue
    const { file, line } = section
    const lack = has('username') ? (isMd5 ? 'md5_cred' : 'password') : 'username'
    report.add('auth-incomplete', { file, line }, `${name} has no ${lack}`)
  }
}
