import type { Substitution } from './substitutions.js'

/** A part of a text, and where it begins in it. */
export interface Part {
  readonly text: string
  readonly start: number
}

/**
 * Cuts a part at a separator as applications cut their data (app.c): not inside parentheses, brackets and quotes. What is put in is one piece here, because Asterisk
 * puts it in before it cuts; that its value may bring separators along is what the rules of injection are about.
 */
export function splitPart(
  text: string,
  { start, end }: { start: number; end: number },
  separator: string,
  substitutions: readonly Substitution[],
  { most = Number.POSITIVE_INFINITY, isFlat = false } = {}
): Part[] {
  if (start >= end) return []
  const skips = new Map(substitutions.map((one) => [one.start, one.end]))
  const parts: Part[] = []
  let from = start
  let depth = 0
  let isQuoted = false
  for (let at = start; at < end; at++) {
    const skip = skips.get(at)
    const char = text[at]!
    if (skip !== undefined) at = skip - 1
    else if (char === separator && (isFlat || (depth === 0 && !isQuoted)) && parts.length + 1 < most) {
      parts.push({ text: text.slice(from, at), start: from })
      from = at + 1
    } else if (isFlat) continue
    else if (char === '\\') at++
    else if (char === '"') isQuoted = !isQuoted
    else if (char === '(' || char === '[') depth++
    else if (char === ')' || char === ']') depth = Math.max(0, depth - 1)
  }
  parts.push({ text: text.slice(from, end), start: from })
  return parts
}

/** Without blanks at both ends. */
export function trimPart({ text, start }: Part): Part {
  const left = text.length - text.trimStart().length
  return { text: text.trim(), start: start + left }
}

/** The substitutions that stand in a part. */
export function within(substitutions: readonly Substitution[], { text, start }: Part): Substitution[] {
  if (substitutions.length === 0) return []
  return substitutions.filter((one) => one.start >= start && one.end <= start + text.length)
}
