import { ConfigError } from '../errors.js'

type Token =
  | { readonly kind: 'text'; readonly value: string; readonly line: number }
  /** A word, a sign, or a string that PHP would have to make (`"$x"`): nothing of which we know the value. */
  | { readonly kind: 'other'; readonly value: string; readonly line: number }

/**
 * Reads constants that PHP code defines as plain strings, `define('NAME', '…');` and `const NAME = '…';`, without running anything. Comments, other
 * code and text outside of `<?php … ?>` are passed over.
 * @param names those that are wanted
 * @param file as messages call it
 * @throws ConfigError when one of them is not a plain string, or is defined twice with different values
 */
export function readPhpConstants(text: string, names: readonly string[], file: string): Record<string, string> {
  const tokens = tokensOf(text, file)
  const found: Record<string, string> = {}
  for (const [at, token] of tokens.entries()) {
    const definition = definitionAt(tokens, at)
    if (!definition || !names.includes(definition.name)) continue
    const { name, value, end } = definition
    if (value?.kind !== 'text' || !definition.ends.includes(end?.value ?? '') || end?.kind !== 'other') {
      throw new ConfigError(`${file}:${token.line}: ${name} is not a plain string`, {
        hint: `PHP is not run here. Write the value into define('${name}', '…'), or name the key with --key-file.`
      })
    }
    // PHP keeps the first, and what stands in an if may not count at all: of two that differ we cannot know.
    if (found[name] !== undefined && found[name] !== value.value) {
      throw new ConfigError(`${file}:${token.line}: ${name} is defined twice, with different values`)
    }
    found[name] = value.value
  }
  return found
}

function definitionAt(tokens: readonly Token[], at: number) {
  const isOther = (token: Token | undefined, value: string) => token?.kind === 'other' && token.value.toLowerCase() === value
  const [word, second, third, fourth, fifth] = tokens.slice(at, at + 5)
  if (isOther(word, 'define') && isOther(second, '(') && third?.kind === 'text' && isOther(fourth, ',')) {
    return { name: third.value, value: fifth, end: tokens[at + 5], ends: [')', ','] }
  }
  if (isOther(word, 'const') && second?.kind === 'other' && isOther(third, '=')) {
    return { name: second.value, value: fourth, end: fifth, ends: [';', ','] }
  }
  return undefined
}

const pattern =
  /(?<blank>\s+)|(?<comment>\/\*[\s\S]*?\*\/|(?:\/\/|#(?!\[))(?:(?!\?>).)*)|(?<close>\?>)|'(?<single>(?:[^'\\]|\\[\s\S])*)'|"(?<double>(?:[^"\\]|\\[\s\S])*)"|(?<heredoc><<<)|(?<word>[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)|(?<sign>[\s\S])/y

/** @throws ConfigError for a heredoc: its end is not looked for, and what it says would be taken for code */
function tokensOf(text: string, file: string): Token[] {
  const tokens: Token[] = []
  let line = 1
  const count = (part: string) => {
    line += part.split('\n').length - 1
  }
  let at = 0
  for (;;) {
    const open = /<\?(?:php\b|=)/gi
    open.lastIndex = at
    const start = open.exec(text)
    if (!start) return tokens
    count(text.slice(at, open.lastIndex))
    at = open.lastIndex
    while (at < text.length) {
      pattern.lastIndex = at
      const match = pattern.exec(text)!
      const { close, single, double, heredoc, word, sign } = match.groups!
      if (heredoc !== undefined) throw new ConfigError(`${file}:${line}: PHP's heredoc is not read here`)
      if (sign === "'" || sign === '"') throw new ConfigError(`${file}:${line}: a string has no end`)
      if (single !== undefined) tokens.push({ kind: 'text', value: single.replace(/\\([\\'])/g, '$1'), line })
      // With a dollar or an escape it is PHP's affair what it says.
      else if (double !== undefined) tokens.push({ kind: /[$\\]/.test(double) ? 'other' : 'text', value: double, line })
      else if (word !== undefined || sign !== undefined) tokens.push({ kind: 'other', value: (word ?? sign)!, line })
      count(match[0])
      at = pattern.lastIndex
      if (close !== undefined) break
    }
    if (at >= text.length) return tokens
  }
}
