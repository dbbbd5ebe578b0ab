import { RE2JS } from 're2js'
import { decode, encode } from '../../asterisk-config/text.js'

/** What regexec says: where it begins, how many bytes it has, and the first group. */
export interface RegexMatch {
  readonly start: number
  readonly length: number
  /** Undefined when the first group has no part in it, or there is none. */
  readonly firstGroup: string | undefined
}

export interface PosixRegex {
  readonly groupCount: number
  exec(text: string): RegexMatch | undefined
}

/**
 * POSIX extended regular expressions as glibc has them in a locale of UTF-8: the leftmost match, and the longest of these; a backslash within brackets is one. Strings have one
 * character a byte, and a dot matches all bytes of a character. They run in linear time, since a caller may be who says what is matched. Back references (`\1`) are refused.
 * @returns undefined when Asterisk could not compile it, or we cannot
 */
export function compilePosix(pattern: string): PosixRegex | undefined {
  const translated = translate(pattern)
  if (translated === undefined) return undefined
  try {
    const compiled = RE2JS.compile(decode(translated), RE2JS.DOTALL | RE2JS.LONGEST_MATCH)
    return {
      groupCount: compiled.groupCount(),
      exec(text) {
        const matcher = compiled.matcher(decode(text))
        if (!matcher.find()) return undefined
        const firstGroup = compiled.groupCount() > 0 ? (matcher.group(1) ?? undefined) : undefined
        return {
          start: matcher.start(),
          length: encode(matcher.group() ?? '').length,
          firstGroup: firstGroup === undefined ? undefined : encode(firstGroup)
        }
      }
    }
  } catch {
    return undefined
  }
}

/** Into the words of RE2. */
function translate(pattern: string): string | undefined {
  let done = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!
    if (char === '[') {
      const end = endOfBrackets(pattern, at)
      if (end < 0) return undefined
      done += brackets(pattern.slice(at + 1, end))
      at = end
    } else if (char === '\\') {
      const escaped = translateEscape(pattern[++at])
      if (escaped === undefined) return undefined
      done += escaped
    } else if (char === '(' && pattern[at + 1] === '?') {
      // `(?` begins something in RE2; in POSIX the question mark has nothing to repeat, which glibc bears.
      done += '('
      at++
    } else if (char === '{' && !/^\{\d*(,\d*)?\}/.test(pattern.slice(at))) done += '\\{'
    else if (/[*+?]/.test(char) && /[*+?]$/.test(done) && !done.endsWith(`\\${done.at(-1)}`)) done = `(?:${done})${char}`
    else done += char
  }
  return done
}

function translateEscape(char: string | undefined): string | undefined {
  if (char === undefined || /[1-9]/.test(char)) return undefined
  if (/[wWsSbB]/.test(char)) return `\\${char}`
  if (char === '<' || char === '>') return '\\b'
  // Any other letter stands for itself in glibc.
  return /[a-zA-Z]/.test(char) ? char : `\\${char}`
}

/** A closing bracket that comes first is a member. */
function endOfBrackets(pattern: string, open: number): number {
  let at = open + 1
  if (pattern[at] === '^') at++
  if (pattern[at] === ']') at++
  for (; at < pattern.length; at++) {
    const named = /^\[([:.=]).*?\1\]/.exec(pattern.slice(at))
    if (named) at += named[0].length - 1
    else if (pattern[at] === ']') return at
  }
  return -1
}

function brackets(inside: string): string {
  const isNegated = inside.startsWith('^')
  let members = ''
  const text = isNegated ? inside.slice(1) : inside
  for (let at = 0; at < text.length; at++) {
    const named = /^\[:[a-z]+:\]/.exec(text.slice(at))
    if (named) {
      members += named[0]
      at += named[0].length - 1
    } else members += /[\\[\]^]/.test(text[at]!) ? `\\${text[at]}` : text[at]
  }
  return `[${isNegated ? '^' : ''}${members}]`
}
