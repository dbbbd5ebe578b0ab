import type { Analysis } from '../program/analysis.js'
import type { Reference } from '../program/flow.js'
import type { Routine } from '../program/program.js'
import type { Place } from '../program/resolve.js'
import { type Call, type Step, spotOf } from '../program/step.js'
import { branchesOf } from '../program/targets.js'
import type { Report } from '../report.js'
import { statesOf } from '../taint/routine-taint.js'
import { isHarmful, join, type Sink, type Taint } from '../taint/taint.js'
import { type State, taintOf, taintOfAll } from '../taint/taint-of.js'
import { type Part, within } from '../text/split.js'
import { eachSubstitution } from '../text/substitutions.js'
import type { FlowOf } from './subroutines.js'

/** What calls bring along into an extension. */
interface Entry {
  exten: Taint
  readonly args: Map<number, Taint>
}

/** How often what is handed on from subroutine to subroutine is followed: dialplans call four or five deep. */
const maxRounds = 6

/**
 * Follows what a caller sends (the number, names, headers, contacts) through the variables of each extension and the arguments of Gosub to where it does harm. A number
 * is trusted where all ways into its extension have compared it before.
 */
export function checkInjection(analysis: Analysis, flow: FlowOf, configured: ReadonlySet<string>, report: Report): void {
  const routines = analysis.program.routines.filter(({ steps }) => steps.some(({ substitutions }) => substitutions.length > 0))
  const incoming = referencesInto(analysis)
  const isEntered = ({ routine, index }: Place) =>
    incoming
      .get(routine)
      ?.some(({ reference, place }) => place.index === index && reference.step.extension !== routine.extension) ?? false
  let entries = new Map(routines.map((routine) => [routine, { exten: openNumber(routine), args: new Map() } as Entry]))
  let states = new Map<Routine, readonly State[]>()
  for (let round = 0; round < maxRounds; round++) {
    states = new Map(
      routines.map((routine) => [routine, statesOf(routine, initialState(entries.get(routine)!), flow, isEntered)])
    )
    const next = new Map(
      routines.map((routine) => [routine, entryOf(routine, incoming.get(routine) ?? [], states, analysis, configured)])
    )
    const isStable = [...next].every(([routine, entry]) => isSameEntry(entry, entries.get(routine)!))
    entries = next
    if (isStable) break
  }
  for (const routine of routines) {
    for (const [index, step] of routine.steps.entries()) checkStep(step, states.get(routine)![index]!, report)
  }
}

type Incoming = { reference: Reference; place: Place }

function referencesInto({ references, program }: Analysis): Map<Routine, Incoming[]> {
  const found = new Map<Routine, Incoming[]>()
  const patterns = new Map<string, Routine[]>()
  for (const routine of program.routines) {
    if (openNumber(routine) === undefined) continue
    const same = patterns.get(routine.context.name)
    if (same) same.push(routine)
    else patterns.set(routine.context.name, [routine])
  }
  for (const reference of references) {
    const { places, isOpen, contexts = [] } = reference.resolution
    // A number that only the call knows may come to each pattern of the context that is named.
    const open = isOpen && reference.target.context ? contexts.flatMap((name) => patterns.get(name) ?? []) : []
    for (const place of [...places, ...open.map((routine) => ({ routine, index: 0 }))]) {
      const all = found.get(place.routine)
      if (all) all.push({ reference, place })
      else found.set(place.routine, [{ reference, place }])
    }
  }
  return found
}

/** `.` and `!` take any character. */
function openNumber({ extension: { match } }: Routine): Taint {
  return match.pattern[0] === '_' && /[.!]/.test(match.pattern.replace(/\[[^\]]*\]/g, '')) ? 'any' : undefined
}

function initialState({ exten, args }: Entry): State {
  const state = new Map<string, Taint>([['EXTEN', exten]])
  for (const [index, taint] of args) state.set(`ARG${index}`, taint)
  return state
}

function entryOf(
  routine: Routine,
  incoming: readonly Incoming[],
  states: ReadonlyMap<Routine, readonly State[]>,
  { program }: Analysis,
  configured: ReadonlySet<string>
): Entry {
  const args = new Map<number, Taint>()
  const others = incoming.filter(({ reference }) => reference.step.extension !== routine.extension)
  let exten: Taint
  for (const { reference } of others) {
    const { step, target } = reference
    const state = stateBefore(step, states, program)
    exten = join(exten, target.extension ? taintOfPart(step, target.extension, state) : state.get('EXTEN'))
    for (const [index, part] of target.arguments.entries()) {
      args.set(index + 1, join(args.get(index + 1), taintOfPart(step, part, state)))
    }
  }
  const open = openNumber(routine)
  const starts = program.startsOf(routine.context.name)
  const isInside = others.length > 0 && starts.length === 1 && !starts.some((name) => configured.has(name) || name === 'default')
  return { exten: open === undefined ? undefined : isInside ? exten : open, args }
}

function stateBefore(step: Step, states: ReadonlyMap<Routine, readonly State[]>, program: Analysis['program']): State {
  const routine = program.routineOf(step.extension)
  return (routine && states.get(routine)?.[routine.steps.indexOf(step)]) ?? new Map()
}

function taintOfPart(step: Step, part: Part, state: State): Taint {
  return taintOfAll(step.text, within(step.substitutions, part), state)
}

function isSameEntry(a: Entry, b: Entry): boolean {
  const text = ({ exten, args }: Entry) => JSON.stringify([show(exten), [...args].map(([index, taint]) => [index, show(taint)])])
  return text(a) === text(b)
}

function show(taint: Taint): string {
  return typeof taint === 'object' ? [...taint].sort().join('') : String(taint)
}

/** Where each application is harmed: the number of an argument, or all of its data. */
const sinks: Readonly<Record<string, readonly { sink: Sink; argument?: number }[]>> = {
  dial: [{ sink: 'dial' }],
  retrydial: [{ sink: 'dial' }],
  page: [{ sink: 'dial' }],
  originate: [{ sink: 'dial' }],
  chanisavail: [{ sink: 'dial' }],
  goto: [{ sink: 'goto' }],
  gosub: [{ sink: 'goto' }],
  gotoif: [{ sink: 'goto' }],
  gotoiftime: [{ sink: 'goto' }],
  gosubif: [{ sink: 'goto' }],
  system: [{ sink: 'shell' }],
  trysystem: [{ sink: 'shell' }],
  agi: [{ sink: 'agi' }],
  eagi: [{ sink: 'agi' }],
  deadagi: [{ sink: 'agi' }],
  externalivr: [{ sink: 'agi' }],
  mixmonitor: [
    { sink: 'file', argument: 0 },
    { sink: 'shell', argument: 2 }
  ],
  record: [{ sink: 'file', argument: 0 }]
}

function checkStep(step: Step, state: State, report: Report): void {
  for (const call of step.calls) {
    for (const { sink, argument } of Object.hasOwn(sinks, call.key) ? sinks[call.key]! : []) {
      const parts =
        call.key.endsWith('if') || call.key === 'gotoiftime'
          ? branchesOf(step, call)
          : [argument === undefined ? call.data : call.arguments[argument]]
      for (const part of parts) if (part) checkPart(step, call, part, sink, state, report)
    }
  }
  for (const one of eachSubstitution(step.substitutions)) {
    if (one.kind !== 'variable' || !one.arguments) continue
    const sink = one.name === 'SHELL' ? 'shell' : one.name === 'FILE' ? 'file' : undefined
    if (sink && isHarmful(taintOfAll(step.text, one.inside, state), sink)) {
      report.add(`injection-${sink}`, spotOf(step, one.start), `${step.text.slice(one.start, one.end)} takes what a caller sends`)
    }
  }
}

function checkPart(step: Step, { name }: Call, part: Part, sink: Sink, state: State, report: Report): void {
  const seen = new Set<string>()
  for (const one of within(step.substitutions, part)) {
    const text = step.text.slice(one.start, one.end)
    if (seen.has(text) || !isHarmful(taintOf(step.text, one, state), sink)) continue
    seen.add(text)
    report.add(`injection-${sink}`, spotOf(step, one.start), `${name} takes ${text}, which a caller may fill as they like`)
  }
}
