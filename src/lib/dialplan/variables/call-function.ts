import type { Evaluation, FunctionCall } from './evaluation.js'
import { knownFunctions } from './function-table.js'

type Callbacks = Pick<FunctionCall, 'substitute' | 'set'>

/** A function and its data as they are written: the data ends at the last parenthesis (pbx_functions.c). */
function parseFunction(text: string): { name: string; data: string } {
  const open = text.indexOf('(')
  if (open < 0) return { name: text, data: '' }
  const close = text.lastIndexOf(')')
  return { name: text.slice(0, open), data: close < open ? text.slice(open + 1) : text.slice(open + 1, close) }
}

/**
 * Reads a function: what was given for it, else what a known function makes of it, else what was written to it before; else it is empty, and told as unknown.
 * @param text such as `CUT(x,-,1)`
 */
export function readFunction(
  text: string,
  evaluation: Evaluation,
  callbacks: Callbacks,
  fromExpression = false
): string | undefined {
  const { name, data } = parseFunction(text)
  const whole = `${name}(${data})`
  const given = evaluation.scene.given.get(whole)
  if (given !== undefined) return given
  const known = knownFunctions[name]
  if (known && !known.read) {
    evaluation.notes.warn(`${name} cannot be read`)
    return undefined
  }
  if (known?.read) {
    if (fromExpression && known.isClosedToExpressions) return undefined
    return known.read({ ...evaluation, ...callbacks, name, data })
  }
  const written = evaluation.channel.written.get(whole)
  if (written === undefined) evaluation.notes.unknown(whole)
  return written
}

export function writeFunction(text: string, value: string, evaluation: Evaluation, callbacks: Callbacks): void {
  const { name, data } = parseFunction(text)
  const known = knownFunctions[name]
  if (known?.write) known.write({ ...evaluation, ...callbacks, name, data }, value)
  else if (known) evaluation.notes.warn(`${name} cannot be written to`)
  else evaluation.channel.written.set(`${name}(${data})`, value)
}
