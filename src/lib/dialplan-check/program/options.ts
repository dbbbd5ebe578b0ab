import type { Part } from '../text/split.js'
import { blank, type Substitution } from '../text/substitutions.js'

/** One letter of an application's options, with what stands in its parentheses. */
export interface Option {
  readonly letter: string
  readonly start: number
  readonly argument: Part | undefined
}

/**
 * Reads options as ast_app_parse_options does: letters, each of which may have an argument in parentheses.
 * @returns undefined when a part is put in: then nobody knows the letters
 */
export function readOptions(
  text: string,
  { text: options, start }: Part,
  substitutions: readonly Substitution[]
): Option[] | undefined {
  const end = start + options.length
  const skeleton = blank(
    text,
    start,
    end,
    substitutions.filter((one) => one.start >= start && one.end <= end)
  )
  const found: Option[] = []
  for (let at = 0; at < skeleton.length; at++) {
    const letter = skeleton[at]!
    if (letter === '\x01') return undefined
    if (letter === ' ' || letter === '"') continue
    const close = skeleton[at + 1] === '(' ? closing(skeleton, at + 1) : undefined
    const argument = close === undefined ? undefined : { text: text.slice(start + at + 2, start + close), start: start + at + 2 }
    found.push({ letter, start: start + at, argument })
    if (close !== undefined) at = close
  }
  return found
}

function closing(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '(') depth++
    else if (text[at] === ')' && --depth === 0) return at
  }
  return text.length
}
