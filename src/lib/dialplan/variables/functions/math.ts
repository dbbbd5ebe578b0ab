import { splitArguments } from '../../arguments.js'
import { leadingInteger } from '../condition.js'
import type { FunctionCall, FunctionTable } from '../evaluation.js'

/** func_math.c and func_rand.c. They count with doubles. */
export const mathFunctions: FunctionTable = {
  MATH: { read: math },
  INC: { read: (call) => step(call, 1) },
  DEC: { read: (call) => step(call, -1) },
  MIN: { read: ({ data }) => extreme(data, Math.min) },
  MAX: { read: ({ data }) => extreme(data, Math.max) },
  ABS: { read: ({ data }) => shortNumber(Math.abs(Number.parseFloat(data))) },
  RAND: { read: random }
}

/** In the order in which they are looked for; subtraction last, because a minus may be a sign. */
const operators = ['*', '/', '%', '^', 'AND', 'XOR', 'OR', '>>', '>=', '>', '<<', '<=', '<', '==', '+', '-'] as const

const work: Readonly<Record<(typeof operators)[number], (a: number, b: number) => number | boolean>> = {
  '*': (a, b) => a * b,
  // Asterisk divides by positive numbers only.
  '/': (a, b) => (b <= 0 ? 0 : a / b),
  '%': (a, b) => (Math.trunc(b) === 0 ? 0 : Math.trunc(a) % Math.trunc(b)),
  '^': (a, b) => a ** b,
  AND: (a, b) => Math.trunc(a) & Math.trunc(b),
  XOR: (a, b) => Math.trunc(a) ^ Math.trunc(b),
  OR: (a, b) => Math.trunc(a) | Math.trunc(b),
  '>>': (a, b) => Math.trunc(a) >> Math.trunc(b),
  '<<': (a, b) => Math.trunc(a) << Math.trunc(b),
  '>=': (a, b) => a >= b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '<': (a, b) => a < b,
  '==': (a, b) => a === b,
  '+': (a, b) => a + b,
  '-': (a, b) => a - b
}

/** `MATH(a+b[,int|hex|char|float])`. */
function math({ data, notes }: FunctionCall): string | undefined {
  const [text = '', type = 'float'] = splitArguments(data)
  const isNegative = text.startsWith('-')
  const bare = isNegative ? text.slice(1) : text
  const operator = operators.find((one) => bare.includes(one[0] === '>' || one[0] === '<' ? one[0] : one) && isThere(bare, one))
  if (operator === undefined) {
    notes.warn(`MATH(${data}) has no operator`)
    return undefined
  }
  const at = bare.indexOf(operator)
  const [a, b] = [Number.parseFloat(bare.slice(0, at)), Number.parseFloat(bare.slice(at + operator.length))]
  if (Number.isNaN(a) || Number.isNaN(b)) {
    notes.warn(`MATH(${data}) has no two numbers`)
    return undefined
  }
  const result = work[operator](isNegative ? 0 - a : a, b)
  if (typeof result === 'boolean') return result ? 'TRUE' : 'FALSE'
  return formatResult(result, type.toLowerCase())
}

/** `>` is the first one in the text, whatever comes with it. */
function isThere(text: string, operator: string): boolean {
  const first = operator[0]!
  if (first !== '>' && first !== '<') return true
  return text.startsWith(operator, text.indexOf(first))
}

function formatResult(result: number, type: string): string | undefined {
  if (type === 'float' || type === 'f') return result.toFixed(6)
  if (type === 'int' || type === 'i') return String(Math.trunc(result) | 0)
  if (type === 'hex' || type === 'h') return (Math.trunc(result) >>> 0).toString(16)
  return type === 'char' || type === 'c' ? String.fromCharCode(Math.trunc(result) & 0xff) : undefined
}

/** `INC(name)` changes the variable and is its new value. */
function step(call: FunctionCall, by: number): string | undefined {
  const { channel, scene, data, notes } = call
  const value = channel.variables.get(data) ?? scene.globals.get(data)
  if (value === undefined || !/^\s*[+-]?\d+$/.test(value)) {
    notes.warn(`${data} is no number that could be counted`)
    return undefined
  }
  const next = String((leadingInteger(value)! + by) | 0)
  call.set(data, next)
  return next
}

function extreme(data: string, pick: (a: number, b: number) => number): string | undefined {
  const [first = '', second = ''] = splitArguments(data)
  const numbers = [first, second].filter((one) => one !== '').map(Number.parseFloat)
  if (numbers.length === 0 || numbers.some(Number.isNaN)) return undefined
  return shortNumber(pick(numbers[0]!, numbers.at(-1)!))
}

function shortNumber(value: number): string | undefined {
  if (Number.isNaN(value)) return undefined
  return Number.isInteger(value) ? String(value) : value.toFixed(6)
}

/** `RAND([min][,max])`, both of them possible. */
function random({ data, scene }: FunctionCall): string {
  const [min = '', max = ''] = splitArguments(data)
  const [from, to] = [leadingInteger(min) ?? 0, leadingInteger(max) ?? 2_147_483_647].sort((a, b) => a - b) as [number, number]
  return String(from + Math.floor(scene.random() * (to - from + 1)))
}
