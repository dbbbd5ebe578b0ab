import type { LoadedConfig } from '../../asterisk-config/load.js'
import type { LoadedSetting } from '../../asterisk-config/section.js'
import { suggestion } from '../../nearest.js'
import type { Program } from '../program/program.js'
import type { Report } from '../report.js'
import { type PjsipModel, valueSpot } from './pjsip-objects.js'

/** Options of an endpoint that name a context. */
const endpointContexts = ['context', 'message_context', 'subscribe_context']
/** Settings of other files by which calls come into a context. */
const contextSetting = /(^|\/|_)(context|[a-z]+context)$|^(dialout|callback|forward)$/i

/** All contexts that files other than extensions.conf lead to. */
export function configuredContexts(configs: ReadonlyMap<string, LoadedConfig>): Set<string> {
  const found = new Set<string>()
  const namesContext = remembered((name) => contextSetting.test(name))
  for (const [name, { sections }] of configs) {
    if (name === 'extensions.conf') continue
    for (const { settings } of sections)
      for (const one of settings) if (namesContext(one.name)) found.add(one.value.split('@').at(-1)!)
  }
  return found
}

/** There are many settings and few names. */
function remembered(test: (name: string) => boolean): (name: string) => boolean {
  const known = new Map<string, boolean>()
  return (name) => {
    const before = known.get(name)
    if (before !== undefined) return before
    const is = test(name)
    known.set(name, is)
    return is
  }
}

/** Contexts that a module makes itself when it loads. */
export function madeContexts(configs: ReadonlyMap<string, LoadedConfig>, { wizards }: PjsipModel): Set<string> {
  const made = new Set(['parkedcalls'])
  for (const { settings } of configs.get('res_parking.conf')?.sections ?? []) {
    for (const { name, value } of settings) if (/^context$/i.test(name)) made.add(value)
  }
  const isRegcontext = remembered((name) => /^regcontext$/i.test(name))
  for (const { sections } of configs.values()) {
    for (const { settings } of sections)
      for (const { name, value } of settings) if (isRegcontext(name)) for (const one of value.split('&')) made.add(one)
  }
  for (const { options } of wizards) for (const { value } of options.get('hint_context') ?? []) made.add(value)
  return made
}

/** Contexts that endpoints name and that do not exist. A hint_context is made by the wizard; it has to stand, or be included, somewhere for its numbers to be found. */
export function checkEndpointContexts(model: PjsipModel, program: Program, report: Report): void {
  const check = (setting: LoadedSetting, who: string, isMade = false) => {
    const { value } = setting
    const { contexts } = program.dialplan
    const isThere = isMade ? contexts.has(value) || [...program.includersOf(value)].length > 0 : program.hasContext(value)
    if (value === '' || isThere) return
    report.add(
      'undefined-context',
      valueSpot(setting),
      `${setting.name} of ${who} is ${value}, which does not exist`,
      suggestion(value, contexts.keys())
    )
  }
  for (const { options, name } of model.of('endpoint')) {
    for (const option of endpointContexts) for (const setting of options.get(option) ?? []) check(setting, name)
  }
  for (const { options, section } of model.wizards) {
    for (const setting of options.get('hint_context') ?? []) check(setting, section.name, true)
  }
}
