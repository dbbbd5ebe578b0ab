import { splitArguments } from '../../arguments.js'
import { isWithin, parseTiming } from '../../include-timing.js'
import { isMet, leadingInteger } from '../../variables/condition.js'
import { splitAt } from '../../variables/split-raw.js'
import { setVariable, substituteVariables } from '../../variables/substitute-variables.js'
import type { ApplicationCall, ApplicationTable, Outcome } from '../application.js'

/** Jumps, conditions and variables: pbx_builtins.c, app_exec.c, pbx_variables.c. */
export const flowApplications: ApplicationTable = {
  NoOp: () => 'continue',
  Goto: (call) => jump(call, call.data),
  GotoIf: gotoIf,
  GotoIfTime: gotoIfTime,
  ExecIf: execIf,
  ExecIfTime: execIfTime,
  Exec: (call) => (call.data === '' ? 'continue' : execute(call, call.data)),
  TryExec: tryExec,
  Set: set,
  MSet: setSeveral,
  ClearHash: clearHash,
  RaiseException: ({ data, run }) => {
    run.raise(data, 0)
    return 'continue'
  }
}

export function jump({ run }: ApplicationCall, location: string): Outcome {
  return run.goTo(location) ? 'continue' : 'hangup'
}

/** Up to the first of the signs; undefined behind it when there is none. */
function cutAt(text: string, sign: string): [string, string | undefined] {
  const at = text.indexOf(sign)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

/** `GotoIf(condition?location:location)`. */
function gotoIf(call: ApplicationCall): Outcome {
  const [condition, branches = ''] = cutAt(call.data, '?')
  const met = isMet(condition)
  return branch(call, branches, met, `${condition === '' ? 'nothing' : condition} is ${met ? 'true' : 'false'}`)
}

function branch(call: ApplicationCall, branches: string, met: boolean, why: string): Outcome {
  const [yes, no = ''] = cutAt(branches, ':')
  const location = met ? yes : no
  call.run.note(location === '' ? `${why}: goes on` : `${why}: to ${location}`)
  return location === '' ? 'continue' : jump(call, location)
}

/** The variable TESTTIME is another time than now, in seconds. */
function gotoIfTime(call: ApplicationCall): Outcome {
  const [timing, branches = ''] = cutAt(call.data, '?')
  const tested = leadingInteger(call.channel.variables.get('TESTTIME') ?? '')
  const now = tested === undefined ? call.scene.now : new Date(tested * 1000)
  const met = isNow(call, timing, now)
  return branch(call, branches, met, `${now.toISOString()} is ${met ? 'within' : 'outside'} ${timing}`)
}

function isNow({ scene }: ApplicationCall, timing: string, now = scene.now): boolean {
  const parsed = parseTiming(timing)
  return !parsed || isWithin(parsed, now, scene.timeZone)
}

/** `Name(data)`, as ExecIf takes it: up to the last parenthesis. */
function splitCall(text: string): { name: string; data: string } {
  const [name, rest] = cutAt(text, '(')
  if (rest === undefined) return { name, data: '' }
  const close = rest.lastIndexOf(')')
  return { name, data: close < 0 ? rest : rest.slice(0, close) }
}

/** `ExecIf(condition?Name(data):Name(data))`; the older `ExecIf(condition,Name,data)`. */
function execIf(call: ApplicationCall): Outcome {
  const { data, run } = call
  const question = data.indexOf('?')
  const comma = data.indexOf(',')
  if (question < 0 || (comma >= 0 && comma < question)) {
    const [condition = '', name = '', ...rest] = splitArguments(data)
    call.notes.warn('This form of ExecIf is deprecated: ExecIf(condition?application(data))')
    return isMet(condition) ? run.execute(name, rest.join(',')) : 'continue'
  }
  const [condition = '', rest = ''] = splitAt(data, '?', 2)
  if (rest === '') {
    call.notes.warn('ExecIf has no application')
    return 'hangup'
  }
  const [yes = '', no = ''] = splitAt(rest, ':', 2)
  const met = isMet(condition)
  const chosen = splitCall(met ? yes : no)
  run.note(
    `${condition === '' ? 'nothing' : condition} is ${met ? 'true' : 'false'}: ${chosen.name === '' ? 'goes on' : `runs ${met ? yes : no}`}`
  )
  if (chosen.name !== '') return run.execute(chosen.name, chosen.data)
  return met ? 'hangup' : 'continue'
}

/** Variables are put in once more, by the time that it runs. */
function execute(call: ApplicationCall, text: string): Outcome {
  const { name, data } = splitCall(text)
  return call.run.execute(name, substituteVariables(data, call))
}

function execIfTime(call: ApplicationCall): Outcome {
  const [timing, application] = cutAt(call.data, '?')
  if (application === undefined) return 'hangup'
  const met = isNow(call, timing)
  call.run.note(`${timing} is ${met ? 'now' : 'not now'}`)
  return met ? execute(call, application) : 'continue'
}

/** A failure does not end the call. */
function tryExec(call: ApplicationCall): Outcome {
  if (call.data === '') return 'continue'
  const outcome = execute(call, call.data)
  setVariable('TRYSTATUS', outcome === 'continue' ? 'SUCCESS' : 'FAILED', call)
  return 'continue'
}

/** `Set(name=value)`: all behind the first `=`, commas too. */
function set(call: ApplicationCall): Outcome {
  const [name, value] = cutAt(call.data, '=')
  if (call.data === '') call.notes.warn('Set has nothing to set')
  else if (value === undefined) call.notes.warn('Set has no =')
  else if (name !== '') setVariable(name, value, call)
  return 'continue'
}

/** `MSet(a=1,b=2)`: quotes and backslashes go. Asterisk takes 99. */
function setSeveral(call: ApplicationCall): Outcome {
  for (const pair of splitArguments(call.data).slice(0, 99)) {
    const [name = '', value] = splitAt(pair, '=', 2, true)
    if (value === undefined) call.notes.warn(`MSet: ${pair} has no =`)
    else if (name !== '') setVariable(name, value, call)
  }
  return 'continue'
}

function clearHash({ data, channel }: ApplicationCall): Outcome {
  for (const name of channel.variables.names()) if (name.startsWith(`~HASH~${data}~`)) channel.variables.set(name, undefined)
  return 'continue'
}
