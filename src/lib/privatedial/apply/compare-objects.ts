import { type ObjectKind, type ObjectSet, objectKinds } from './expected-objects.js'

/** One object that is not in Asterisk as the files have it. */
export interface ObjectDifference {
  readonly kind: ObjectKind
  readonly name: string
  /** `extra`: Asterisk has it, and no file. */
  readonly state: 'missing' | 'extra' | 'differs'
  /** The fields that differ. Their values may be secrets. */
  readonly fields: readonly string[]
}

export interface Comparison {
  /** How many of each kind are as they should be. */
  readonly proved: Readonly<Record<ObjectKind, number>>
  readonly differences: readonly ObjectDifference[]
  /** Asterisk has transports as they were when it started: it must be started again. */
  readonly needsRestart: boolean
}

export function compareObjects(expected: ObjectSet, running: ObjectSet): Comparison {
  const differences: ObjectDifference[] = []
  const proved = Object.fromEntries(objectKinds.map((kind) => [kind, 0])) as Record<ObjectKind, number>
  for (const kind of objectKinds) {
    const wanted = expected.get(kind)!
    const found = running.get(kind)!
    for (const [name, values] of wanted) {
      const has = found.get(name)
      const fields = has ? Object.keys(values).filter((field) => !isSame(values[field]!, has[field])) : []
      if (!has) differences.push({ kind, name, state: 'missing', fields })
      else if (fields.length > 0) differences.push({ kind, name, state: 'differs', fields })
      else proved[kind]++
    }
    for (const name of found.keys()) if (!wanted.has(name)) differences.push({ kind, name, state: 'extra', fields: [] })
  }
  return { proved, differences, needsRestart: differences.some(({ kind }) => kind === 'transport') }
}

/** A field that this version does not show cannot be compared. */
function isSame(wanted: string, found: string | undefined): boolean {
  return found === undefined || found === wanted
}
