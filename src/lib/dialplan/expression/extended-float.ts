/**
 * Numbers of Asterisk's expressions: the x86 `long double`, 64 bits of mantissa, in which `$[0.1 + 0.2]` is 0.3 and `$[1 / 3]` has eighteen digits. The value is
 * `mantissa * 2 ** exponent`, negative or not; zero keeps its sign, which `%Lg` prints. Infinities are not needed: a division by zero is none to Asterisk.
 */
export interface ExtendedFloat {
  readonly isNegative: boolean
  /** 0, or with its highest bit being the 64th. */
  readonly mantissa: bigint
  readonly exponent: number
}

const mantissaBits = 64

/** The significant digits of `%.18Lg`. */
const printedDigits = 18

/** A number with more digits is cut: `long double` ends at ten to the power of 4932, and what is written in a dialplan long before. */
const maxDigits = 4900

export const zero: ExtendedFloat = { isNegative: false, mantissa: 0n, exponent: 0 }

/** As strtold reads a decimal number: digits, a dot, digits; what follows is not read. */
export function parseExtended(text: string): ExtendedFloat {
  const [, sign, whole = '', , part = ''] = /^\s*([+-]?)(\d*)(\.(\d*))?/.exec(text)!
  const fraction = part.slice(0, maxDigits)
  return fromRatio(sign === '-', BigInt(`0${whole.slice(0, maxDigits)}${fraction}`), 10n ** BigInt(fraction.length))
}

/** An integer or a double, exactly. What is not finite becomes zero. */
export function fromDouble(value: number): ExtendedFloat {
  if (!Number.isFinite(value) || value === 0) return { ...zero, isNegative: Object.is(value, -0) }
  let magnitude = Math.abs(value)
  let exponent = 0
  while (!Number.isInteger(magnitude)) {
    magnitude *= 2
    exponent--
  }
  return rounded(value < 0, BigInt(magnitude), exponent)
}

export function toDouble(value: ExtendedFloat): number {
  return Number(formatExtended(value))
}

export function isZero({ mantissa }: ExtendedFloat): boolean {
  return mantissa === 0n
}

export function negate(value: ExtendedFloat): ExtendedFloat {
  return { ...value, isNegative: !value.isNegative }
}

export function add(a: ExtendedFloat, b: ExtendedFloat): ExtendedFloat {
  if (isZero(a) && isZero(b)) return { ...zero, isNegative: a.isNegative && b.isNegative }
  // Beyond this distance the smaller one cannot change the larger one, and shifting would only cost memory.
  if (isZero(b) || (!isZero(a) && a.exponent - b.exponent > 2 * mantissaBits)) return a
  if (isZero(a) || b.exponent - a.exponent > 2 * mantissaBits) return b
  const exponent = Math.min(a.exponent, b.exponent)
  const sum = signed(a, exponent) + signed(b, exponent)
  return sum < 0n ? rounded(true, -sum, exponent) : rounded(false, sum, exponent)
}

export function subtract(a: ExtendedFloat, b: ExtendedFloat): ExtendedFloat {
  return add(a, negate(b))
}

export function multiply(a: ExtendedFloat, b: ExtendedFloat): ExtendedFloat {
  return rounded(a.isNegative !== b.isNegative, a.mantissa * b.mantissa, a.exponent + b.exponent)
}

/** @param b not zero */
export function divide(a: ExtendedFloat, b: ExtendedFloat): ExtendedFloat {
  const shift = 2 * mantissaBits
  const numerator = a.mantissa << BigInt(shift)
  const quotient = numerator / b.mantissa
  // A bit for what is left over decides between two numbers that are equally near.
  const sticky = numerator % b.mantissa === 0n ? 0n : 1n
  return rounded(a.isNegative !== b.isNegative, (quotient << 1n) | sticky, a.exponent - b.exponent - shift - 1)
}

/** fmodl: what is left over, with the sign of `a`. It is exact. @param b not zero */
export function remainder(a: ExtendedFloat, b: ExtendedFloat): ExtendedFloat {
  if (isZero(a) || a.exponent + mantissaBits < b.exponent) return a
  const exponent = Math.min(a.exponent, b.exponent)
  const left = (a.mantissa << BigInt(a.exponent - exponent)) % (b.mantissa << BigInt(b.exponent - exponent))
  return rounded(a.isNegative, left, exponent)
}

/** Negative, zero or positive. */
export function compare(a: ExtendedFloat, b: ExtendedFloat): number {
  const difference = subtract(a, b)
  return isZero(difference) ? 0 : difference.isNegative ? -1 : 1
}

/** As `%.18Lg` prints it. */
export function formatExtended({ isNegative, mantissa, exponent }: ExtendedFloat): string {
  const sign = isNegative ? '-' : ''
  if (mantissa === 0n) return `${sign}0`
  const [numerator, denominator] = exponent < 0 ? [mantissa, 1n << BigInt(-exponent)] : [mantissa << BigInt(exponent), 1n]
  let power = Math.floor((mantissaBits - 1 + exponent) * Math.LOG10E * Math.LN2)
  let digits = scaled(numerator, denominator, printedDigits - 1 - power)
  if (digits.length > printedDigits) {
    power++
    digits = scaled(numerator, denominator, printedDigits - 1 - power)
  }
  if (power < -4 || power >= printedDigits) {
    const fraction = digits.slice(1).replace(/0+$/, '')
    const size = String(Math.abs(power)).padStart(2, '0')
    return `${sign}${digits[0]}${fraction === '' ? '' : `.${fraction}`}e${power < 0 ? '-' : '+'}${size}`
  }
  const padded = power < 0 ? digits.padStart(digits.length - power, '0') : digits
  const point = Math.max(power, 0) + 1
  const fraction = padded.slice(point).replace(/0+$/, '')
  return `${sign}${padded.slice(0, point)}${fraction === '' ? '' : `.${fraction}`}`
}

/** The ratio times a power of ten, rounded half to even, in digits. */
function scaled(numerator: bigint, denominator: bigint, power: number): string {
  const [top, bottom] =
    power < 0 ? [numerator, denominator * 10n ** BigInt(-power)] : [numerator * 10n ** BigInt(power), denominator]
  const quotient = top / bottom
  const twice = (top % bottom) * 2n
  const isUp = twice > bottom || (twice === bottom && (quotient & 1n) === 1n)
  return String(isUp ? quotient + 1n : quotient)
}

function signed({ isNegative, mantissa, exponent }: ExtendedFloat, base: number): bigint {
  const shifted = mantissa << BigInt(exponent - base)
  return isNegative ? -shifted : shifted
}

function fromRatio(isNegative: boolean, numerator: bigint, denominator: bigint): ExtendedFloat {
  const shift = 2 * mantissaBits + denominator.toString(2).length
  const quotient = (numerator << BigInt(shift)) / denominator
  const sticky = (numerator << BigInt(shift)) % denominator === 0n ? 0n : 1n
  return rounded(isNegative, (quotient << 1n) | sticky, -shift - 1)
}

/** To 64 bits, half to even, as the processor does. */
function rounded(isNegative: boolean, magnitude: bigint, exponent: number): ExtendedFloat {
  if (magnitude === 0n) return { isNegative, mantissa: 0n, exponent: 0 }
  const excess = magnitude.toString(2).length - mantissaBits
  if (excess <= 0) return { isNegative, mantissa: magnitude << BigInt(-excess), exponent: exponent + excess }
  const shift = BigInt(excess)
  const kept = magnitude >> shift
  const rest = magnitude - (kept << shift)
  const half = 1n << (shift - 1n)
  const isUp = rest > half || (rest === half && (kept & 1n) === 1n)
  const mantissa = isUp ? kept + 1n : kept
  return mantissa >> BigInt(mantissaBits) === 0n
    ? { isNegative, mantissa, exponent: exponent + excess }
    : { isNegative, mantissa: mantissa >> 1n, exponent: exponent + excess + 1 }
}
