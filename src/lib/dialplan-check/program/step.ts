import type { Context, Extension, Priority } from '../../dialplan/dialplan.js'
import type { Spot } from '../report.js'
import { type Part, splitPart, trimPart } from '../text/split.js'
import { findSubstitutions, type Substitution, type SubstitutionFault } from '../text/substitutions.js'

/** An application that is run: that of the priority, or one inside of it (`ExecIf`). */
export interface Call {
  /** As written. */
  readonly name: string
  /** In lower case: Asterisk finds applications so. */
  readonly key: string
  /** Cut at the commas, places in the text of the step. */
  readonly arguments: readonly Part[]
  /** The whole data. */
  readonly data: Part
  /** Where its name begins in the text of the step. */
  readonly start: number
  /** It runs only under a condition. */
  readonly isConditional: boolean
}

/** A priority, taken apart. */
export interface Step {
  readonly context: Context
  readonly extension: Extension
  readonly priority: Priority
  /** `Application(data)`: what all places are counted in. */
  readonly text: string
  readonly substitutions: readonly Substitution[]
  readonly faults: readonly SubstitutionFault[]
  readonly calls: readonly Call[]
}

export function readStep(context: Context, extension: Extension, priority: Priority): Step {
  const { application, data } = priority
  const text = data === '' ? application : `${application}(${data})`
  const faults: SubstitutionFault[] = []
  const substitutions = findSubstitutions(text, faults)
  const calls: Call[] = []
  const outer = makeCall(
    text,
    { name: application, start: 0, from: application.length + 1, to: application.length + 1 + data.length },
    substitutions
  )
  addCall(calls, text, outer, substitutions, 0)
  return { context, extension, priority, text, substitutions, faults, calls }
}

/** Where a place of a step is in its file. */
export function spotOf({ priority, text }: Pick<Step, 'priority' | 'text'>, at = 0): Spot {
  const { file, line, application } = priority
  // Without data the parentheses may or may not be written.
  return { file, line, text: text === '' ? application : text, offset: at }
}

interface Range {
  readonly name: string
  readonly start: number
  readonly from: number
  readonly to: number
}

function makeCall(
  text: string,
  { name, start, from, to }: Range,
  substitutions: readonly Substitution[],
  isConditional = false
): Call {
  const range = { start: from, end: Math.max(from, to) }
  const trimmed = name.trim()
  return {
    name: trimmed,
    key: trimmed.toLowerCase(),
    data: { text: text.slice(range.start, range.end), start: from },
    arguments: splitPart(text, range, ',', substitutions).map(trimPart),
    start: start + name.length - name.trimStart().length,
    isConditional
  }
}

/** ExecIf in ExecIf in … */
const maxNested = 8

function addCall(calls: Call[], text: string, call: Call, substitutions: readonly Substitution[], depth: number): void {
  calls.push(call)
  if (depth >= maxNested) return
  for (const { text: inner, start } of innerCalls(call, text, substitutions)) {
    const open = inner.indexOf('(')
    const name = open < 0 ? inner : inner.slice(0, open)
    if (name.trim() === '' || /[${]/.test(name)) continue
    const close = inner.lastIndexOf(')')
    const range =
      open < 0
        ? { from: start + inner.length, to: start + inner.length }
        : { from: start + open + 1, to: start + (close > open ? close : inner.length) }
    addCall(
      calls,
      text,
      makeCall(text, { name, start, ...range }, substitutions, call.key !== 'exec' && call.key !== 'tryexec'),
      substitutions,
      depth + 1
    )
  }
}

/** The applications that an application is given (app_exec.c). */
function innerCalls({ key, data }: Call, text: string, substitutions: readonly Substitution[]): Part[] {
  const range = { start: data.start, end: data.start + data.text.length }
  if (key === 'exec' || key === 'tryexec') return [data]
  if (key !== 'execif' && key !== 'execiftime') return []
  const [, behind] = splitPart(text, range, '?', substitutions, { most: 2, isFlat: true })
  if (!behind) return []
  return splitPart(text, { start: behind.start, end: behind.start + behind.text.length }, ':', substitutions, { most: 2 }).map(
    trimPart
  )
}
