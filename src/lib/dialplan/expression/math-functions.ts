import { type ExtendedFloat, fromDouble, negate, toDouble } from './extended-float.js'

/** To the nearest, halves away from zero, as roundl does. */
function round(value: number): number {
  return Math.sign(value) * Math.floor(Math.abs(value) + 0.5)
}

/** To the nearest, halves to the even one, as rintl does. */
function rint(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

const functions: Readonly<Record<string, readonly [count: number, work: (...values: number[]) => number]>> = {
  COS: [1, Math.cos],
  SIN: [1, Math.sin],
  TAN: [1, Math.tan],
  ACOS: [1, Math.acos],
  ASIN: [1, Math.asin],
  ATAN: [1, Math.atan],
  ATAN2: [2, Math.atan2],
  POW: [2, Math.pow],
  SQRT: [1, Math.sqrt],
  FLOOR: [1, Math.floor],
  CEIL: [1, Math.ceil],
  ROUND: [1, round],
  RINT: [1, rint],
  TRUNC: [1, Math.trunc],
  EXP: [1, Math.exp],
  EXP2: [1, (value) => 2 ** value],
  EXP10: [1, (value) => 10 ** value],
  LOG: [1, Math.log],
  LOG2: [1, Math.log2],
  LOG10: [1, Math.log10],
  REMAINDER: [2, (a, b) => a - b * rint(a / b)]
}

/**
 * Functions that an expression knows by itself, `$[SQRT(2)]`. They count with doubles, so that the last two or three of eighteen digits may differ from Asterisk's.
 * @returns undefined when it is none of these; zero for the wrong number of arguments
 */
export function mathFunction(name: string, values: readonly ExtendedFloat[]): ExtendedFloat | undefined {
  if (name === 'ABS') {
    const [value] = values
    return values.length !== 1 ? fromDouble(0) : value!.isNegative ? negate(value!) : value!
  }
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (!found) return undefined
  const [count, work] = found
  return values.length === count ? fromDouble(work(...values.map(toDouble))) : fromDouble(0)
}
