import { encode } from '../../asterisk-config/text.js'
import type { Context, Extension } from '../../dialplan/dialplan.js'
import { matchExtension, withoutDashes } from '../../dialplan/pattern-match.js'
import type { Part } from '../text/split.js'
import type { Program, Routine } from './program.js'
import type { Step } from './step.js'
import type { Target } from './targets.js'
import { type Known, positionsOf, valuesOf } from './values.js'

/** A place that was found. */
export interface Place {
  readonly routine: Routine
  /** Which of its steps. */
  readonly index: number
}

export interface Resolution {
  readonly places: readonly Place[]
  /** What does not exist, in words of the file. */
  readonly missing: { readonly what: 'context' | 'extension' | 'priority'; readonly names: readonly string[] } | undefined
  /** A part of it may be anything: `places` are not all. */
  readonly isOpen: boolean
  /** The contexts it names; undefined when they may be any. */
  readonly contexts: readonly string[] | undefined
}

/** Finds the places that a target names, as Asterisk would: through includes, by pattern, whatever the time and the caller. */
export function resolveTarget(program: Program, step: Step, target: Target, known: Known): Resolution {
  return new Resolver(program, step, known).resolve(target)
}

type Found = readonly Place[] | 'no-extension' | 'no-priority' | 'unknown'

/** A number that is not known goes to any extension that may match it. More than these are no more likely to be wrong. */
const maxPlaces = 64

class Resolver {
  readonly #program: Program
  readonly #step: Step
  readonly #known: Known

  constructor(program: Program, step: Step, known: Known) {
    this.#program = program
    this.#step = step
    this.#known = known
  }

  resolve({ context, extension, priority, kind }: Target): Resolution {
    const contexts = this.#contexts(context)
    if (!contexts) return { places: [], missing: undefined, isOpen: true, contexts: undefined }
    const isOwn = context === undefined || isCurrent(context)
    const unknown = contexts.filter((name) => !this.#program.hasContext(name))
    if (unknown.length > 0 && !isOwn) return { places: [], missing: { what: 'context', names: unknown }, isOpen: false, contexts }
    const open = { places: [], missing: undefined, isOpen: true, contexts }
    if (kind === 'context' || !priority) return { ...open, isOpen: kind !== 'context' }
    const priorities = this.#values(priority)
    const extensions =
      extension && !isExten(extension) ? this.#values(extension) : extension ? (this.#values(extension) ?? ['']) : ['']
    if (!priorities || !extensions) return open
    // Relative priorities count from where the call is.
    if (priorities.some((one) => /^[+-]/.test(one))) return open
    return this.#all(contexts, isOwn, extensions, priorities)
  }

  #all(contexts: readonly string[], isOwn: boolean, extensions: readonly string[], priorities: readonly string[]): Resolution {
    const places: Place[] = []
    const noExtension: string[] = []
    const noPriority: string[] = []
    let isOpen = false
    // Where the call is, one of the contexts will do; of those that are named each has to have it.
    for (const group of isOwn ? [contexts] : contexts.map((one) => [one])) {
      for (const extension of extensions) {
        for (const priority of priorities) {
          const found = this.#find(group, extension, priority)
          if (typeof found === 'object') places.push(...found)
          else if (found === 'unknown') isOpen = true
          else if (found === 'no-extension') noExtension.push(extension)
          else noPriority.push(priority)
        }
      }
    }
    const missing =
      noExtension.length > 0
        ? ({ what: 'extension', names: noExtension } as const)
        : noPriority.length > 0
          ? ({ what: 'priority', names: noPriority } as const)
          : undefined
    return { places, missing: missing && { ...missing, names: [...new Set(missing.names)] }, isOpen, contexts }
  }

  #contexts(part: Part | undefined): readonly string[] | undefined {
    return part === undefined || isCurrent(part) ? this.#program.startsOf(this.#step.context.name) : this.#values(part)
  }

  #values(part: Part): readonly string[] | undefined {
    return valuesOf(this.#step, part, this.#known)
  }

  /** In any of these contexts. @param extension '' for the one in which the step stands */
  #find(contexts: readonly string[], extension: string, priority: string): Found {
    let best: Found = 'no-extension'
    for (const name of contexts) {
      const found = extension === '' ? this.#findOwn(name, priority) : this.#findNumber(name, extension, priority)
      if (typeof found === 'object') return found
      if (found === 'unknown' || best === 'no-extension') best = best === 'unknown' ? best : found
    }
    return best
  }

  /** A label or number of the same extension; in another context that of all extensions that may match the same number. */
  #findOwn(name: string, priority: string): Found {
    const { extension, context: here } = this.#step
    const own = this.#at(extension, priority)
    const found: Place[] = []
    let isThere = false
    for (const context of this.#program.closureOf(name)) {
      // The extension itself comes first where it can be found from there.
      if (own && context === here) return [own]
      if (context.switches.length > 0) return 'unknown'
      for (const other of similar(context, extension)) {
        const place = this.#at(other, priority)
        isThere ||= this.#program.routineOf(other) !== undefined
        if (place) found.push(place)
        if (found.length >= maxPlaces) return found
      }
    }
    if (found.length > 0) return found
    return this.#includesOthers(name) ? 'unknown' : isThere ? 'no-priority' : 'no-extension'
  }

  #findNumber(name: string, number: string, priority: string): Found {
    if (this.#program.otherContexts.has(name) && !this.#program.dialplan.contexts.has(name)) return 'unknown'
    const wanted = encode(number)
    let best: Found = 'no-extension'
    for (const context of this.#program.closureOf(name)) {
      for (const extension of candidates(context, wanted)) {
        const found = this.#at(extension, priority)
        if (found) return [found]
        if (this.#program.routineOf(extension)) best = 'no-priority'
      }
      if (context.switches.length > 0) return 'unknown'
      if (this.#program.otherContexts.has(context.name)) return 'unknown'
    }
    return this.#includesOthers(name) ? 'unknown' : best
  }

  /** It includes a context of another module, of which nobody knows what is in it. */
  #includesOthers(name: string): boolean {
    const { otherContexts, dialplan } = this.#program
    return this.#program
      .closureOf(name)
      .some(({ includes }) => includes.some(({ context }) => otherContexts.has(context) && !dialplan.contexts.has(context)))
  }

  #at(extension: Extension, priority: string): Place | undefined {
    const routine = this.#program.routineOf(extension)
    if (!routine) return undefined
    const number = /^\d+$/.test(priority) ? Number(priority) : extension.labels.get(priority)?.number
    if (number === undefined) return undefined
    const index = routine.steps.findIndex((one) => one.priority.number === number)
    return index < 0 ? undefined : { routine, index }
  }
}

function isCurrent({ text }: Part): boolean {
  return text === `\${CONTEXT}`
}

function isExten({ text }: Part): boolean {
  return text === `\${EXTEN}`
}

export function candidates(context: Context, number: string): Extension[] {
  const plain = context.plain.get(withoutDashes(number)) ?? []
  return [...plain, ...context.patterns.filter(({ match }) => matchExtension(match.pattern, number) !== 'no')]
}

/** The extensions of a context that may match a number which another one matches. */
function* similar(context: Context, extension: Extension): Generator<Extension> {
  const { pattern } = extension.match
  if (pattern[0] !== '_') {
    yield* candidates(context, pattern)
    return
  }
  for (const other of context.extensions) if (other === extension || mayBeSame(pattern, other.match.pattern)) yield other
}

/** May both match one number? */
function mayBeSame(pattern: string, other: string): boolean {
  if (other[0] !== '_') return matchExtension(pattern, other) !== 'no'
  const [first, second] = [pattern, other].map((one) => {
    const end = one.replace(/\[[^\]]*\]/g, (set) => '\x01'.repeat(set.length)).search(/[.!]/)
    return {
      positions: positionsOf(end < 0 ? one : one.slice(0, end)),
      least: end < 0 ? 0 : one[end] === '.' ? 1 : 0,
      isOpen: end >= 0
    }
  }) as [Shape, Shape]
  if (!first.positions || !second.positions) return false
  const [a, b] = [first.positions.length, second.positions.length]
  if (!first.isOpen && b + second.least > a) return false
  if (!second.isOpen && a + first.least > b) return false
  if (!first.isOpen && !second.isOpen && a !== b) return false
  const others = second.positions
  return first.positions.every((set, at) => at >= others.length || set.some((char) => others[at]!.includes(char)))
}

interface Shape {
  readonly positions: string[][] | undefined
  readonly least: number
  readonly isOpen: boolean
}
