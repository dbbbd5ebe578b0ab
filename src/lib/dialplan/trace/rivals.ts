import { encode } from '../../asterisk-config/text.js'
import { matchesCaller } from '../context-builder.js'
import type { Context, Dialplan, Extension } from '../dialplan.js'
import type { SearchStep } from '../find-extension.js'
import { matchExtension } from '../pattern-match.js'
import type { Rival } from './result.js'

/** More than so many are not told of one step: a catch-all pattern is beaten by all others. */
const maxRivals = 8

/** Contexts that are looked into for rivals; AST_PBX_MAX_STACK of pbx.c. */
const maxContexts = 128

/**
 * Who else could have had this step: extensions that match the number and were passed over, and those that come later in the order of Asterisk.
 * @param seen what the search looked at, the winner last
 */
export function findRivals(
  dialplan: Dialplan,
  seen: readonly SearchStep[],
  winner: { context: Context; extension: Extension },
  query: { context: string; number: string; priority: number; callerId: string }
): Rival[] {
  const passed = seen.flatMap((step) =>
    step.kind === 'extension' && step.outcome !== 'found'
      ? [rival(step.context, step.extension, passedReason(step.outcome, query.priority))]
      : []
  )
  const rivals = [...passed]
  const number = encode(query.number)
  const caller = encode(query.callerId)
  for (const context of contextsFrom(dialplan, query.context)) {
    const plain = context.plain.get(number.replaceAll('-', '')) ?? []
    for (const extension of [...plain, ...context.patterns]) {
      if (rivals.length >= maxRivals) return rivals
      if (
        extension === winner.extension ||
        rivals.some((one) => one.file === fileOf(extension) && one.line === lineOf(extension))
      )
        continue
      if (!extension.priorities.some((one) => one.number === query.priority) || !matchesCaller(extension.match.callerId, caller))
        continue
      if (matchExtension(extension.match.pattern, number) === 'no') continue
      rivals.push(rival(context, extension, beatenReason(winner, context, extension)))
    }
  }
  return rivals
}

function fileOf({ priorities }: Extension): string {
  return priorities[0]!.file
}

function lineOf({ priorities }: Extension): number {
  return priorities[0]!.line
}

function rival(context: Context, extension: Extension, reason: string): Rival {
  const name = extension.callerId === undefined ? extension.name : `${extension.name}/${extension.callerId}`
  return { extension: name, context: context.name, reason, file: fileOf(extension), line: lineOf(extension) }
}

function passedReason(outcome: string, priority: number): string {
  switch (outcome) {
    case 'other-caller':
      return 'is for other callers'
    case 'no-priority':
      return `has no priority ${priority}`
    default:
      return `was passed over: ${outcome}`
  }
}

function beatenReason(winner: { context: Context; extension: Extension }, context: Context, extension: Extension): string {
  if (context !== winner.context) return `${winner.context.name} is looked into before ${context.name}`
  if (winner.extension.callerId !== undefined && extension.callerId === undefined)
    return 'an extension for this caller comes before the one for all'
  if (!winner.extension.name.startsWith('_')) return 'a plain number comes before patterns'
  return `${winner.extension.name} is closer, compared character by character`
}

/** As Asterisk looks: a context, then its includes, each with its own. */
function* contextsFrom(dialplan: Dialplan, name: string, seen = new Set<string>()): Generator<Context> {
  const context = dialplan.contexts.get(name)
  if (!context || seen.has(name) || seen.size >= maxContexts) return
  seen.add(name)
  yield context
  for (const include of context.includes) yield* contextsFrom(dialplan, include.context, seen)
}
