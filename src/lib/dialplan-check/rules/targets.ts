import { suggestion } from '../../nearest.js'
import type { Reference } from '../program/flow.js'
import type { Program } from '../program/program.js'
import { spotOf } from '../program/step.js'
import type { Target } from '../program/targets.js'
import type { Report } from '../report.js'

const codes = { context: 'undefined-context', extension: 'undefined-extension', priority: 'undefined-priority' } as const

/** Contexts, extensions, labels and priorities that steps name and that are not there. */
export function checkTargets({ dialplan }: Program, references: readonly Reference[], report: Report): void {
  for (const { step, target, resolution } of references) {
    const { missing } = resolution
    if (!missing) continue
    const part = target[missing.what] ?? target.whole
    const hint = missing.what === 'context' ? suggestion(missing.names[0]!, dialplan.contexts.keys()) : undefined
    report.add(codes[missing.what], spotOf(step, part.start), describe(target, missing.what, missing.names, part.text), hint)
  }
}

function describe(
  { call, context, extension }: Target,
  what: keyof typeof codes,
  names: readonly string[],
  written: string
): string {
  const isNamed = !written.includes('$')
  const list = names.slice(0, 8).map(show).join(', ')
  const can = isNamed ? show(names[0]!) : `${written}, which can be ${list}${names.length > 8 ? ' …' : ''}`
  if (what === 'context') return `${call.name} names context ${can}, which does not exist`
  const where = context ? ` in ${context.text}` : ''
  if (what === 'extension') return `${call.name} names extension ${can}, which does not exist${where}`
  return `${call.name} names ${can}, which is no label or priority${extension ? ` of ${extension.text}` : ' here'}${where}`
}

function show(name: string): string {
  return name === '' ? '(nothing)' : name
}

/** Contexts that are included and do not exist. */
export function checkIncludes(program: Program, report: Report): void {
  const { dialplan } = program
  for (const context of dialplan.contexts.values()) {
    for (const { context: included, text, file, line } of context.includes) {
      if (included.includes('$') || program.hasContext(included)) continue
      const spot = { file, line, inValue: true }
      report.add(
        'undefined-context',
        spot,
        `${context.name} includes ${text === included ? included : text}, which does not exist`,
        suggestion(included, dialplan.contexts.keys())
      )
    }
  }
}
