/**
 * What a caller may have put into a text. `any`: all there is. `quoted`: anything, in the quotation marks of QUOTE(). A set: these characters only. Undefined: nothing of a
 * caller's.
 */
export type Taint = 'any' | 'quoted' | ReadonlySet<string> | undefined

export function join(a: Taint, b: Taint): Taint {
  if (a === undefined || a === b) return b
  if (b === undefined) return a
  if (a === 'any' || b === 'any' || a === 'quoted' || b === 'quoted') return 'any'
  return new Set([...a, ...b])
}

/** Where what a caller sends would do harm. */
export type Sink = 'dial' | 'goto' | 'shell' | 'agi' | 'file'

/** The characters that do it. In a shell all but a few do. */
const harmful: Readonly<Record<Sink, (char: string) => boolean>> = {
  dial: (char) => '&,()^|'.includes(char),
  goto: (char) => ',()'.includes(char),
  shell: (char) => !/[A-Za-z0-9_.+:@=/-]/.test(char),
  agi: (char) => char === ',',
  file: (char) => char === '/'
}

export function isHarmful(taint: Taint, sink: Sink): boolean {
  if (taint === undefined) return false
  if (taint === 'any') return true
  if (taint === 'quoted') return sink !== 'agi'
  return [...taint].some(harmful[sink])
}

/** The characters that FILTER() lets through (func_strings.c, filter): `0-9`, `\-`, `\x2b`. */
export function filterSet(text: string): ReadonlySet<string> {
  const chars: { char: string; isEscaped: boolean }[] = []
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\\') {
      chars.push({ char: text[at]!, isEscaped: false })
      continue
    }
    const hex = /^x([0-9a-f]{2})/i.exec(text.slice(at + 1))
    const named: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }
    const next = text[at + 1] ?? ''
    chars.push({ char: hex ? String.fromCharCode(Number.parseInt(hex[1]!, 16)) : (named[next] ?? next), isEscaped: true })
    at += hex ? 3 : 1
  }
  const found = new Set<string>()
  for (let at = 0; at < chars.length; at++) {
    const isRange = at + 2 < chars.length && chars[at + 1]!.char === '-' && !chars[at + 1]!.isEscaped
    const first = chars[at]!.char.charCodeAt(0)
    const last = isRange ? chars[at + 2]!.char.charCodeAt(0) : first
    for (let code = first; code <= last; code++) found.add(String.fromCharCode(code))
    if (isRange) at += 2
  }
  return found
}
