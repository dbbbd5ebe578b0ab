import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeControls, escapeControlsInLines, safeJson } from '../../../../src/lib/cli/terminal-text.js'

const controls = [...Array(0x20).keys(), 0x7f, ...Array.from({ length: 0x20 }, (_, i) => 0x80 + i)].map((code) =>
  String.fromCharCode(code)
)
const marks = [...'\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069']

describe('escapeControls', () => {
  it.each([...controls, ...marks])('shows %j escaped', (character) => {
    const escaped = escapeControls(`a${character}b`)
    expect(escaped).toMatch(/^a\\(n|r|t|x[0-9a-f]{2}|u[0-9a-f]{4})b$/)
    expect(JSON.parse(`"${escaped.replace('\\x', '\\u00')}"`)).toBe(`a${character}b`)
  })

  it('takes the power from an escape sequence', () => {
    expect(escapeControls('\u001b]0;title\u0007\u009b2J')).toBe('\\x1b]0;title\\x07\\x9b2J')
  })

  it('leaves other text as it is', () => {
    for (const text of ['plain', 'Иван', '😀', 'é \u00a0', '\\x1b', 'עברית']) expect(escapeControls(text)).toBe(text)
  })

  it('leaves nothing that a terminal obeys in any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeControls(text)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
      })
    )
  })
})

describe('escapeControlsInLines', () => {
  it('keeps line feeds and tabs, and nothing else', () => {
    const kept = controls.filter((character) => escapeControlsInLines(character) === character)
    expect(kept).toEqual(['\t', '\n'])
    expect(marks.filter((character) => escapeControlsInLines(character) === character)).toEqual([])
  })
})

describe('safeJson', () => {
  it('has no control, separator or mark of direction as such', () => {
    const json = safeJson({ [controls.join('')]: [...controls, ...marks].join('') })
    expect(json).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(json)).toEqual({ [controls.join('')]: [...controls, ...marks].join('') })
  })

  it('is the same value for any value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
        expect(JSON.parse(safeJson(value, indent))).toEqual(JSON.parse(JSON.stringify(value)))
      })
    )
  })

  it('is indented when asked', () => {
    expect(safeJson({ a: 1 }, 2)).toBe('{\n  "a": 1\n}')
    expect(safeJson({ a: 1 })).toBe('{"a":1}')
  })
})
