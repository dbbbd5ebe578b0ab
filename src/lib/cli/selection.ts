import { UsageError } from '../errors.js'

/** Gives every value that a thing has under a name, without regard to the name's case. */
export type ValuesOf = (name: string) => readonly string[]

/** True when the thing whose values are given is selected. */
export type Selection = (valuesOf: ValuesOf) => boolean

/**
 * Compiles `--filter` expressions. One expression is `Name=glob,Name!=glob`: all its terms must hold; several expressions are
 * alternatives. `*` stands for any text and `?` for one character; case counts in values, not in names. `Name=glob` holds when any
 * value matches, `Name!=glob` when none does. A comma or a star that is meant literally is written with a backslash.
 * @throws UsageError
 */
export function compileSelection(expressions: readonly string[]): Selection {
  const alternatives = expressions.map((expression) => splitUnescaped(expression, ',').map(compileTerm))
  return (valuesOf) => alternatives.length === 0 || alternatives.some((terms) => terms.every((term) => term(valuesOf)))
}

function compileTerm(term: string): Selection {
  const match = /^\s*([^=!\s][^=!]*?)\s*(!?=)(.*)$/s.exec(term)
  if (!match) {
    throw new UsageError(`"${term}" is not a filter term`, {
      hint: "Write Name=glob or Name!=glob, joined by commas: --filter 'Event=Hangup,Channel=PJSIP/10*'"
    })
  }
  const [, name, operator, glob] = match as unknown as [string, string, string, string]
  const pattern = compileGlob(glob)
  if (operator === '=') return (valuesOf) => valuesOf(name).some((value) => pattern.test(value))
  return (valuesOf) => !valuesOf(name).some((value) => pattern.test(value))
}

/**
 * A glob as a regular expression over the whole text. Between two stars the first place that fits is as good as any later one, so it is
 * taken for good (a lookahead does not backtrack): no pattern takes more than the product of both lengths.
 */
export function compileGlob(glob: string): RegExp {
  const segments = ['']
  for (const [token] of glob.matchAll(/\\.|\*+|./gsu)) {
    if (token.startsWith('*')) segments.push('')
    else segments.push(segments.pop()! + globToken(token))
  }
  const [first, ...others] = segments as [string, ...string[]]
  const last = others.pop()
  const middle = others.map((segment, i) => `(?=(?<s${i}>.*?${segment}))\\k<s${i}>`).join('')
  return new RegExp(`^${first}${last === undefined ? '' : `${middle}.*${last}`}$`, 'su')
}

function globToken(token: string): string {
  if (token === '?') return '.'
  const literal = token.length > 1 && token.startsWith('\\') ? token.slice(1) : token
  return literal.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

function splitUnescaped(text: string, separator: string): string[] {
  const parts: string[] = ['']
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && i + 1 < text.length) parts.push(parts.pop()! + text[i]! + text[++i]!)
    else if (text[i] === separator) parts.push('')
    else parts.push(parts.pop()! + text[i]!)
  }
  return parts
}
