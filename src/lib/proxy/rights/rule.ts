import { ConfigError } from '../../errors.js'
import type { ActionHeader, ActionView } from './action-view.js'
import { Glob } from './glob.js'

export type RuleKind = 'allow' | 'deny'

/** A line of an action has at most 1022 bytes: longer patterns match nothing, and they cost time with every action. */
const maxRuleLength = 1024

interface Condition {
  /** In lower case. */
  readonly field: string
  readonly glob: Glob
}

/**
 * One rule: a glob for the action, then conditions on fields that must all hold, values with blanks in quotes.
 *
 *     Originate Channel=Local/*@from-crm Context=from-crm
 *     Command Command="core show *"
 *     Queue*
 *
 * Names of actions and fields are compared without regard to case. What is in doubt goes against the action:
 * - an `allow` needs the field, every line of it must match, case counts, and a `*` that is not the last character stops at `/ @ & ,`;
 * - for a `deny` one line that matches is enough, case does not count, blanks at the end do not count, and a channel matches without its
 *   options too (`Local/1@internal/n` as `Local/1@internal`).
 * A `Variable` is held against the condition one by one of what its commas part.
 */
export class Rule {
  readonly text: string
  readonly kind: RuleKind
  readonly #action: Glob
  readonly #conditions: readonly Condition[]

  private constructor(text: string, kind: RuleKind, action: Glob, conditions: readonly Condition[]) {
    this.text = text
    this.kind = kind
    this.#action = action
    this.#conditions = conditions
  }

  /**
   * @param where the place in the configuration, for messages
   * @throws ConfigError
   */
  static parse(text: string, kind: RuleKind, where: string): Rule {
    const refuse = (why: string) =>
      new ConfigError(`${where}: the rule "${text}" ${why}`, {
        hint: 'Write Originate Context=from-crm, or Command Command="core show *".'
      })
    if (text.length > maxRuleLength) throw refuse(`is longer than ${maxRuleLength} characters`)
    const words = splitWords(text)
    if (!words) throw refuse('has a quote that does not end, or a word right after one')
    const [action, ...fields] = words
    if (action === undefined) throw refuse('is empty')
    if (!/^[\w*?-]+$/.test(action)) throw refuse('does not begin with the name of an action')
    const conditions = fields.map((word) => {
      const found = /^([\w()-]+)=(.+)$/s.exec(word)
      if (!found) throw refuse(`has "${word}" where Field=pattern belongs`)
      const isAllow = kind === 'allow'
      return { field: found[1]!.toLowerCase(), glob: new Glob(found[2]!, { ignoreCase: !isAllow, stopsAtSeparators: isAllow }) }
    })
    return new Rule(text, kind, new Glob(action, { ignoreCase: true, stopsAtSeparators: false }), conditions)
  }

  matches(view: ActionView): boolean {
    return this.#action.matches(view.action) && this.#conditions.every((condition) => this.#holds(condition, view.headers))
  }

  /**
   * Did the operator mean this when writing the rule? Only a rule that names the action in full, and the field that is dangerous, says so:
   * `Originate Context=from-crm` has nothing to say about `Application: System`.
   * @param field in lower case; undefined when the action itself is dangerous
   */
  grants(view: ActionView, field: string | undefined): boolean {
    if (this.kind !== 'allow' || !this.#action.isLiteral || !this.matches(view)) return false
    return field === undefined || this.#conditions.some((condition) => condition.field === field)
  }

  #holds({ field, glob }: Condition, headers: readonly ActionHeader[]): boolean {
    const lines = headers.filter(({ name }) => name === field)
    if (this.kind === 'deny') return lines.some((line) => deniedForms(line).some((form) => glob.matches(form)))
    // A line that Asterisk does not read cannot stand for the one that is missing.
    return lines.some(({ isRead }) => isRead) && lines.every((line) => pieces(line).every((piece) => glob.matches(piece)))
  }
}

function pieces({ name, value }: ActionHeader): string[] {
  return name === 'variable' ? value.split(',').map((piece) => piece.trimStart()) : [value]
}

function deniedForms(line: ActionHeader): string[] {
  const forms = [line.value, ...pieces(line)].flatMap((form) => [form, form.trimEnd()])
  const withoutOptions = /^([^/]+\/[^/]*)\//.exec(line.value)?.[1]
  return withoutOptions !== undefined && line.name.endsWith('channel') ? [...forms, withoutOptions] : forms
}

/** Parts at blanks; quotes keep them, and a backslash keeps what follows, itself included: it means something to the glob. */
function splitWords(text: string): string[] | undefined {
  const words: string[] = []
  const word = /\s*((?:[^\s"\\]|\\.)*)(?:"((?:[^"\\]|\\.)*)")?(?=\s|$)/y
  let at = 0
  while (text.slice(at).trim() !== '') {
    word.lastIndex = at
    const found = word.exec(text)
    if (!found || found[0] === '') return undefined
    words.push(found[1]! + (found[2] ?? ''))
    at += found[0].length
  }
  return words
}
