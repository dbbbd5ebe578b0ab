import { type Flow, flowOf, type Reference } from '../program/flow.js'
import type { Program, Routine } from '../program/program.js'
import { candidates, type Place } from '../program/resolve.js'
import { type Step, spotOf } from '../program/step.js'
import type { Report } from '../report.js'

export type FlowOf = (step: Step) => Flow

/** The flow of each step, found once. */
export function flows(program: Program, referencesOf: (step: Step) => readonly Reference[]): FlowOf {
  const known = new Map<Step, Flow>()
  return (step) => {
    const flow = known.get(step) ?? flowOf(step, referencesOf(step), () => hasTimeout(program, step))
    known.set(step, flow)
    return flow
  }
}

/** WaitExten goes to `t` where there is one. */
function hasTimeout(program: Program, { context }: Step): boolean {
  return program.startsOf(context.name).every((start) => program.closureOf(start).some((one) => candidates(one, 't').length > 0))
}

/** Paths of a subroutine that end without Return or Hangup: then the call is over. */
export function checkReturns(references: readonly Reference[], flow: FlowOf, report: Report): void {
  const seen = new Set<Step>()
  const work: { place: Place; via: Reference }[] = references
    .filter(({ target }) => target.kind === 'gosub')
    .flatMap((via) => via.resolution.places.map((place) => ({ place, via })))
  for (let one = work.pop(); one; one = work.pop()) {
    const { place, via } = one
    const step = place.routine.steps[place.index]!
    if (seen.has(step)) continue
    seen.add(step)
    const { jumps, fallsThrough, isEnd, isOpen } = flow(step)
    if (isEnd) continue
    for (const jump of jumps) work.push({ place: jump, via })
    if (!fallsThrough || (isOpen && jumps.length === 0 && step.calls[0]?.key === 'stackpop')) continue
    const next = nextOf(place)
    if (next) work.push({ place: next, via })
    else if (!isContinuedElsewhere(place.routine)) {
      const { file, line } = via.step.priority
      report.add(
        'gosub-without-return',
        spotOf(step),
        `${place.routine.extension.name} of ${place.routine.context.name} ends here; line ${line} of ${file} comes by ${via.target.call.name} and waits for a Return`
      )
    }
  }
}

/** Another extension may have the next priority: `_X.,1` and `_X!,2`. */
function isContinuedElsewhere({ context, extension, steps }: Routine): boolean {
  const next = steps.at(-1)!.priority.number + 1
  return context.patterns.some((other) => other !== extension && other.priorities.some(({ number }) => number === next))
}

function nextOf({ routine, index }: Place): Place | undefined {
  const [step, next] = [routine.steps[index]!, routine.steps[index + 1]]
  return next?.priority.number === step.priority.number + 1 ? { routine, index: index + 1 } : undefined
}

/** Steps behind one that never goes on, without a label. */
export function checkReach(program: Program, flow: FlowOf, isTarget: (place: Place) => boolean, report: Report): void {
  for (const routine of program.routines) {
    for (let index = 1; index < routine.steps.length; index++) {
      const [before, step] = [routine.steps[index - 1]!, routine.steps[index]!]
      const { number, label } = step.priority
      // A gap has a finding of its own. EndWhile closes a loop whose last step may well jump.
      if (number !== before.priority.number + 1 || label !== undefined || isTarget({ routine, index })) continue
      if (flow(before).fallsThrough || step.calls[0]?.key === 'endwhile') continue
      report.add(
        'unreachable-code',
        spotOf(step),
        `Nothing comes here: ${before.calls[0]?.name ?? ''} in line ${before.priority.line} does not go on`
      )
    }
  }
}
