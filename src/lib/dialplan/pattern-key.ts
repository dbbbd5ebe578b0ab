/**
 * Keys that sort extensions as Asterisk 22 does (pbx.c, ext_cmp): comparing two keys with `<` says which one is tried first, and equal keys are one extension to Asterisk.
 * Strings have one character a byte. Plain extensions come before patterns; dashes outside sets do not count; `n`, `x` and `z` are `N`, `X` and `Z`.
 */
export function extensionKey(extension: string): string {
  return extension[0] === '_' ? `1${patternKey(extension.slice(1))}` : `0${plainKey(extension)}`
}

/** Asterisk compares signed bytes: those above 127 come before the end of the text, which comes before all others. */
function plainKey(extension: string): string {
  let key = ''
  for (let at = 0; at < extension.length; at++) {
    const byte = extension.charCodeAt(at)
    if (byte !== dash) key += String.fromCharCode((byte ^ 0x80) & 0xff)
  }
  return key + String.fromCharCode(0x80)
}

const dash = 0x2d

/** The values by which ext_cmp_pattern_pos has what is no set of characters come after all sets. A set has its size times 256 and its lowest byte. */
const special = { dot: 0x18000, bang: 0x28000, end: 0x30000, broken: 0x40000 } as const

/** Position by position: the value of the set, then its bytes, of which a lower one comes first. */
function patternKey(pattern: string): string {
  const key: string[] = []
  for (let at = 0; ; ) {
    const position = readPosition(pattern, at)
    key.push(String.fromCharCode(position.value >> 16, position.value & 0xffff), lowestFirst(position.bytes))
    if (position.value === special.end) return key.join('')
    at = position.next
  }
}

interface Position {
  readonly value: number
  readonly bytes: readonly number[]
  readonly next: number
}

function readPosition(pattern: string, start: number): Position {
  let at = start
  for (;;) {
    while (pattern.charCodeAt(at) === dash) at++
    const char = pattern[at]
    at++
    if (char === undefined) return { value: special.end, bytes: [], next: at }
    if (char === '.') return { value: special.dot, bytes: [], next: at }
    if (char === '!') return { value: special.bang, bytes: [], next: at }
    if (char !== '[') return { ...valued(ofLetter(char)), next: at }
    const end = pattern.indexOf(']', at)
    if (end < 0) return { value: special.broken, bytes: [], next: at }
    const inside = pattern.slice(at, end)
    const bytes = ofSet(inside)
    at = end + 1
    // An empty set is as if it were not there. So is one like [9-0], whose range is the wrong way round.
    if (bytes.length > 0) return { ...valued(bytes, lowestNamed(inside)), next: at }
  }
}

function valued(bytes: readonly number[], lowest = bytes[0]!): Omit<Position, 'next'> {
  return { value: bytes.length * 0x100 + lowest, bytes }
}

function ofLetter(char: string): number[] {
  if (/[nN]/.test(char)) return range(0x32, 0x39)
  if (/[xX]/.test(char)) return range(0x30, 0x39)
  if (/[zZ]/.test(char)) return range(0x31, 0x39)
  return [char.charCodeAt(0)]
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)
}

/** The ranges of a set. A dash at its beginning or its end is one character. */
export function setRanges(inside: string): (readonly [first: number, last: number])[] {
  const ranges: [number, number][] = []
  for (let at = 0; at < inside.length; at++) {
    const isRange = at + 2 < inside.length && inside[at + 1] === '-'
    ranges.push([inside.charCodeAt(at), inside.charCodeAt(isRange ? at + 2 : at)])
    if (isRange) at += 2
  }
  return ranges
}

function ofSet(inside: string): number[] {
  return [...new Set(setRanges(inside).flatMap(([first, last]) => range(first, last)))].sort((a, b) => a - b)
}

/** What counts as a set's lowest byte: a range that is the wrong way round has none, and gives its first one all the same. */
function lowestNamed(inside: string): number {
  return Math.min(...setRanges(inside).map(([first]) => first))
}

/** 32 bytes with a bit for each byte of the set, the lowest first and set bits first in order. */
function lowestFirst(bytes: readonly number[]): string {
  const bits = new Uint16Array(16).fill(0xffff)
  for (const byte of bytes) bits[byte >> 4]! &= ~(0x8000 >> (byte & 15))
  return String.fromCharCode(...bits)
}
