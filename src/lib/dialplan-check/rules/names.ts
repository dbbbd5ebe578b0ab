import { suggestion } from '../../nearest.js'
import type { Catalogue } from '../catalogue/catalogue.js'
import { readOptions } from '../program/options.js'
import { type Call, type Step, spotOf } from '../program/step.js'
import type { Report } from '../report.js'
import { eachSubstitution } from '../text/substitutions.js'

/** What names are checked against, beside the catalogue: functions of func_odbc.conf. */
export interface KnownNames {
  readonly catalogue: Catalogue
  readonly ownFunctions: ReadonlySet<string>
}

/** Applications, their options, and functions. */
export function checkNames(step: Step, names: KnownNames, report: Report): void {
  for (const call of step.calls) checkApplication(step, call, names, report)
  for (const one of eachSubstitution(step.substitutions)) {
    if (one.kind === 'variable' && one.arguments && one.name !== undefined)
      checkFunction(step, one.name, one.start + 2, names, report)
  }
  for (const { key, data } of step.calls) {
    if (key !== 'set') continue
    const [all, blanks = '', name = ''] = /^(\s*)([A-Za-z_][\w]*)\(/.exec(data.text) ?? []
    if (all) checkFunction(step, name, data.start + blanks.length, names, report)
  }
}

function checkApplication(step: Step, call: Call, { catalogue }: KnownNames, report: Report): void {
  const application = catalogue.applications.get(call.key)
  if (!application) {
    // What a variable names is not known before the call.
    if (call.name === '' || /[${]/.test(call.name)) return
    const names = [...catalogue.applications.values()].map(({ name }) => name)
    report.add(
      'unknown-application',
      spotOf(step, call.start),
      `There is no application ${call.name}`,
      suggestion(call.name, names)
    )
    return
  }
  for (const [index, known] of Object.entries(application.options)) checkOptions(step, call, Number(index), known, report)
}

function checkOptions(step: Step, call: Call, index: number, known: readonly string[], report: Report): void {
  const given = call.arguments[index]
  // Words (`noanswer`) are written with and without separators: only letters can be told apart.
  if (!given || given.text === '' || known.some((one) => one.length > 1)) return
  for (const { letter, start } of readOptions(step.text, given, step.substitutions) ?? []) {
    if (known.includes(letter)) continue
    report.add('unknown-option', spotOf(step, start), `${call.name} has no option ${letter}`, `It has ${known.join(' ')}`)
  }
}

function checkFunction(step: Step, name: string, at: number, { catalogue, ownFunctions }: KnownNames, report: Report): void {
  if (catalogue.functions.has(name) || ownFunctions.has(name)) return
  const near = catalogue.functions.has(name.toUpperCase())
    ? `Write ${name.toUpperCase()}: case counts.`
    : suggestion(name, catalogue.functions.keys())
  report.add('unknown-function', spotOf(step, at), `There is no function ${name}`, near)
}
