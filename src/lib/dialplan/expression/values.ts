import { type ExtendedFloat, formatExtended, isZero, parseExtended } from './extended-float.js'

/** A value while an expression is worked out. `numeric` is text that is a number: it is printed as written until something counts with it (ast_expr2.y). */
export type Value =
  | { readonly type: 'number'; readonly number: ExtendedFloat }
  | { readonly type: 'numeric'; readonly text: string }
  | { readonly type: 'text'; readonly text: string }

export function numberValue(number: ExtendedFloat): Value {
  return { type: 'number', number }
}

/** The outcome of an operator: text of digits and dots is a number. A sign makes it text. */
export function textValue(text: string): Value {
  return { type: /^[0-9.]+$/.test(text) ? 'numeric' : 'text', text }
}

export function isText(value: Value): boolean {
  return value.type === 'text'
}

/** Undefined for text, also for the empty one. */
export function toNumber(value: Value): ExtendedFloat | undefined {
  if (value.type === 'number') return value.number
  return value.type === 'numeric' ? parseExtended(value.text) : undefined
}

export function toText(value: Value): string {
  return value.type === 'number' ? formatExtended(value.number) : value.text
}

/** Nothing, or the number 0. `"0"` with its quotes is neither. */
export function isZeroOrNothing(value: Value): boolean {
  if (value.type !== 'number' && value.text === '') return true
  const number = toNumber(value)
  return number !== undefined && isZero(number)
}

/** Text within quotes loses all that it has of them, before it is matched or joined. */
export function withoutQuotes(text: string): string {
  return text.startsWith('"') && text.endsWith('"') ? text.replaceAll('"', '') : text
}
