import { isMet } from '../../variables/condition.js'
import type { ApplicationCall, ApplicationTable, Outcome } from '../application.js'

/** app_while.c, with the variables by which it knows its loops: WHILE_n is where the n-th begins, END_WHILE_n what follows it. */
export const loopApplications: ApplicationTable = {
  While: (call) => loop(call, 'start'),
  EndWhile: (call) => loop(call, 'end'),
  ExitWhile: (call) => loop(call, 'exit'),
  ContinueWhile: continueLoop
}

function indexOfLast(call: ApplicationCall): number {
  let index = 0
  while (variable(call, `WHILE_${index}`) !== undefined) index++
  return index - 1
}

function variable({ channel, scene }: ApplicationCall, name: string): string | undefined {
  return channel.variables.get(name) ?? scene.globals.get(name)
}

function loop(call: ApplicationCall, kind: 'start' | 'end' | 'exit'): Outcome {
  const { channel, data, run } = call
  const { context, extension, priority, variables } = channel
  const last = indexOfLast(call)
  const own = `${context}_${extension}_${priority}`
  if (kind === 'start' && variable(call, own) === undefined) variables.set(own, String(last + 1))
  const index = kind === 'start' ? variable(call, own)! : String(last)
  const begin = `WHILE_${index}`
  const end = `END_${begin}`
  if (kind === 'exit' || (kind === 'start' && !isMet(data))) {
    variables.set(begin, undefined)
    variables.set(own, undefined)
    return leave(call, end)
  }
  const start = variable(call, begin)
  if (kind === 'start') {
    if (start === undefined) variables.set(begin, `${context},${extension},${priority}`)
  } else if (start !== undefined) {
    if (variable(call, end) === undefined) variables.set(end, `${context},${extension},${priority + 1}`)
    run.goTo(start)
  }
  return 'continue'
}

/** To what follows the EndWhile: known from an earlier round, or else looked for. */
function leave(call: ApplicationCall, end: string): Outcome {
  const { channel, run, notes } = call
  const known = variable(call, end)
  if (known !== undefined) {
    run.goTo(known)
    channel.variables.set(end, undefined)
    return 'continue'
  }
  let depth = 1
  for (let priority = channel.priority + 1; ; priority++) {
    const application = run.applicationAt(priority)
    if (application === undefined) break
    if (application === 'while') depth++
    else if (application === 'endwhile' && --depth === 0) {
      channel.priority = priority
      return 'continue'
    }
  }
  notes.warn('The loop has no EndWhile')
  return 'continue'
}

function continueLoop(call: ApplicationCall): Outcome {
  const start = variable(call, `WHILE_${indexOfLast(call)}`)
  if (start !== undefined) call.run.goTo(start)
  return 'continue'
}
