import {
  add,
  compare,
  divide,
  type ExtendedFloat,
  fromDouble,
  isZero,
  multiply,
  negate,
  remainder,
  subtract,
  zero
} from './extended-float.js'
import { compilePosix } from './posix-regex.js'
import { isText, isZeroOrNothing, numberValue, textValue, toNumber, toText, type Value, withoutQuotes } from './values.js'

/** Says what Asterisk would write into its log. */
export type Warn = (message: string) => void

const nothing: Value = { type: 'text', text: '' }

/** What Asterisk answers when it is to divide by zero, or by text. */
const largest = numberValue(fromDouble(2_147_483_647))

function truth(is: boolean): Value {
  return numberValue(is ? fromDouble(1) : zero)
}

/** Of two numbers, or else of the bytes of two texts, as strcoll does in the C locale. Quotes are bytes, too: `"1"` is not 1. */
function order(a: Value, b: Value): number {
  if (!isText(a) && !isText(b)) return compare(toNumber(a)!, toNumber(b)!)
  const [left, right] = [toText(a), toText(b)]
  return left === right ? 0 : left < right ? -1 : 1
}

/** A value that is known to count becomes a number, which prints without leading zeros. */
function counted(value: Value): Value {
  const number = toNumber(value)
  return number ? numberValue(number) : value
}

function arithmetic(
  a: Value,
  b: Value,
  warn: Warn,
  work: (a: ExtendedFloat, b: ExtendedFloat) => Value,
  otherwise: (a: ExtendedFloat | undefined, b: ExtendedFloat | undefined) => Value
): Value {
  const [left, right] = [toNumber(a), toNumber(b)]
  if (left && right) return work(left, right)
  warn('non-numeric argument')
  return otherwise(left, right)
}

function matched(a: Value, b: Value, isAnchored: boolean, warn: Warn): Value {
  const pattern = withoutQuotes(toText(b))
  const regex = compilePosix(pattern)
  if (!regex) {
    warn(`${pattern} is no regular expression`)
    return nothing
  }
  const match = regex.exec(withoutQuotes(toText(a)))
  if (!match || (isAnchored && match.start !== 0)) return regex.groupCount === 0 ? numberValue(zero) : nothing
  return match.firstGroup === undefined ? numberValue(fromDouble(match.length)) : textValue(match.firstGroup)
}

/** Both sides have been worked out before: nothing is left out. */
export const binaryOperators: Readonly<Record<string, (a: Value, b: Value, warn: Warn) => Value>> = {
  '|': (a, b) => (isZeroOrNothing(a) ? b : counted(a)),
  '&': (a, b) => (isZeroOrNothing(a) || isZeroOrNothing(b) ? numberValue(zero) : counted(a)),
  '=': (a, b) => truth(order(a, b) === 0),
  '!=': (a, b) => truth(order(a, b) !== 0),
  '>': (a, b) => truth(order(a, b) > 0),
  '<': (a, b) => truth(order(a, b) < 0),
  '>=': (a, b) => truth(order(a, b) >= 0),
  '<=': (a, b) => truth(order(a, b) <= 0),
  '+': (a, b, warn) =>
    arithmetic(
      a,
      b,
      warn,
      (left, right) => numberValue(add(left, right)),
      (left, right) => numberValue(left ?? right ?? zero)
    ),
  '-': (a, b, warn) =>
    arithmetic(
      a,
      b,
      warn,
      (left, right) => numberValue(subtract(left, right)),
      (left, right) => numberValue(left ?? (right ? subtract(zero, right) : zero))
    ),
  '*': (a, b, warn) =>
    arithmetic(
      a,
      b,
      warn,
      (left, right) => numberValue(multiply(left, right)),
      () => numberValue(zero)
    ),
  '/': (a, b, warn) =>
    arithmetic(
      a,
      b,
      warn,
      (left, right) => {
        if (!isZero(right)) return numberValue(divide(left, right))
        warn('division by zero')
        return largest
      },
      (left) => (left ? largest : numberValue(zero))
    ),
  '%': (a, b, warn) =>
    arithmetic(
      a,
      b,
      warn,
      (left, right) => numberValue(isZero(right) ? right : remainder(left, right)),
      () => numberValue(zero)
    ),
  ':': (a, b, warn) => matched(a, b, true, warn),
  '=~': (a, b, warn) => matched(a, b, false, warn),
  '~~': (a, b) => textValue(withoutQuotes(toText(a)) + withoutQuotes(toText(b)))
}

export function negated(value: Value, warn: Warn): Value {
  const number = toNumber(value)
  if (number) return numberValue(negate(number))
  warn('non-numeric argument')
  return numberValue(zero)
}

/** `!`: text counts as the integer that it begins with, so that `!abc` is 1. */
export function complement(value: Value): Value {
  if (value.type === 'number') return truth(isZero(value.number))
  return truth((Number.parseInt(value.text, 10) || 0) === 0)
}

/** `a ? b :: c`: text is true unless it is empty, `""` or 0. */
export function conditional(condition: Value, yes: Value, no: Value): Value {
  if (condition.type === 'text') return ['', '""', '0'].includes(condition.text) ? no : yes
  return isZero(toNumber(condition)!) ? no : yes
}
