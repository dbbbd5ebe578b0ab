import type { Reference } from './flow.js'
import type { Program } from './program.js'
import { resolveTarget } from './resolve.js'
import type { Step } from './step.js'
import { targetsOf } from './targets.js'
import type { Known } from './values.js'

/** A dialplan with all its references resolved. */
export interface Analysis {
  readonly program: Program
  readonly references: readonly Reference[]
  readonly referencesOf: (step: Step) => readonly Reference[]
}

/** Resolves what the steps name. */
export function analyse(program: Program): Analysis {
  const known = knownVariables(program)
  const byStep = new Map<Step, readonly Reference[]>()
  const references: Reference[] = []
  for (const step of program.steps) {
    const own = targetsOf(step).map((target) => ({ step, target, resolution: resolveTarget(program, step, target, known) }))
    if (own.length === 0) continue
    byStep.set(step, own)
    references.push(...own)
  }
  return { program, references, referencesOf: (step) => byStep.get(step) ?? [] }
}

/** Global variables that nothing else sets. */
function knownVariables({ dialplan: { globals }, steps }: Program): Known {
  const set = new Set<string>()
  for (const { calls } of steps) {
    for (const { key, data } of calls) {
      if (key !== 'set' && key !== 'mset') continue
      for (const [, name = ''] of data.text.matchAll(/(?:^|,)\s*_{0,2}(?:GLOBAL\(|LOCAL\()?([\w.-]+)\)?\s*=/g)) set.add(name)
    }
  }
  return (name) => {
    const value = globals.get(name)
    return value === undefined || set.has(name) || value.includes('$') ? undefined : [value]
  }
}
