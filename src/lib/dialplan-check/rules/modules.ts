import type { LoadedConfig } from '../../asterisk-config/load.js'
import type { Catalogue } from '../catalogue/catalogue.js'
import type { Step } from '../program/step.js'
import { spotOf } from '../program/step.js'
import type { Report } from '../report.js'
import { eachSubstitution } from '../text/substitutions.js'

/** What modules.conf loads. */
export class LoadedModules {
  readonly #noload = new Map<string, { file: string; line: number }>()
  readonly #load = new Set<string>()
  readonly #isAutomatic: boolean

  constructor(config: LoadedConfig) {
    const settings = config.sections
      .filter(({ name, isTemplate }) => !isTemplate && name.toLowerCase() === 'modules')
      .flatMap((one) => one.settings)
    const name = (value: string) => value.replace(/\.so$/, '')
    for (const setting of settings) {
      if (setting.name === 'noload') this.#noload.set(name(setting.value), setting)
      else if (['load', 'preload', 'require', 'preload-require'].includes(setting.name)) this.#load.add(name(setting.value))
    }
    this.#isAutomatic = settings.some((one) => one.name === 'autoload' && /^(yes|true|y|t|1|on)$/i.test(one.value))
  }

  /** Why none of these modules is there; undefined when one is. */
  reason(modules: readonly string[]): string | undefined {
    if (modules.length === 0 || modules.some((one) => one === 'builtin' || this.#isLoaded(one))) return undefined
    const place = this.#noload.get(modules[0]!)
    return place ? `noload in line ${place.line} of ${place.file} keeps it away` : 'modules.conf does not load it'
  }

  #isLoaded(module: string): boolean {
    return !this.#noload.has(module) && (this.#isAutomatic || this.#load.has(module))
  }
}

/** Applications and functions whose module is kept away. */
export function checkModules(step: Step, modules: LoadedModules, { applications, functions }: Catalogue, report: Report): void {
  const need = (what: string, of: readonly string[], at: number) => {
    const reason = modules.reason(of)
    if (reason) report.add('module-not-loaded', spotOf(step, at), `${what} is of ${of[0]}: ${reason}`)
  }
  for (const { key, name, start } of step.calls) need(name, applications.get(key)?.modules ?? [], start)
  for (const one of eachSubstitution(step.substitutions)) {
    if (one.kind === 'variable' && one.arguments && one.name !== undefined)
      need(`${one.name}()`, functions.get(one.name) ?? [], one.start + 2)
  }
}
