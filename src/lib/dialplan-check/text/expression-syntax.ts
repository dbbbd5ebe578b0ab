import { blank, type Expression } from './substitutions.js'

/** Where an expression cannot be read, and why. */
export interface ExpressionFault {
  readonly at: number
  readonly message: string
}

interface Token {
  readonly kind: 'word' | 'string' | 'soft' | 'operator' | 'blank'
  readonly text: string
  readonly at: number
}

/** `\x01` stands for what is put in. Such a word may turn out to be nothing, or operators too: it is given the benefit of the doubt. */
const tokens =
  /(?<blank>[ \t\r\n]+)|(?<string>"[^"]*")|(?<operator>::|=~|~~|==|!=|<=|>=|&&|\|\||[|&=<>+\-*/%?:(),!])|(?<word>[^ \t\r\n"|&=<>+\-*/%?:(),!~]+|~)/g

const binary = new Set([
  '|',
  '||',
  '&',
  '&&',
  '=',
  '==',
  '!=',
  '<',
  '>',
  '<=',
  '>=',
  '+',
  '-',
  '*',
  '/',
  '%',
  ':',
  '=~',
  '~~',
  '?',
  '::'
])

/**
 * Checks what stands in `$[…]` by the grammar of ast_expr2.y: operands and operators in turn, parentheses, `a ? b :: c`. Only what cannot be right whatever the variables
 * hold is a fault.
 */
export function checkExpression(text: string, { start, end, inside }: Expression): ExpressionFault | undefined {
  const base = start + 2
  const skeleton = blank(text, base, end - 1, inside)
  // A quote in what is put in, or behind a backslash, is not counted here: then nothing can be said.
  if (skeleton.includes('\\')) return undefined
  if ((skeleton.split('"').length - 1) % 2 === 1) {
    return { at: base + skeleton.lastIndexOf('"'), message: 'A quotation mark is not closed' }
  }
  const fault = new Reader(skeleton).read()
  return fault && { ...fault, at: base + fault.at }
}

class Reader {
  readonly #tokens: Token[]
  /** For each open parenthesis how many `?` wait for their `::`. */
  readonly #levels: { at: number; questions: number; isCall: boolean }[] = [{ at: 0, questions: 0, isCall: false }]
  #last: Token | undefined
  #wantsOperand = true
  #isSoft = false
  #hasBlank = false

  constructor(text: string) {
    this.#tokens = [...text.matchAll(tokens)].map(toToken)
  }

  read(): ExpressionFault | undefined {
    for (const token of this.#tokens) {
      if (token.kind === 'blank') {
        this.#hasBlank = true
        continue
      }
      const message = token.kind === 'operator' ? this.#operator(token) : this.#operand(token)
      if (message !== undefined) return { at: token.at, message }
      this.#last = token
      this.#hasBlank = false
    }
    return this.#end()
  }

  #end(): ExpressionFault | undefined {
    const level = this.#levels.at(-1)!
    if (this.#levels.length > 1) return { at: level.at, message: 'A ( without its )' }
    if (level.questions > 0)
      return { at: this.#last?.at ?? 0, message: 'A ? without its :: (a single : is the search of an expression)' }
    if (this.#last && this.#wantsOperand) return { at: this.#last.at, message: `Nothing stands behind ${this.#last.text}` }
    return undefined
  }

  #operand(token: Token): string | undefined {
    const isSoft = token.kind === 'soft'
    if (
      !this.#wantsOperand &&
      !isSoft &&
      !this.#isSoft &&
      (this.#hasBlank || this.#last?.kind === 'string' || token.kind === 'string')
    ) {
      return `No operator before ${token.text}`
    }
    this.#wantsOperand = false
    this.#isSoft = isSoft
    return undefined
  }

  #operator({ text, at }: Token): string | undefined {
    if (text === '(') return this.#open(at)
    if (text === ')') return this.#close()
    if (text === ',') {
      this.#wantsOperand = true
      return undefined
    }
    if (this.#wantsOperand) {
      if (text === '-' || text === '!') return undefined
      return `${text} has nothing before it`
    }
    if (text === '!') return this.#isSoft ? this.#softly() : 'A ! between two operands'
    if (!binary.has(text)) return `${text} is no operator`
    const level = this.#levels.at(-1)!
    if (text === '?') level.questions++
    if (text === '::' && --level.questions < 0) return 'A :: without its ?'
    this.#wantsOperand = true
    return undefined
  }

  #softly(): undefined {
    this.#wantsOperand = true
  }

  #open(at: number): string | undefined {
    const isCall = !this.#wantsOperand
    if (isCall && !this.#isSoft && this.#last?.kind !== 'word') return 'No operator before ('
    this.#levels.push({ at, questions: 0, isCall })
    this.#wantsOperand = true
    return undefined
  }

  #close(): string | undefined {
    const level = this.#levels.pop()!
    if (this.#levels.length === 0) return 'A ) without its ('
    if (level.questions > 0) return 'A ? without its ::'
    if (this.#wantsOperand && !(level.isCall && this.#last?.text === '(')) return 'Nothing stands before )'
    this.#wantsOperand = false
    this.#isSoft = false
    return undefined
  }
}

function toToken({ groups, index, 0: text }: RegExpMatchArray): Token {
  const kind = groups!.blank
    ? 'blank'
    : groups!.string
      ? 'string'
      : groups!.operator
        ? 'operator'
        : text.includes('\x01')
          ? 'soft'
          : 'word'
  return { kind, text: text.replace(/\x01+/g, `\${…}`), at: index! }
}
