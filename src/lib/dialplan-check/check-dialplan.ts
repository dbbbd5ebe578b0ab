import type { LoadedConfig } from '../asterisk-config/load.js'
import type { CheckOptions } from './check-configuration.js'
import type { CheckHost } from './host.js'
import { analyse } from './program/analysis.js'
import type { Program } from './program/program.js'
import type { Place } from './program/resolve.js'
import type { Report } from './report.js'
import { configuredContexts } from './rules/configured-contexts.js'
import { checkIncludeCycles, checkLines, checkPriorities } from './rules/extensions.js'
import { checkInjection } from './rules/injection.js'
import { checkModules, LoadedModules } from './rules/modules.js'
import { checkNames } from './rules/names.js'
import { checkPatterns } from './rules/patterns.js'
import { checkContexts, checkShadows, namedContexts } from './rules/reach.js'
import { checkSounds, Sounds } from './rules/sounds.js'
import { checkReach, checkReturns, flows } from './rules/subroutines.js'
import { checkSyntax } from './rules/syntax.js'
import { checkIncludes, checkTargets } from './rules/targets.js'
import type { SourceLines } from './source-lines.js'

export interface DialplanCheck extends CheckOptions {
  readonly program: Program
  readonly configs: ReadonlyMap<string, LoadedConfig>
  readonly host: CheckHost
  readonly report: Report
  readonly lines: SourceLines
}

/** All rules of extensions.conf. */
export function checkDialplan(check: DialplanCheck): void {
  const { program, configs, report, lines } = check
  const analysis = analyse(program)
  const { references, referencesOf } = analysis
  const flow = flows(program, referencesOf)
  const targets = new Set<string>()
  const keyOf = ({ routine, index }: Place) =>
    `${routine.context.name}\n${routine.extension.name}\n${routine.extension.callerId}\n${index}`
  for (const { resolution } of references) for (const place of resolution.places) targets.add(keyOf(place))
  const isTarget = (place: Place) => targets.has(keyOf(place))
  const configured = configuredContexts(configs)
  const named = namedContexts(references, configured)

  checkLines(program.dialplan, lines, report)
  checkIncludes(program, report)
  checkIncludeCycles(program, report)
  checkPatterns(program, report)
  checkPriorities(program, isTarget, report)
  checkEachStep(check)
  checkTargets(program, references, report)
  checkReturns(references, flow, report)
  checkReach(program, flow, isTarget, report)
  checkInjection(analysis, flow, configured, report)
  if (!named) return
  checkContexts(program, named, report)
  checkShadows(program, named, report)
}

function checkEachStep({ program, configs, host, report, catalogue, sounds: folder, language }: DialplanCheck): void {
  const names = { catalogue, ownFunctions: odbcFunctions(configs.get('func_odbc.conf')) }
  const sounds = folder === undefined ? undefined : new Sounds(host, folder, language ?? 'en')
  const modulesConf = configs.get('modules.conf')
  const modules = modulesConf?.isValid ? new LoadedModules(modulesConf) : undefined
  for (const step of program.steps) {
    checkSyntax(step, report)
    checkNames(step, names, report)
    if (modules) checkModules(step, modules, catalogue, report)
    if (sounds) checkSounds(step, sounds, report)
  }
}

/** func_odbc.conf makes a function of each section. */
function odbcFunctions(config: LoadedConfig | undefined): Set<string> {
  const names = new Set<string>()
  for (const { name, isTemplate, settings } of config?.sections ?? []) {
    if (isTemplate || name === 'general') continue
    const prefix = settings.findLast((one) => one.name.toLowerCase() === 'prefix')?.value ?? 'ODBC'
    names.add(`${prefix}_${name}`)
  }
  return names
}
