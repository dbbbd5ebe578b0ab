import type { Context, Dialplan, Extension } from '../../dialplan/dialplan.js'
import { hintPriority } from '../../dialplan/dialplan.js'
import { readStep, type Step } from './step.js'

/** An extension, taken apart. */
export interface Routine {
  readonly context: Context
  readonly extension: Extension
  /** By number, without the hint. */
  readonly steps: readonly Step[]
}

/** A dialplan, taken apart once for all rules. */
export class Program {
  readonly dialplan: Dialplan
  readonly routines: readonly Routine[]
  readonly steps: readonly Step[]
  readonly #byExtension = new Map<Extension, Routine>()
  readonly #includers = new Map<string, Set<string>>()
  /** Contexts that exist without standing in extensions.conf: of other modules. */
  readonly otherContexts: ReadonlySet<string>

  constructor(dialplan: Dialplan, otherContexts: ReadonlySet<string> = new Set()) {
    this.dialplan = dialplan
    this.otherContexts = otherContexts
    const routines: Routine[] = []
    for (const context of dialplan.contexts.values()) {
      for (const extension of context.extensions) {
        const priorities = extension.priorities.filter(({ number }) => number !== hintPriority)
        if (priorities.length === 0) continue
        const routine = { context, extension, steps: priorities.map((priority) => readStep(context, extension, priority)) }
        routines.push(routine)
        this.#byExtension.set(extension, routine)
      }
      for (const { context: included } of context.includes) {
        const all = this.#includers.get(included) ?? new Set()
        this.#includers.set(included, all.add(context.name))
      }
    }
    this.routines = routines
    this.steps = routines.flatMap(({ steps }) => steps)
  }

  routineOf(extension: Extension): Routine | undefined {
    return this.#byExtension.get(extension)
  }

  hasContext(name: string): boolean {
    return this.dialplan.contexts.has(name) || this.otherContexts.has(name)
  }

  includersOf(context: string): Iterable<string> {
    return this.#includers.get(context) ?? []
  }

  readonly #starts = new Map<string, readonly string[]>()

  /** The contexts in which a call can be while it runs something of this one: itself, and all that include it, however far. */
  startsOf(context: string): readonly string[] {
    const known = this.#starts.get(context)
    if (known) return known
    const found = new Set([context])
    for (const name of found) for (const includer of this.includersOf(name)) found.add(includer)
    const all = [...found]
    this.#starts.set(context, all)
    return all
  }

  readonly #closures = new Map<string, readonly Context[]>()

  /** A context and all that it includes, in the order in which they are looked through, whatever the time. */
  closureOf(name: string): readonly Context[] {
    const known = this.#closures.get(name)
    if (known) return known
    const found = new Map<string, Context>()
    const open = [name]
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      const context = this.dialplan.contexts.get(one)
      if (!context || found.has(one)) continue
      found.set(one, context)
      for (const { context: included } of context.includes.toReversed()) open.push(included)
    }
    const all = [...found.values()]
    this.#closures.set(name, all)
    return all
  }
}
