import { zero } from './extended-float.js'
import { mathFunction } from './math-functions.js'
import { binaryOperators, complement, conditional, negated, type Warn } from './operators.js'
import { type Token, tokenize } from './tokens.js'
import { numberValue, textValue, toNumber, toText, type Value } from './values.js'

export interface ExpressionOptions {
  /** A function of the dialplan, `$[LEN(abc) + 1]`, with its arguments as one text; undefined when there is none. */
  readonly call?: (name: string, data: string) => string | undefined
  /** Is told what Asterisk would warn of: syntax errors, text in the place of numbers. */
  readonly warn?: Warn
}

/** How deep parentheses may go. Asterisk's parser gives up at 10,000 symbols; nobody writes more than a handful. */
const maxDepth = 200

/** How tightly operators bind (ast_expr2.y); the doubled ones are the same. All associate to the left, also the conditional one. */
const binding: Readonly<Record<string, number>> = {
  '?': 1,
  '|': 2,
  '||': 2,
  '&': 3,
  '&&': 3,
  '=': 4,
  '==': 4,
  '>': 4,
  '<': 4,
  '>=': 4,
  '<=': 4,
  '!=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
  ':': 8,
  '=~': 8,
  '~~': 8
}

/** `-` and `!` in front: tighter than what counts, looser than `:`, `=~` and `~~`. */
const unaryBinding = 7

const doubled: Readonly<Record<string, string>> = { '||': '|', '&&': '&', '==': '=' }

class ExpressionSyntaxError extends Error {}

/**
 * What Asterisk 22 makes of the inside of `$[…]`, once its variables have been put in. Strings have one character a byte. A syntax error is warned of and has the value of what
 * was read before it, as far as that was whole: `1 2` is 1, `+ 1` is nothing, `1 +` and `(1` are 0 (bison reduces before it looks at what is wrong).
 */
export function evaluateExpression(text: string, options: ExpressionOptions = {}): string {
  const tokens = tokenize(text)
  if (tokens.length === 0) return ''
  try {
    return toText(new Parser(tokens, options).whole())
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError)) throw error
    options.warn?.(`syntax error: ${error.message} in ${text}`)
    return '0'
  }
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #options: ExpressionOptions
  readonly #warn: Warn
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[], options: ExpressionOptions) {
    this.#tokens = tokens
    this.#options = options
    this.#warn = options.warn ?? (() => undefined)
  }

  whole(): Value {
    const [first] = this.#tokens
    const begins = first!.kind !== 'operator' || ['-', '!', '('].includes(first!.text)
    const value: Value = begins ? this.#expression(0) : { type: 'text', text: '' }
    if (this.#at < this.#tokens.length) this.#warn(`syntax error: ${unexpected(this.#tokens[this.#at]).message}`)
    return value
  }

  /** All that binds tighter than `level`. */
  #expression(level: number): Value {
    if (++this.#depth > maxDepth) throw new ExpressionSyntaxError('nested too deeply')
    let left = this.#operand()
    for (;;) {
      const operator = this.#operator()
      const strength = operator === undefined ? undefined : binding[operator]
      if (operator === undefined || strength === undefined || strength <= level) break
      this.#at++
      left = operator === '?' ? this.#conditional(left) : this.#binary(operator, left, strength)
    }
    this.#depth--
    return left
  }

  #binary(operator: string, left: Value, strength: number): Value {
    const right = this.#expression(strength)
    return binaryOperators[doubled[operator] ?? operator]!(left, right, this.#warn)
  }

  #conditional(condition: Value): Value {
    // Another condition may stand in the middle; at the end it would go on with the outcome of this one.
    const yes = this.#expression(0)
    this.#expect('::')
    return conditional(condition, yes, this.#expression(binding['?']!))
  }

  #operand(): Value {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw new ExpressionSyntaxError('unexpected end')
    if (token.kind === 'operator') return this.#prefixed(token)
    if (this.#operator() === '(') return this.#call(token.text)
    return token.kind === 'number' ? { type: 'numeric', text: token.text } : { type: 'text', text: token.text }
  }

  #prefixed(token: Token): Value {
    switch (token.text) {
      case '-':
        return negated(this.#expression(unaryBinding), this.#warn)
      case '!':
        return complement(this.#expression(unaryBinding))
      case '(': {
        const value = this.#expression(0)
        this.#expect(')')
        return value
      }
      default:
        throw unexpected(token)
    }
  }

  /** `NAME(a, b)`. The first argument has to be there, others may be empty. */
  #call(name: string): Value {
    this.#at++
    const values = [this.#expression(0)]
    while (this.#operator() === ',') {
      this.#at++
      const next = this.#operator()
      values.push(next === ',' || next === ')' ? { type: 'text', text: '' } : this.#expression(0))
    }
    this.#expect(')')
    return this.#called(name, values)
  }

  #called(name: string, values: readonly Value[]): Value {
    if (!/^[A-Z_0-9]*$/.test(name)) {
      this.#warn(`${name} is no name of a function`)
      return numberValue(zero)
    }
    const number = mathFunction(
      name,
      values.map((value) => toNumber(value) ?? zero)
    )
    if (number) return numberValue(number)
    const result = this.#options.call?.(name, values.map(toText).join(','))
    if (result === undefined) {
      this.#warn(`${name} is no function that could be read`)
      return numberValue(zero)
    }
    const counted = /^[-0-9. \t]*$/.test(result) ? toNumber(textValue(result.trim().replace(/^-/, ''))) : undefined
    if (counted) return numberValue(result.trim().startsWith('-') ? { ...counted, isNegative: true } : counted)
    return result.trim() === '' ? numberValue(zero) : textValue(result)
  }

  #operator(): string | undefined {
    const token = this.#tokens[this.#at]
    return token?.kind === 'operator' ? token.text : undefined
  }

  #expect(operator: string): void {
    if (this.#operator() !== operator) throw unexpected(this.#tokens[this.#at])
    this.#at++
  }
}

function unexpected(token: Token | undefined): ExpressionSyntaxError {
  return new ExpressionSyntaxError(token === undefined ? 'unexpected end' : `unexpected ${token.text}`)
}
