import type { Context, Dialplan } from '../../dialplan/dialplan.js'
import type { Program, Routine } from '../program/program.js'
import type { Place } from '../program/resolve.js'
import type { Report } from '../report.js'
import { type RuleCode, rules } from '../rules.js'
import type { SourceLines } from '../source-lines.js'

/** What Asterisk drops or warns of when it loads the lines: found by the reader of the dialplan. */
export function checkLines({ problems }: Dialplan, lines: SourceLines, report: Report): void {
  for (const { code, file, line, message } of problems) {
    // An open set swallows the comma behind the extension, and with it the priority.
    const open = code === 'priority-invalid' ? /^\s*exten\s*=>?\s*(_[^\],]*\[[^\]]*)$/i.exec(lines.line(file, line)) : null
    if (open) report.add('set-unclosed', { file, line }, `No closing ] in ${open[1]!.trim()}; the line is ignored`)
    else if (Object.hasOwn(rules, code)) report.add(code as RuleCode, { file, line }, message)
  }
}

/** Extensions that do not begin, and priorities with a gap before them. @param isTarget is the step jumped to? */
export function checkPriorities({ routines }: Program, isTarget: (place: Place) => boolean, report: Report): void {
  for (const routine of routines) {
    const { steps, extension } = routine
    const isReached = (index: number) => {
      const { label } = steps[index]!.priority
      return label !== undefined || isTarget({ routine, index })
    }
    const first = steps[0]!.priority
    const name = extension.name
    if (first.number !== 1 && !isReached(0)) {
      report.add('priority-one-missing', spot(routine, 0), `${name} begins with priority ${first.number}`)
    }
    for (let index = 1; index < steps.length; index++) {
      const [before, after] = [steps[index - 1]!.priority.number, steps[index]!.priority.number]
      if (after === before + 1 || isReached(index)) continue
      report.add('priority-gap', spot(routine, index), `${name} has no priority ${before + 1}: nothing comes to ${after}`)
    }
  }
}

function spot({ steps }: Routine, index: number) {
  const { file, line } = steps[index]!.priority
  return { file, line }
}

/** Contexts that include one another in a circle: one finding for each include that closes one. */
export function checkIncludeCycles({ dialplan }: Program, report: Report): void {
  const state = new Map<string, 'open' | 'done'>()
  // The way from the first context to where we are, and which of its includes comes next: a chain may be longer than the stack of a function that calls itself.
  const path: { readonly context: Context; next: number }[] = []
  const enter = (name: string) => {
    const context = dialplan.contexts.get(name)
    if (!context || state.get(name) === 'done') return
    state.set(name, 'open')
    path.push({ context, next: 0 })
  }
  for (const name of dialplan.contexts.keys()) {
    enter(name)
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const include = top.context.includes[top.next++]
      if (!include) {
        state.set(top.context.name, 'done')
        path.pop()
      } else if (state.get(include.context) === 'open') {
        const names = path.map(({ context }) => context.name)
        const circle = [...names.slice(names.indexOf(include.context)), include.context].join(' -> ')
        const { file, line } = include
        report.add('include-cycle', { file, line, inValue: true }, `Contexts include one another: ${circle}`)
      } else enter(include.context)
    }
  }
}
