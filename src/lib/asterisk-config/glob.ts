/** Does a name of a file have characters that glob(3) expands? A backslash takes the meaning of what follows. */
export function hasMagic(pattern: string): boolean {
  return /[*?[{]/.test(pattern)
}

/** What braces may grow to. glob(3) has no bound; a configuration has a handful. */
const maxAlternatives = 1024

/**
 * `a{b,c}d` to `abd` and `acd`, in this order, as GLOB_BRACE does. Braces may stand inside one another; what is not closed, and `{}`, stays as it is.
 * At most 1024 of them.
 */
export function expandBraces(pattern: string): string[] {
  const done: string[] = []
  const waiting = [pattern]
  while (waiting.length > 0 && done.length < maxAlternatives && waiting.length < maxAlternatives) {
    const next = waiting.shift()!
    const group = firstGroup(next)
    if (!group) done.push(next)
    else waiting.unshift(...group.alternatives.map((one) => next.slice(0, group.start) + one + next.slice(group.end)))
  }
  return done
}

interface Group {
  start: number
  /** Behind the closing brace. */
  end: number
  alternatives: string[]
}

function firstGroup(pattern: string): Group | undefined {
  for (let start = pattern.indexOf('{'); start >= 0; start = pattern.indexOf('{', start + 1)) {
    if (pattern[start + 1] === '}' || pattern[start - 1] === '\\') continue
    const group = groupAt(pattern, start)
    if (group) return group
  }
  return undefined
}

function groupAt(pattern: string, start: number): Group | undefined {
  const alternatives: string[] = []
  let depth = 0
  let from = start + 1
  for (let at = start; at < pattern.length; at++) {
    const char = pattern[at]
    if (char === '\\') at++
    else if (char === '{') depth++
    else if (char === '}') depth--
    if (depth > 1 || (depth === 1 && char !== ',')) continue
    if (depth === 0 || at > start) {
      alternatives.push(pattern.slice(from, at))
      from = at + 1
    }
    if (depth === 0) return { start, end: at + 1, alternatives }
  }
  return undefined
}

/**
 * Does a file's name, without its folder, match one part of a pattern? `*`, `?` and `[…]` do not match a dot at the beginning. A set that is not closed is a
 * plain bracket. Takes time in proportion to name times pattern, whatever they are.
 */
export function matchesGlob(pattern: string, name: string): boolean {
  if (name[0] === '.' && pattern[0] !== '.' && !pattern.startsWith('\\.')) return false
  const parts = tokens(pattern)
  let at = 0
  let part = 0
  let starPart = -1
  let starAt = 0
  while (at < name.length) {
    const token = parts[part]
    if (token === '*') {
      starPart = part++
      starAt = at
    } else if (token?.(name[at]!)) {
      part++
      at++
    } else if (starPart >= 0) {
      part = starPart + 1
      at = ++starAt
    } else return false
  }
  while (parts[part] === '*') part++
  return part === parts.length
}

type Token = '*' | ((char: string) => boolean)

function tokens(pattern: string): Token[] {
  const found: Token[] = []
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!
    if (char === '*') found.push('*')
    else if (char === '?') found.push(() => true)
    else if (char === '[') {
      const set = readSet(pattern, at)
      found.push(set ? set.matches : (one) => one === '[')
      if (set) at = set.end
    } else {
      const literal = char === '\\' && at + 1 < pattern.length ? pattern[++at]! : char
      found.push((one) => one === literal)
    }
  }
  return found
}

/** `[a-z]`, `[!a]`, `[^a]`, `[]a]`. @returns its last index too, or undefined when it is not closed */
function readSet(pattern: string, start: number): { matches: (char: string) => boolean; end: number } | undefined {
  let at = start + 1
  const isNegated = pattern[at] === '!' || pattern[at] === '^'
  if (isNegated) at++
  const ranges: [string, string][] = []
  for (let isFirst = true; at < pattern.length; isFirst = false) {
    if (pattern[at] === ']' && !isFirst) {
      return { matches: (char) => ranges.some(([low, high]) => char >= low && char <= high) !== isNegated, end: at }
    }
    if (pattern[at] === '\\' && at + 1 < pattern.length) at++
    const low = pattern[at]!
    const isRange = pattern[at + 1] === '-' && pattern[at + 2] !== undefined && pattern[at + 2] !== ']'
    ranges.push([low, isRange ? pattern[at + 2]! : low])
    at += isRange ? 3 : 1
  }
  return undefined
}
