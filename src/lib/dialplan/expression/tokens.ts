/** An operator, a bracket, a comma, or a word. */
export interface Token {
  readonly kind: 'operator' | 'number' | 'word'
  readonly text: string
}

/** Longer ones first: flex takes the longest match. */
const operators = ['||', '&&', '==', '=~', '~~', '>=', '<=', '!=', '::', ...'|&=><+,-*/%?!:()']

const word = /(?:[a-zA-Z0-9.';\\_^#@\x80-\xff]|\$[^{])+/y
const number = /[0-9]+(?:\.[0-9]+)?/y
const quoted = /"[^"]*"/y

/**
 * Cuts an expression into tokens (ast_expr2.fl). Strings have one character a byte. Quotes stay: they are part of a word. What is no token (`[`, `{`, a lone `~`, a quote
 * that is not closed) is skipped as Asterisk skips it. Only digits, or digits with a dot between them, are a number; `.5` and `1.` are words.
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; ) {
    const token = readToken(text, at)
    if (token) tokens.push(token)
    at += token?.text.length ?? 1
  }
  return tokens
}

function readToken(text: string, at: number): Token | undefined {
  if (text.startsWith('${', at)) return { kind: 'word', text: text.slice(at, endOfVariable(text, at)) }
  const string = matchAt(quoted, text, at)
  if (string !== undefined) return { kind: 'word', text: string }
  const digits = matchAt(number, text, at)
  const letters = matchAt(word, text, at)
  if (letters !== undefined && letters.length > (digits?.length ?? 0)) {
    const end = at + letters.length
    // A variable that was left as it is belongs to the word before it.
    return { kind: 'word', text: text.startsWith('${', end) ? text.slice(at, endOfVariable(text, end)) : letters }
  }
  if (digits !== undefined) return { kind: 'number', text: digits }
  const operator = operators.find((one) => text.startsWith(one, at))
  return operator === undefined ? undefined : { kind: 'operator', text: operator }
}

function matchAt(expression: RegExp, text: string, at: number): string | undefined {
  expression.lastIndex = at
  return expression.exec(text)?.[0]
}

/** Behind `${…}` and what follows it without a blank or an operator. */
function endOfVariable(text: string, from: number): number {
  let depth = 1
  let at = from + 2
  while (depth > 0 && at < text.length) {
    if (text[at] === '{') depth++
    else if (text[at] === '}') depth--
    at++
  }
  while (at < text.length && !/[-\t\r \n$():?%/+=*<>!|&]/.test(text[at]!)) at++
  return text.startsWith('${', at) ? endOfVariable(text, at) : at
}
