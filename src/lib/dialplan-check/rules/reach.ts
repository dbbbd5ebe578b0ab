import type { Context, Extension } from '../../dialplan/dialplan.js'
import { hintPriority } from '../../dialplan/dialplan.js'
import { matchExtension } from '../../dialplan/pattern-match.js'
import type { Reference } from '../program/flow.js'
import type { Program } from '../program/program.js'
import { positionsOf } from '../program/values.js'
import type { Report } from '../report.js'

/** Names that Asterisk itself uses: `default` where nothing else is said. */
const always = new Set(['default'])

/** The contexts in which calls begin, or to which something goes; undefined when a target may be any. */
export function namedContexts(references: readonly Reference[], configured: ReadonlySet<string>): Set<string> | undefined {
  const named = new Set([...configured, ...always])
  for (const { target, resolution } of references) {
    if (!target.context) continue
    if (!resolution.contexts) return undefined
    for (const name of resolution.contexts) if (target.context.text !== `\${CONTEXT}`) named.add(name)
  }
  return named
}

/** Contexts that nothing leads to. */
export function checkContexts(program: Program, named: ReadonlySet<string>, report: Report): void {
  for (const context of program.dialplan.contexts.values()) {
    if (named.has(context.name) || isEmpty(context)) continue
    if ([...program.includersOf(context.name)].some((one) => one !== context.name)) continue
    report.add(
      'unreachable-context',
      { file: context.file, line: context.line },
      `Nothing in the configuration leads to context ${context.name}`
    )
  }
}

function isEmpty({ extensions, includes, switches }: Context): boolean {
  return extensions.length + includes.length + switches.length === 0
}

/** Patterns times extensions that are compared at most, so that a check stays linear. */
const maxComparisons = 1_000_000

/**
 * Extensions that are covered by a pattern of a context that is looked at earlier, from wherever a call may begin. In one context the order is Asterisk's own, more special ones
 * first, so that nothing there is covered.
 */
export function checkShadows(program: Program, named: ReadonlySet<string>, report: Report): void {
  const covered = new Map<Extension, { by: Extension; of: Context; context: Context }>()
  const reached = new Set<Extension>()
  let comparisons = 0
  for (const start of program.dialplan.contexts.values()) {
    const isStart = named.has(start.name) || [...program.includersOf(start.name)].length === 0
    if (!isStart) continue
    const before: { pattern: Extension; context: Context }[] = []
    const timed = timedContexts(program, start)
    for (const context of program.closureOf(start.name)) {
      for (const extension of context.extensions) {
        if (!isRun(extension)) continue
        comparisons += before.length
        if (comparisons > maxComparisons) return
        const by = before.find(({ pattern }) => covers(pattern, extension))
        if (by) covered.set(extension, { by: by.pattern, of: by.context, context })
        else reached.add(extension)
      }
      if (timed.has(context.name)) continue
      for (const pattern of context.patterns)
        if (pattern.callerId === undefined && hasFirst(pattern)) before.push({ pattern, context })
    }
  }
  for (const [extension, { by, of, context }] of covered) {
    if (reached.has(extension) || extension.labels.size > 0) continue
    const { file, line } = extension.priorities[0]!
    report.add(
      'unreachable-extension',
      { file, line },
      `${extension.name} of ${context.name} is never chosen: ${by.name} of ${of.name} is looked at before it`
    )
  }
}

function isRun({ priorities }: Extension): boolean {
  return priorities.some(({ number }) => number !== hintPriority)
}

function hasFirst({ priorities }: Extension): boolean {
  return priorities.some(({ number }) => number === 1)
}

/** What is included at some times only hides nothing at others. */
function timedContexts(program: Program, start: Context): Set<string> {
  const timed = new Set<string>()
  for (const context of program.closureOf(start.name)) {
    for (const include of context.includes) {
      if (!include.timing && !timed.has(context.name)) continue
      for (const { name } of program.closureOf(include.context)) timed.add(name)
    }
  }
  timed.delete(start.name)
  return timed
}

/** Does the pattern match all that the extension does? "No" where it is not certain. */
function covers(pattern: Extension, extension: Extension): boolean {
  const [outer, inner] = [pattern.match.pattern, extension.match.pattern]
  if (inner[0] !== '_') return matchExtension(outer, inner) !== 'no'
  const open = /[.!]$/.exec(inner)?.[0]
  const positions = positionsOf(open ? inner.slice(0, -1) : inner)
  const wide = /[.!]$/.exec(outer)?.[0]
  const needed = positionsOf(wide ? outer.slice(0, -1) : outer)
  if (!positions || !needed || (open && !wide)) return false
  const least = positions.length + (open === '.' ? 1 : 0)
  if (wide ? least < needed.length + (wide === '.' ? 1 : 0) : least !== needed.length) return false
  if (positions.length < needed.length) return false
  return needed.every((set, at) => positions[at]!.every((char) => set.includes(char)))
}
