import { extensionKey, setRanges } from './pattern-key.js'

/**
 * What is asked of an extension. `match`: is it this number? `canmatch`: could it be, with no or more digits? `matchmore`: could it be with more digits?
 * WaitExten and overlap dialling ask the last two.
 */
export type MatchMode = 'match' | 'canmatch' | 'matchmore'

/** `early` is that of a pattern that ends with `!`: it matches, and no more digits are waited for. */
export type MatchOutcome = 'no' | 'yes' | 'early'

/**
 * Does a number match an extension, as Asterisk 22 has it (pbx.c, _extension_match_core)? Both have one character a byte. Dashes do not count in either, but inside a set.
 * @param pattern a plain extension, or a pattern with its underscore
 */
export function matchExtension(pattern: string, number: string, mode: MatchMode = 'match'): MatchOutcome {
  return pattern[0] === '_'
    ? matchPattern(pattern, number, mode)
    : matchPlain(withoutDashes(pattern), withoutDashes(number), mode)
}

export function withoutDashes(text: string): string {
  return text.includes('-') ? text.replaceAll('-', '') : text
}

function matchPlain(extension: string, number: string, mode: MatchMode): MatchOutcome {
  if (mode === 'match') return yes(extension === number)
  return yes(extension.startsWith(number) && (mode === 'canmatch' || extension.length > number.length))
}

function yes(is: boolean): MatchOutcome {
  return is ? 'yes' : 'no'
}

function matchPattern(pattern: string, number: string, mode: MatchMode): MatchOutcome {
  // A pattern that is looked for by its own name is found, and so is one that stands for the same numbers.
  if (mode === 'match' && number[0] === '_' && extensionKey(pattern) === extensionKey(number)) return 'yes'
  let at = skipDashes(pattern, 1)
  let digit = skipDashes(number, 0)
  // Something behind a slash would be a caller id; the pattern ends there.
  while (digit < number.length && at < pattern.length && pattern[at] !== '/') {
    if (pattern[at] === '.') return 'yes'
    if (pattern[at] === '!') return 'early'
    if (pattern[at] === '[') {
      const end = pattern.indexOf(']', at)
      if (end < 0) return 'no'
      const inside = pattern.slice(at + 1, end)
      at = skipDashes(pattern, end + 1)
      // An empty set is passed over, and the number stays where it is.
      if (inside === '') continue
      if (!isInSet(inside, signed(number.charCodeAt(digit)))) return 'no'
    } else {
      if (!matchesOne(pattern[at]!, number[digit]!)) return 'no'
      at = skipDashes(pattern, at + 1)
    }
    digit = skipDashes(number, digit + 1)
  }
  if (digit < number.length) return 'no'
  if (at >= pattern.length || pattern[at] === '/') return yes(mode !== 'matchmore')
  if (pattern[at] === '!') return 'early'
  return yes(mode !== 'match')
}

function skipDashes(text: string, from: number): number {
  let at = from
  while (text[at] === '-') at++
  return at
}

function matchesOne(letter: string, digit: string): boolean {
  switch (letter) {
    case 'n':
    case 'N':
      return digit >= '2' && digit <= '9'
    case 'x':
    case 'X':
      return digit >= '0' && digit <= '9'
    case 'z':
    case 'Z':
      return digit >= '1' && digit <= '9'
    default:
      return letter === digit
  }
}

/** Asterisk compares signed bytes here, so that no range holds a byte above 127 together with one below. */
function isInSet(inside: string, digit: number): boolean {
  return setRanges(inside).some(([first, last]) => digit >= signed(first) && digit <= signed(last))
}

function signed(byte: number): number {
  return byte > 127 ? byte - 256 : byte
}
