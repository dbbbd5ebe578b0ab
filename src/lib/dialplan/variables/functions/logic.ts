import { splitArguments } from '../../arguments.js'
import { isWithin, parseTiming } from '../../include-timing.js'
import { isMet, leadingInteger } from '../condition.js'
import type { FunctionCall, FunctionTable } from '../evaluation.js'
import { splitAt } from '../split-raw.js'

/** Conditions and variables: func_logic.c, func_global.c, func_env.c, and what app_stack.c has of functions. */
export const logicFunctions: FunctionTable = {
  ISNULL: { read: ({ data }) => (data === '' ? '1' : '0') },
  EXISTS: { read: ({ data }) => (data === '' ? '0' : '1') },
  IF: { read: choose },
  IFTIME: { read: chooseByTime },
  SET: { read: setAndRead },
  DELETE: { write: (call) => call.set(call.data, undefined) },
  VARIABLE_EXISTS: {
    read: ({ channel, scene, data }) => flag((channel.variables.get(data) ?? scene.globals.get(data)) !== undefined)
  },
  GLOBAL: {
    read: ({ scene, data }) => scene.globals.get(data),
    write: ({ scene, data }, value) => void scene.globals.set(data, value)
  },
  GLOBAL_EXISTS: { read: ({ scene, data }) => flag(scene.globals.has(data)) },
  GLOBAL_DELETE: { write: ({ scene, data }) => void scene.globals.delete(data) },
  LOCAL: { read: readLocal, write: writeLocal },
  LOCAL_PEEK: { read: readPeek },
  STACK_PEEK: { read: readStack, isClosedToExpressions: true }
}

function flag(is: boolean): string {
  return is ? '1' : '0'
}

/** `IF(condition?yes:no)`. */
function choose({ data }: FunctionCall): string | undefined {
  const [condition = '', rest = ''] = splitAt(data, '?', 2, true)
  const [yes, no] = splitAt(rest, ':', 2, true)
  if (condition === '' || yes === undefined) return undefined
  return (isMet(condition.trim()) ? yes : (no ?? '')).trim()
}

/** `IFTIME(timing?yes:no)`. */
function chooseByTime({ data, scene }: FunctionCall): string | undefined {
  const [timing = '', rest] = cutAt(unquoted(data), '?')
  const [yes = '', no = ''] = cutAt(rest ?? '', ':')
  if (timing === '' || rest === undefined) return undefined
  const parsed = parseTiming(timing)
  return unquoted(!parsed || isWithin(parsed, scene.now, scene.timeZone) ? yes : no)
}

function cutAt(text: string, sign: string): [string, string | undefined] {
  const at = text.indexOf(sign)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function unquoted(text: string): string {
  const bare = text.trim()
  return /^".*"$/s.test(bare) ? bare.slice(1, -1) : bare
}

/** `SET(name=value)` sets it and is the value. */
function setAndRead(call: FunctionCall): string | undefined {
  const [name, value] = cutAt(call.data, '=')
  if (name === '' || value === undefined) return undefined
  call.set(name.trim(), value.trim())
  return value.trim()
}

/** LOCAL reads only what LOCAL, or the Gosub, has set in this frame. */
function readLocal({ channel, data }: FunctionCall): string | undefined {
  const frame = channel.frames.at(-1)
  if (!frame) return undefined
  return frame.variables.has(data) ? (channel.variables.get(data) ?? '') : ''
}

function writeLocal({ channel, data, notes }: FunctionCall, value: string): void {
  const frame = channel.frames.at(-1)
  if (frame) channel.setLocal(frame, data, value)
  else notes.warn(`LOCAL(${data}) is set outside a Gosub, which does nothing`)
}

function readPeek({ channel, data }: FunctionCall): string | undefined {
  const [depth = '', name = ''] = splitAt(data, ',', 2)
  if (depth === '' || name === '') return undefined
  return channel.variables.peek(name, leadingInteger(depth) ?? 0) ?? ''
}

/** `STACK_PEEK(n,l|c|e|p)`. */
function readStack({ channel, data }: FunctionCall): string | undefined {
  const [depth = '', which = ''] = splitArguments(data)
  const frame = channel.frames.at(-(leadingInteger(depth) ?? 0))
  if (!frame || (leadingInteger(depth) ?? 0) <= 0) return undefined
  const { context, extension, priority } = frame
  return (
    { l: `${context},${extension},${priority - 1}`, c: context, e: extension, p: String(priority - 1) }[which.trim()[0] ?? ''] ??
    ''
  )
}
