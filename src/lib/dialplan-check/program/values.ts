import type { Extension } from '../../dialplan/dialplan.js'
import { setRanges } from '../../dialplan/pattern-key.js'
import { type Part, splitPart, within } from '../text/split.js'
import type { Variable } from '../text/substitutions.js'
import { deviceStates, statusValues } from './statuses.js'
import type { Step } from './step.js'

/** More values than this are not told one by one: `_XXX` has a thousand. */
const maxValues = 128

/** What a variable is known to hold; undefined when that is not known. */
export type Known = (name: string) => readonly string[] | undefined

/**
 * All that a part of a step may turn out to be: `dial-${DIALSTATUS}`, `menu-${EXTEN}` of `_X`.
 * @returns undefined when it may be anything
 */
export function valuesOf(step: Step, part: Part, known: Known = () => undefined): readonly string[] | undefined {
  const end = part.start + part.text.length
  // What is only implied (`1` of Local/12@a) stands nowhere.
  if (step.text.slice(part.start, end) !== part.text) return [part.text]
  let values: readonly string[] = ['']
  let at = part.start
  for (const one of within(step.substitutions, part)) {
    const own = one.kind === 'variable' ? valuesOfVariable(step, one, known) : undefined
    if (own === undefined || own.length === 0 || own.length * values.length > maxValues) return undefined
    const before = step.text.slice(at, one.start)
    values = values.flatMap((begin) => own.map((value) => begin + before + value))
    at = one.end
  }
  const rest = step.text.slice(at, end)
  return rest === '' ? values : values.map((value) => value + rest)
}

function valuesOfVariable(step: Step, one: Variable, known: Known): readonly string[] | undefined {
  const values = wholeValues(step, one, known)
  if (!values || !one.cut) return values
  const { offset, length } = one.cut
  if (!/^-?\d+$/.test(offset) || (length !== undefined && !/^\d+$/.test(length))) return undefined
  const cut = (text: string) => {
    const rest = text.slice(Number(offset))
    return length === undefined ? rest : rest.slice(0, Number(length))
  }
  return [...new Set(values.map(cut))]
}

function wholeValues(step: Step, one: Variable, known: Known): readonly string[] | undefined {
  const { name } = one
  if (name === undefined) return undefined
  if (!one.arguments) {
    if (name === 'EXTEN') return numbersOf(step.extension)
    // A call that came by an include is in another context than this one: only who looks for it can tell.
    return known(name) ?? (Object.hasOwn(statusValues, name) ? statusValues[name] : undefined)
  }
  if (name === 'DEVICE_STATE') return deviceStates
  if (name === 'IF') return branches(step, one)
  return undefined
}

/** `IF(condition?yes:no)`. */
function branches(step: Step, one: Variable): readonly string[] | undefined {
  const [, behind] = splitPart(step.text, one.arguments!, '?', one.inside, { most: 2, isFlat: true })
  if (!behind) return undefined
  const all: string[] = []
  for (const { text } of splitPart(step.text, { start: behind.start, end: one.arguments!.end }, ':', one.inside, {
    most: 2,
    isFlat: true
  })) {
    if (text.includes('$')) return undefined
    all.push(text.trim().replace(/^"(.*)"$/, '$1'))
  }
  return all.length === 2 ? all : undefined
}

/** The numbers that an extension stands for; undefined when there are too many. */
function numbersOf({ match: { pattern } }: Extension): readonly string[] | undefined {
  if (pattern[0] !== '_') return [pattern]
  let numbers = ['']
  for (const digits of positionsOf(pattern) ?? [undefined]) {
    if (digits === undefined || digits.length === 0 || numbers.length * digits.length > maxValues) return undefined
    numbers = numbers.flatMap((begin) => digits.map((digit) => begin + digit))
  }
  return numbers
}

/** The characters of each position of a pattern; undefined for one that is open at its end. */
export function positionsOf(pattern: string): string[][] | undefined {
  const positions: string[][] = []
  for (let at = 1; at < pattern.length; at++) {
    const char = pattern[at]!
    if (char === '.' || char === '!') return undefined
    if (char === '-') continue
    if (char !== '[') {
      positions.push(charactersOf(char))
      continue
    }
    const end = pattern.indexOf(']', at)
    if (end < 0) return undefined
    const inside = pattern.slice(at + 1, end)
    at = end
    const all = setRanges(inside).flatMap(([first, last]) =>
      Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => String.fromCharCode(first + index))
    )
    if (all.length > 0) positions.push([...new Set(all)])
  }
  return positions
}

function charactersOf(char: string): string[] {
  if (/[nN]/.test(char)) return [...'23456789']
  if (/[xX]/.test(char)) return [...'0123456789']
  if (/[zZ]/.test(char)) return [...'123456789']
  return [char]
}
