import { type Part, splitPart, trimPart } from '../text/split.js'
import { readOptions } from './options.js'
import type { Call, Step } from './step.js'

/** A place of the dialplan that a step names. */
export interface Target {
  /** `goto` goes there; `gosub` comes back; `start` begins another call there; `context` names a context in which something is looked for later. */
  readonly kind: 'goto' | 'gosub' | 'start' | 'context'
  /** Undefined: where the call is. */
  readonly context: Part | undefined
  readonly extension: Part | undefined
  /** Undefined: that of a context alone. */
  readonly priority: Part | undefined
  /** Of a Gosub. */
  readonly arguments: readonly Part[]
  /** The whole, for messages and columns. */
  readonly whole: Part
  readonly call: Call
}

type Draft = Omit<Target, 'call'>

/** All places that a step names. */
export function targetsOf(step: Step): Target[] {
  return step.calls.flatMap((call) => ofCall(step, call).map((draft) => ({ ...draft, call })))
}

function ofCall(step: Step, call: Call): Draft[] {
  switch (call.key) {
    case 'goto':
      return [place(step, call.data, 'goto', ',')]
    case 'gosub':
      return [place(step, call.data, 'gosub', ',')]
    case 'gotoif':
    case 'gotoiftime':
      return branchesOf(step, call).map((one) => place(step, one, 'goto', ','))
    case 'gosubif':
      return branchesOf(step, call).map((one) => place(step, one, 'gosub', ','))
    case 'originate':
      return [...originate(call), ...locals(call, 0), ...options(step, call, 6)]
    case 'dial':
      return [...locals(call, 0), ...options(step, call, 2)]
    case 'retrydial':
      return [...locals(call, 3), ...options(step, call, 5)]
    case 'page':
      return [...locals(call, 0), ...options(step, call, 1)]
    case 'queue':
    case 'bridge':
    case 'followme':
      return options(step, call, 1)
    case 'addqueuemember':
      return locals(call, 1)
    case 'background':
      return contextOnly(call.arguments[3])
    case 'disa':
    case 'directory':
      return contextOnly(call.arguments[1])
    case 'set':
      return assigned(step, call)
    default:
      return []
  }
}

/** `condition?yes:no`, without those that are empty. */
export function branchesOf(step: Step, call: Call): Part[] {
  const [, behind] = conditionAndRest(step, call)
  if (!behind) return []
  const range = { start: behind.start, end: behind.start + behind.text.length }
  return splitPart(step.text, range, ':', step.substitutions, { most: 2 })
    .map(trimPart)
    .filter(({ text }) => text !== '')
}

/** The branch of a condition that is taken when it is true, and the other one; undefined where it goes on. */
export function branchPair(step: Step, call: Call): { yes: Part | undefined; no: Part | undefined } {
  const [, behind] = conditionAndRest(step, call)
  if (!behind) return { yes: undefined, no: undefined }
  const range = { start: behind.start, end: behind.start + behind.text.length }
  const [yes, no] = splitPart(step.text, range, ':', step.substitutions, { most: 2 }).map(trimPart)
  const filled = (part: Part | undefined) => (part && part.text !== '' ? part : undefined)
  return { yes: filled(yes), no: filled(no) }
}

export function conditionAndRest(step: Step, { data }: Call): Part[] {
  return splitPart(step.text, { start: data.start, end: data.start + data.text.length }, '?', step.substitutions, {
    most: 2,
    isFlat: true
  })
}

/** `[[context,]extension,]priority[(arguments)]`. */
function place(step: Step, whole: Part, kind: Target['kind'], separator: string): Draft {
  const range = { start: whole.start, end: whole.start + whole.text.length }
  const parts = splitPart(step.text, range, separator, step.substitutions, {
    most: kind === 'goto' ? 3 : Number.POSITIVE_INFINITY
  }).map(trimPart)
  const last = parts.at(-1) ?? { text: '', start: whole.start }
  const { name, inner } = kind === 'gosub' ? withArguments(step, last) : { name: last, inner: undefined }
  const list = inner && splitPart(step.text, inner, separator, step.substitutions)
  const [extension, context] = [parts.at(-2), parts.at(-3)].map((part) => (part && part.text !== '' ? part : undefined))
  return { kind, context, extension, priority: name, arguments: list ?? [], whole: trimPart(whole) }
}

function withArguments(step: Step, part: Part): { name: Part; inner: { start: number; end: number } | undefined } {
  const isInside = (at: number) => step.substitutions.some(({ start, end }) => at >= start && at < end)
  for (let at = 0; at < part.text.length; at++) {
    if (part.text[at] !== '(' || isInside(part.start + at)) continue
    const close = part.text.lastIndexOf(')')
    const end = part.start + (close > at ? close : part.text.length)
    return { name: trimPart({ text: part.text.slice(0, at), start: part.start }), inner: { start: part.start + at + 1, end } }
  }
  return { name: part, inner: undefined }
}

function contextOnly(part: Part | undefined): Draft[] {
  if (!part || part.text === '') return []
  return [{ kind: 'context', context: part, extension: undefined, priority: undefined, arguments: [], whole: part }]
}

/** `Local/extension@context/options`, as many as are joined by `&`. */
function locals({ arguments: all }: Call, index: number): Draft[] {
  const devices = all[index]
  if (!devices) return []
  return [...devices.text.matchAll(/(?:^|&)\s*(Local\/([^@&/]*)@([^/&,]+))[^&]*/gi)].map((match) => {
    const [, name = '', extension = '', context = ''] = match
    const start = devices.start + match.index + match[0].indexOf(name)
    return {
      kind: 'start',
      context: { text: context, start: start + name.length - context.length },
      extension: { text: extension, start: start + 'Local/'.length },
      priority: { text: '1', start },
      arguments: [],
      whole: { text: name, start }
    }
  })
}

function originate({ arguments: [, type, context, extension, priority] }: Call): Draft[] {
  if (type?.text.toLowerCase() !== 'exten' || !context || context.text === '') return []
  const filled = (part: Part | undefined, otherwise: string) =>
    part && part.text !== '' ? part : { text: otherwise, start: context.start }
  return [
    { kind: 'start', context, extension: filled(extension, 's'), priority: filled(priority, '1'), arguments: [], whole: context }
  ]
}

/** Options that go somewhere: of Dial and its like `F G b B U`. */
function options(step: Step, { arguments: all }: Call, index: number): Draft[] {
  const given = all[index]
  if (!given) return []
  return (readOptions(step.text, given, step.substitutions) ?? []).flatMap(({ letter, argument }): Draft[] => {
    if (!argument || argument.text === '') return []
    if (letter === 'F' || letter === 'G') return [place(step, argument, 'goto', '^')]
    if (letter === 'b' || letter === 'B') return [place(step, argument, 'gosub', '^')]
    if (letter !== 'U') return []
    const [context, ...list] = splitPart(step.text, rangeOf(argument), '^', step.substitutions)
    const at = { text: 's', start: argument.start }
    return [
      { kind: 'gosub', context, extension: at, priority: { text: '1', start: argument.start }, arguments: list, whole: argument }
    ]
  })
}

function rangeOf({ start, text }: Part): { start: number; end: number } {
  return { start, end: start + text.length }
}

/** Variables and functions that Asterisk itself takes for a place. */
function assigned(step: Step, { data }: Call): Draft[] {
  const [, name = ''] = /^\s*_{0,2}([^=]*?)\s*=/.exec(data.text) ?? []
  const from = data.text.indexOf('=') + 1
  const value = trimPart({ text: data.text.slice(from), start: data.start + from })
  if (value.text === '') return []
  if (/^CHANNEL\(hangup_handler_(push|wipe)\)$/i.test(name)) return [place(step, value, 'gosub', ',')]
  if (name === 'GOTO_ON_BLINDXFR') return [place(step, value, 'goto', '^')]
  if (['TRANSFER_CONTEXT', 'EXITCONTEXT', 'FORWARD_CONTEXT'].includes(name)) return contextOnly(value)
  return []
}
