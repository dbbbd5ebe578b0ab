/** What a `*` between other characters of an allow rule does not match: they part the pieces of a channel, a path, and a list. */
const separators = new Set('/@&,')

export interface GlobOptions {
  ignoreCase: boolean
  /** A `*` with something after it stops at `/ @ & ,`: with `Local/*@from-crm`, `Local/1@other/n@from-crm` is not meant. */
  stopsAtSeparators: boolean
}

type Token = { kind: 'literal'; char: string } | { kind: 'one' } | { kind: 'many'; stops: boolean }

/**
 * A pattern for a whole text: `*` for any characters, `?` for one, `\` before a character that means itself. The time to match grows with the
 * text times the pattern and no faster, whatever both are.
 */
export class Glob {
  readonly #tokens: readonly Token[]
  readonly #ignoreCase: boolean

  constructor(pattern: string, { ignoreCase, stopsAtSeparators }: GlobOptions) {
    this.#ignoreCase = ignoreCase
    const tokens: Token[] = []
    const chars = [...(ignoreCase ? pattern.toLowerCase() : pattern)]
    for (let at = 0; at < chars.length; at++) {
      const char = chars[at]!
      if (char === '*') tokens.push({ kind: 'many', stops: stopsAtSeparators && at < chars.length - 1 })
      else if (char === '?') tokens.push({ kind: 'one' })
      else tokens.push({ kind: 'literal', char: char === '\\' ? (chars[++at] ?? char) : char })
    }
    this.#tokens = tokens
  }

  /** Does it match one text only? */
  get isLiteral(): boolean {
    return this.#tokens.every(({ kind }) => kind === 'literal')
  }

  matches(text: string): boolean {
    const tokens = this.#tokens
    // Which tokens may be next: all places in the pattern at once instead of going back (Thompson's construction).
    let places = new Uint8Array(tokens.length + 1)
    places[0] = 1
    for (const char of this.#ignoreCase ? text.toLowerCase() : text) {
      const next = new Uint8Array(tokens.length + 1)
      let isAlive = false
      for (let at = 0; at < tokens.length; at++) {
        if (!places[at]) continue
        const token = tokens[at]!
        if (token.kind === 'many') {
          places[at + 1] = 1
          if (token.stops && separators.has(char)) continue
          next[at] = 1
        } else if (token.kind === 'one' || token.char === char) next[at + 1] = 1
        else continue
        isAlive = true
      }
      if (!isAlive) return false
      places = next
    }
    for (let at = 0; at < tokens.length; at++) if (places[at] && tokens[at]!.kind === 'many') places[at + 1] = 1
    return places[tokens.length] === 1
  }
}
