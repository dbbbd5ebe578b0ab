import { encode } from '../asterisk-config/text.js'
import { matchesCaller } from './context-builder.js'
import type { Context, Dialplan, Extension, Include, Priority, Switch } from './dialplan.js'
import { isWithin } from './include-timing.js'
import { type MatchMode, matchExtension, withoutDashes } from './pattern-match.js'

/** What is looked for. */
export interface ExtensionQuery {
  readonly context: string
  readonly extension: string
  /** Default 1. */
  readonly priority?: number
  /** Instead of a priority. */
  readonly label?: string
  /** The caller's number; default: none. */
  readonly callerId?: string
  readonly mode?: MatchMode
  /** For includes that count at some times only; default: now. */
  readonly now?: Date
  /** That of the Asterisk; default: that of this machine. */
  readonly timeZone?: string
  /** Does a switch have the extension? Nobody can know without asking it; default: no. */
  readonly hasInSwitch?: (one: Switch, context: Context) => boolean
  /** Is told of all that was looked at on the way. */
  readonly onStep?: (step: SearchStep) => void
}

/** What was looked at, and what came of it. Extensions that do not match the number are not told. */
export type SearchStep =
  | { readonly kind: 'extension'; readonly context: Context; readonly extension: Extension; readonly outcome: ExtensionOutcome }
  | { readonly kind: 'switch'; readonly context: Context; readonly switch: Switch; readonly outcome: 'passed' | 'found' }
  | { readonly kind: 'include'; readonly context: Context; readonly include: Include; readonly outcome: IncludeOutcome }

export type ExtensionOutcome = 'found' | 'other-caller' | 'no-priority' | 'no-label' | 'ends-early'

export type IncludeOutcome = 'followed' | 'other-time' | 'no-context' | 'seen-already'

/** How far a search came that found nothing: Asterisk's STATUS_NO_CONTEXT and so on. */
export type SearchFailure = 'no-context' | 'no-extension' | 'no-priority' | 'no-label'

export type SearchResult =
  | { readonly found: 'extension'; readonly context: Context; readonly extension: Extension; readonly priority: Priority }
  | { readonly found: 'switch'; readonly context: Context; readonly switch: Switch }
  | { readonly found: undefined; readonly failure: SearchFailure }

/**
 * Which extension has a priority (or a label) for a number: as Asterisk 22 looks for it before each step of a call (pbx.c, pbx_find_extension). Own extensions first, in their order,
 * then switches, then includes one after the other, each with its own includes. What lacks the priority is passed over. A context is looked at once.
 */
export function findExtension(dialplan: Dialplan, query: ExtensionQuery): SearchResult {
  const search = new Search(dialplan, query)
  return search.in(query.context) ?? { found: undefined, failure: search.failure }
}

const failures: readonly SearchFailure[] = ['no-context', 'no-extension', 'no-priority', 'no-label']

/** More contexts than this, one including the other, are not followed (AST_PBX_MAX_STACK). */
const maxContexts = 128

class Search {
  readonly #dialplan: Dialplan
  readonly #query: ExtensionQuery
  readonly #mode: MatchMode
  readonly #number: string
  readonly #callerId: string
  readonly #now: Date
  /** Names in lower case: Asterisk compares them without case here, and with case where it looks for a context. */
  readonly #seen = new Set<string>()
  #reached = 0

  constructor(dialplan: Dialplan, query: ExtensionQuery) {
    this.#dialplan = dialplan
    this.#query = query
    this.#mode = query.mode ?? 'match'
    this.#number = encode(query.extension)
    this.#callerId = encode(query.callerId ?? '')
    this.#now = query.now ?? new Date()
  }

  get failure(): SearchFailure {
    return failures[this.#reached]!
  }

  in(name: string): SearchResult | undefined {
    if (this.#seen.size >= maxContexts) return undefined
    const context = this.#dialplan.contexts.get(name)
    if (!context || this.#seen.has(name.toLowerCase())) return undefined
    this.#reach('no-extension')
    const own = this.#ownOf(context)
    if (own !== 'none') return own === 'ends' ? undefined : own
    for (const one of context.switches) {
      const has = this.#query.hasInSwitch?.(one, context) ?? false
      this.#query.onStep?.({ kind: 'switch', context, switch: one, outcome: has ? 'found' : 'passed' })
      if (has) return { found: 'switch', context, switch: one }
    }
    this.#seen.add(name.toLowerCase())
    for (const include of context.includes) {
      const found = this.#include(context, include)
      if (found) return found
    }
    return undefined
  }

  #include(context: Context, include: Include): SearchResult | undefined {
    const outcome = this.#includeOutcome(include)
    this.#query.onStep?.({ kind: 'include', context, include, outcome })
    return outcome === 'followed' ? this.in(include.context) : undefined
  }

  #includeOutcome({ context, timing }: Include): IncludeOutcome {
    if (timing && !isWithin(timing, this.#now, this.#query.timeZone)) return 'other-time'
    if (!this.#dialplan.contexts.has(context)) return 'no-context'
    return this.#seen.has(context.toLowerCase()) ? 'seen-already' : 'followed'
  }

  /** `ends`: a pattern with `!` says that no more digits are waited for, whatever comes behind it. */
  #ownOf(context: Context): SearchResult | 'none' | 'ends' {
    for (const extension of this.#candidates(context)) {
      const match = matchExtension(extension.match.pattern, this.#number, this.#mode)
      if (match === 'no') continue
      const outcome = this.#outcome(extension, match === 'early')
      this.#query.onStep?.({ kind: 'extension', context, extension, outcome })
      if (outcome === 'ends-early') return 'ends'
      if (outcome === 'found') return { found: 'extension', context, extension, priority: this.#priority(extension)! }
    }
    return 'none'
  }

  /** Only patterns have to be tried one after the other. */
  #candidates({ extensions, plain, patterns }: Context): Iterable<Extension> {
    if (this.#mode !== 'match') return extensions
    return [...(plain.get(withoutDashes(this.#number)) ?? []), ...patterns]
  }

  #outcome(extension: Extension, isEarly: boolean): ExtensionOutcome {
    if (!matchesCaller(extension.match.callerId, this.#callerId)) return 'other-caller'
    if (isEarly && this.#mode === 'matchmore') return 'ends-early'
    this.#reach('no-priority')
    const lack = this.#query.label === undefined ? 'no-priority' : 'no-label'
    this.#reach(lack)
    return this.#priority(extension) ? 'found' : lack
  }

  #priority({ labels, priorities }: Extension): Priority | undefined {
    const { label, priority = 1 } = this.#query
    if (label !== undefined) return labels.get(label)
    return priorities.find(({ number }) => number === priority)
  }

  #reach(failure: SearchFailure): void {
    this.#reached = Math.max(this.#reached, failures.indexOf(failure))
  }
}
