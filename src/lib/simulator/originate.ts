import type { ActionCall } from './action-call.js'
import { Call, type Destination, failLocalCall } from './call.js'
import { findExtension } from './dialplan.js'
import type { Header } from './wire.js'

/** Answers Originate: checks as Asterisk does and in its order, dials, and for `Async` reports with OriginateResponse. */
export function originate(call: ActionCall): void {
  const channel = call.get('Channel')
  const destination = readDestination(call)
  if (typeof destination === 'string') {
    call.error(destination)
    return
  }
  const [technology, resource] = splitOnce(channel, '/')
  if (resource === undefined) {
    call.error('Invalid channel')
    return
  }
  const isAsync = /^(yes|true|y|t|1|on)$/i.test(call.get('Async'))
  const [exten, context = 'default'] = splitOnce(resource, '@')
  const isLocal = technology.toLowerCase() === 'local'
  const answers = isLocal && findExtension(exten, call.pbx.callSeconds) !== undefined
  // The response of a synchronous Originate says whether it was answered; events wait until it has gone out.
  if (answers || isAsync) call.success('Originate successfully queued')
  else call.error('Originate failed')
  const respond = (response: 'Success' | 'Failure', dialled: string, uniqueid: string, caller: readonly Header[]) => {
    if (isAsync) originateResponse(call, response, dialled, destination, uniqueid, caller)
  }
  if (answers) {
    const options = { exten, context, destination, variables: readVariables(call), account: call.get('Account') }
    const caller = readCaller(call)
    new Call(call.pbx, { ...options, ...caller }, (one) => respond('Success', one.name, one.uniqueid, one.callerHeaders()))
    return
  }
  if (isLocal) failLocalCall(call.pbx, exten, context)
  const { callerNum, callerName } = readCaller(call)
  respond('Failure', channel, '<unknown>', [
    ['CallerIDNum', callerNum || '<unknown>'],
    ['CallerIDName', callerName || '<unknown>']
  ])
}

/** @returns where the call goes, or what is wrong with the action in Asterisk's words */
function readDestination(call: ActionCall): Destination | string {
  if (call.get('Channel') === '') return 'Channel not specified'
  const application = call.get('Application')
  const [context, exten, priority] = [call.get('Context'), call.get('Exten'), call.get('Priority')]
  if (priority !== '' && !/^\d+$/.test(priority)) return 'Invalid priority'
  if (!/^\d*$/.test(call.get('Timeout'))) return 'Invalid timeout'
  if (application !== '') return { application, data: call.get('Data') }
  if (exten === '' || context === '' || priority === '') return "Originate with 'Exten' requires 'Context' and 'Priority'"
  if (!findExtension(exten, 0)) return 'Extension does not exist.'
  return { context, exten, priority: Number(priority) }
}

/** `Variable: a=1,b=2`, any number of times. */
function readVariables(call: ActionCall): [string, string][] {
  const values = call.request.lines.flatMap((line) => /^Variable:[ \t]*(.*)$/i.exec(line)?.[1]?.split(',') ?? [])
  return values.flatMap((text): [string, string][] => {
    const [name, value = ''] = splitOnce(text, '=')
    return name === '' ? [] : [[name, value]]
  })
}

/** `"Name" <number>`, or a bare number. */
function readCaller(call: ActionCall): { callerName: string; callerNum: string } {
  const text = call.get('CallerID').trim()
  const match = /^"?([^"<]*?)"? *<([^>]*)>$/.exec(text)
  return { callerName: match?.[1] ?? '', callerNum: match?.[2] ?? text }
}

function originateResponse(
  call: ActionCall,
  response: 'Success' | 'Failure',
  channel: string,
  destination: Destination,
  uniqueid: string,
  caller: readonly Header[]
): void {
  const where: Header[] =
    'application' in destination
      ? [
          ['Application', destination.application],
          ['Data', destination.data]
        ]
      : [
          ['Context', destination.context],
          ['Exten', destination.exten]
        ]
  // AST_CONTROL_ANSWER, or nothing at all.
  const reason = response === 'Success' ? 4 : 0
  const outcome: Header[] = [['Response', response], ['Channel', channel], ...where, ['Reason', reason], ['Uniqueid', uniqueid]]
  call.pbx.emit('OriginateResponse', 'call', [...call.id, ...outcome, ...caller])
}

function splitOnce(text: string, separator: string): [before: string, after: string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
