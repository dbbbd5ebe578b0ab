import type { Flow } from '../program/flow.js'
import type { Routine } from '../program/program.js'
import type { Place } from '../program/resolve.js'
import type { Call, Step } from '../program/step.js'
import { branchPair } from '../program/targets.js'
import { within } from '../text/split.js'
import { eachSubstitution } from '../text/substitutions.js'
import { guardOf } from './guards.js'
import { join, type Taint } from './taint.js'
import { type State, taintOf, taintOfAll } from './taint-of.js'

/** Each step is looked at again when more comes to it. A loop adds at most what its variables can hold. */
const maxVisits = 64

/** The state before each step of an extension. @param initial what a call brings along @param isEntered is the step come to from elsewhere? */
export function statesOf(
  routine: Routine,
  initial: State,
  flow: (step: Step) => Flow,
  isEntered: (place: Place) => boolean
): readonly State[] {
  const { steps } = routine
  const states: (Map<string, Taint> | undefined)[] = steps.map(() => undefined)
  const visits = steps.map(() => 0)
  const work: number[] = []
  const enter = (index: number, state: State) => {
    const merged = merge(states[index], state)
    if (!merged || visits[index]! >= maxVisits) return
    states[index] = merged
    work.push(index)
  }
  for (const index of steps.keys()) if (index === 0 || isEntered({ routine, index })) enter(index, initial)
  const settle = () => {
    for (let index = work.pop(); index !== undefined; index = work.pop()) {
      visits[index]!++
      for (const { to, state } of edges(routine, index, states[index]!, flow)) enter(to, state)
    }
  }
  settle()
  // What nothing leads to is looked at as if something did.
  for (const index of steps.keys()) {
    if (states[index]) continue
    enter(index, initial)
    settle()
  }
  return states.map((state) => state ?? initial)
}

/** @returns undefined when nothing new comes */
function merge(old: Map<string, Taint> | undefined, next: State): Map<string, Taint> | undefined {
  if (!old) return new Map(next)
  const merged = new Map<string, Taint>()
  let isNew = false
  // What only one of the ways knows falls back to what is said of the variable by default.
  for (const [key, taint] of old) {
    if (!next.has(key) && taint === undefined) {
      isNew = true
      continue
    }
    const both = next.has(key) ? join(taint, next.get(key)) : taint
    isNew ||= !isSame(both, taint)
    merged.set(key, both)
  }
  for (const [key, taint] of next) {
    if (old.has(key) || taint === undefined) continue
    merged.set(key, taint)
    isNew = true
  }
  return isNew ? merged : undefined
}

function isSame(a: Taint, b: Taint): boolean {
  if (a === b) return true
  return typeof a === 'object' && typeof b === 'object' && a.size === b.size && [...a].every((char) => b.has(char))
}

function* edges(
  routine: Routine,
  index: number,
  before: State,
  flow: (step: Step) => Flow
): Generator<{ to: number; state: State }> {
  const step = routine.steps[index]!
  const after = transfer(step, before)
  const { jumps, fallsThrough } = flow(step)
  const own = [...jumps.entries()].filter(([, jump]) => jump.routine === routine)
  const outer = step.calls[0]!
  const guard = ['gotoif', 'execif', 'gosubif'].includes(outer.key) ? guardOf(step, outer) : undefined
  if (!guard) {
    for (const [, jump] of own) yield { to: jump.index, state: after }
    if (fallsThrough && index + 1 < routine.steps.length) yield { to: index + 1, state: after }
    return
  }
  const held = new Map(after).set(guard.variable, guard.taint)
  const { yes } = outer.key === 'gotoif' ? branchPair(step, outer) : { yes: undefined }
  // Two branches to two labels: which place belongs to which is told by the order in which they stand.
  const isYes = (at: number) => yes !== undefined && at === 0
  for (const [at, jump] of own) yield { to: jump.index, state: isYes(at) === guard.holdsWhen ? held : after }
  if (!fallsThrough || index + 1 >= routine.steps.length) return
  yield { to: index + 1, state: goesOnWhen(step, outer) === guard.holdsWhen ? held : after }
}

/** How the condition came out when the next step is reached; undefined when it may be either. */
function goesOnWhen(step: Step, outer: Call): boolean | undefined {
  if (outer.key === 'gotoif') {
    const { yes, no } = branchPair(step, outer)
    return yes && !no ? false : no && !yes ? true : undefined
  }
  const [, first, second] = step.calls
  const isEnd = (call: Call | undefined) =>
    call !== undefined && ['hangup', 'return', 'goto', 'busy', 'congestion'].includes(call.key)
  if (outer.key !== 'execif') return undefined
  return isEnd(first) && !second ? false : undefined
}

/** What a step sets. */
function transfer(step: Step, before: State): State {
  let state: Map<string, Taint> | undefined
  const set = (name: string, taint: Taint, isConditional: boolean) => {
    state ??= new Map(before)
    state.set(name, isConditional ? join(state.get(name), taint) : taint)
    // What was found out of parts of it is past.
    for (const key of state.keys())
      if (key !== name && (key.startsWith(`${name}:`) || key === `LOCAL(${name})`)) state.delete(key)
  }
  for (const one of eachSubstitution(step.substitutions)) {
    if (one.kind !== 'variable' || one.name !== 'SET' || !one.arguments) continue
    const [, name] = /^\s*(\w+)\s*=/.exec(step.text.slice(one.arguments.start, one.arguments.end)) ?? []
    if (name !== undefined) set(name, taintOfAll(step.text, one.inside, before), false)
  }
  for (const { key, data, arguments: all, isConditional } of step.calls) {
    if (key === 'read' && all[0]) set(all[0].text, undefined, isConditional)
    if (key !== 'set' && key !== 'mset') continue
    const [whole, name = ''] = /^\s*_{0,2}([^=$]*?)\s*=/.exec(data.text) ?? []
    if (whole === undefined) continue
    const value = { text: data.text.slice(whole.length), start: data.start + whole.length }
    let taint: Taint
    for (const one of within(step.substitutions, value)) taint = join(taint, taintOf(step.text, one, before))
    set(name.replace(/^LOCAL\((.*)\)$/, '$1'), taint, isConditional)
  }
  return state ?? before
}
