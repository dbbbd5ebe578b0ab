import type { Call, Step } from '../program/step.js'
import { conditionAndRest } from '../program/targets.js'
import { splitPart, trimPart, within } from '../text/split.js'
import type { Expression, Substitution, Variable } from '../text/substitutions.js'
import { blank } from '../text/substitutions.js'
import { filterSet, type Taint } from './taint.js'

/** What a condition says of a variable, once it is known how it came out. */
export interface Guard {
  /** As written between the braces. */
  readonly variable: string
  readonly taint: Taint
  /** It holds when the condition is true, or when it is false. */
  readonly holdsWhen: boolean
}

/** What the condition of a GotoIf, GosubIf or ExecIf says: `$["${FILTER(0-9,${EXTEN})}" != "${EXTEN}"]`, `REGEX`, or a comparison with a plain text. */
export function guardOf(step: Step, call: Call): Guard | undefined {
  const condition = conditionAndRest(step, call)[0]
  if (!condition) return undefined
  const [one, ...others] = within(step.substitutions, trimPart(condition))
  if (!one || others.length > 0) return undefined
  if (one.kind === 'variable') return regexGuard(step.text, one, true)
  return comparison(step.text, one)
}

function comparison(text: string, expression: Expression): Guard | undefined {
  const base = expression.start + 2
  const skeleton = blank(text, base, expression.end - 1, expression.inside)
  const not = /^\s*!\s*(?=\x01)/.test(skeleton)
  const operator = /(!=|==|=)(?!~)/.exec(skeleton)
  const [first, second, ...others] = expression.inside
  if (!first || others.length > 0) return undefined
  if (!operator) return second ? undefined : regexGuard(text, first, !not)
  const isEqual = operator[1] !== '!='
  if (second) return filterGuard(text, first, second, isEqual) ?? filterGuard(text, second, first, isEqual)
  const other = otherSide(skeleton, operator)
  if (other === '0' || other === '1') {
    const guard = regexGuard(text, first, (other === '1') === isEqual)
    if (guard) return guard
  }
  // As good as the text that it is equal to.
  const variable = innerOf(text, first)
  return variable === undefined || other === '' ? undefined : { variable, taint: undefined, holdsWhen: isEqual }
}

function otherSide(skeleton: string, operator: RegExpExecArray): string {
  const left = skeleton.slice(0, operator.index)
  const right = skeleton.slice(operator.index + operator[0].length)
  return (left.includes('\x01') ? right : left).trim().replace(/^"(.*)"$/, '$1')
}

function filterGuard(text: string, filter: Substitution, plain: Substitution, isEqual: boolean): Guard | undefined {
  // As long as before: nothing has been taken out. So that a quotation mark in the number cannot end a text of the expression.
  const [short, whole] = [insideOfLength(filter), insideOfLength(plain)]
  if (short && whole) return filterGuard(text, short, whole, isEqual)
  if (filter.kind !== 'variable' || filter.name !== 'FILTER' || !filter.arguments) return undefined
  const [set, given] = splitPart(text, filter.arguments, ',', filter.inside, { most: 2, isFlat: true })
  const variable = innerOf(text, plain)
  const [inner] = filter.inside
  if (!set || !given || variable === undefined || filter.inside.length !== 1 || innerOf(text, inner!) !== variable)
    return undefined
  return { variable, taint: filterSet(set.text), holdsWhen: isEqual }
}

/** What LEN() measures. */
function insideOfLength(one: Substitution): Substitution | undefined {
  return one.kind === 'variable' && one.name === 'LEN' && one.inside.length === 1 ? one.inside[0] : undefined
}

/** `${REGEX("^[0-9]+$" ${EXTEN})}`: only an expression for the whole text says something. */
function regexGuard(text: string, one: Substitution, holdsWhen: boolean): Guard | undefined {
  if (one.kind !== 'variable' || one.name !== 'REGEX' || !one.arguments) return undefined
  const [inner, ...others] = one.inside
  const variable = inner && others.length === 0 ? innerOf(text, inner) : undefined
  const isWhole = /^\s*"\^(?:[^.|]|\\\.)*\$"/.test(text.slice(one.arguments.start, one.arguments.end))
  return isWhole && variable !== undefined ? { variable, taint: undefined, holdsWhen } : undefined
}

/** `EXTEN` of `${EXTEN}`. */
function innerOf(text: string, one: Substitution): string | undefined {
  return one.kind === 'variable' && one.name !== undefined ? text.slice(one.start + 2, (one as Variable).end - 1) : undefined
}
