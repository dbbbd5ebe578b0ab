import type { Channel, GosubFrame } from '../../variables/channel.js'
import { isMet } from '../../variables/condition.js'
import { splitAt } from '../../variables/split-raw.js'
import type { ApplicationCall, ApplicationTable, Outcome } from '../application.js'

/** app_stack.c. */
export const subroutineApplications: ApplicationTable = {
  Gosub: (call) => gosub(call, call.data),
  GosubIf: gosubIf,
  Return: returnFrom,
  StackPop: pop
}

/** A subroutine may call itself; Asterisk goes on until its memory ends. */
const maxFrames = 1000

/** `Gosub([[context,]extension,]priority[(arguments)])`. */
function gosub(call: ApplicationCall, data: string): Outcome {
  const { channel, run, notes } = call
  if (data === '') {
    notes.warn('Gosub has no location')
    return 'hangup'
  }
  const { location, values } = splitLocation(data)
  const { context, extension, priority } = channel
  if (channel.frames.length >= maxFrames) {
    notes.warn(`More than ${maxFrames} subroutines are open`)
    return 'hangup'
  }
  if (!run.goTo(location) || !run.exists(channel.context, channel.extension, channel.priority + 1)) {
    notes.warn(`There is no ${location} to go to`)
    Object.assign(channel, { context, extension, priority })
    return 'hangup'
  }
  enter(channel, { context, extension, priority: priority + 1 }, values, false)
  return 'continue'
}

/** The arguments end at the last parenthesis; they are cut at commas, and keep quotes and backslashes. */
function splitLocation(data: string): { location: string; values: string[] } {
  const open = data.indexOf('(')
  if (open < 0) return { location: data, values: [] }
  const close = data.lastIndexOf(')')
  return { location: data.slice(0, open), values: splitAt(data.slice(open + 1, close < open ? undefined : close), ',', 100) }
}

/** Opens a frame: its arguments, and empty ones over those of the frame before. */
export function enter(
  channel: Channel,
  back: Pick<GosubFrame, 'context' | 'extension' | 'priority'>,
  values: readonly string[],
  isSpecial: boolean
): void {
  const argumentCount = Math.max(values.length, channel.frames.at(-1)?.argumentCount ?? 0)
  const frame: GosubFrame = { ...back, variables: new Set(), argumentCount, isSpecial }
  for (let index = 0; index < argumentCount; index++) channel.setLocal(frame, `ARG${index + 1}`, values[index] ?? '')
  channel.setLocal(frame, 'ARGC', String(values.length))
  channel.frames.push(frame)
}

function gosubIf(call: ApplicationCall): Outcome {
  const [condition = '', labels] = splitAt(call.data, '?', 2)
  if (labels === undefined) {
    call.notes.warn('GosubIf has no locations')
    return 'continue'
  }
  const [yes = '', no = ''] = splitAt(labels, ':', 2)
  const met = isMet(condition)
  const location = met ? yes : no
  const why = `${condition === '' ? 'nothing' : condition} is ${met ? 'true' : 'false'}`
  call.run.note(location === '' ? `${why}: goes on` : `${why}: to ${location}`)
  return location === '' ? 'continue' : gosub(call, location)
}

function returnFrom({ channel, data, notes }: ApplicationCall): Outcome {
  const frame = channel.frames.pop()
  if (!frame) {
    notes.warn('Return without a Gosub')
    return 'hangup'
  }
  const { context, extension, priority, isSpecial } = frame
  Object.assign(channel, { context, extension, priority: priority - 1 })
  channel.releaseFrame(frame)
  channel.variables.set('GOSUB_RETVAL', data)
  return isSpecial ? 'hangup' : 'continue'
}

function pop({ channel, notes }: ApplicationCall): Outcome {
  const frame = channel.frames.at(-1)
  if (!frame) notes.warn('StackPop without a Gosub')
  else if (frame.isSpecial) return 'hangup'
  else channel.releaseFrame(channel.frames.pop()!)
  return 'continue'
}
