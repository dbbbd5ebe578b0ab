import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigDocument } from '../../../../src/lib/asterisk-config/document.js'
import { MemoryFiles } from '../../../../src/lib/asterisk-config/files.js'
import { loadConfigStrictly } from '../../../../src/lib/asterisk-config/load.js'
import { encodeValue } from '../../../../src/lib/asterisk-config/safe-text.js'
import { type NewSection, writeConfig } from '../../../../src/lib/asterisk-config/write.js'
import { DataError } from '../../../../src/lib/errors.js'

const load = (bytes: Buffer) => loadConfigStrictly('x.conf', new MemoryFiles({ 'x.conf': bytes }))

/** Text that has all that is special, often. */
const special = fc.string({
  unit: fc.oneof(fc.constantFrom(...';-\\[](){}<>=+#,"\'$& '), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })),
  maxLength: 40
})

function isRefused(write: () => unknown): boolean {
  try {
    write()
    return false
  } catch (error) {
    expect(error).toBeInstanceOf(DataError)
    return true
  }
}

describe('the writer', () => {
  it('writes a file that says what was given', () => {
    const sections: NewSection[] = [
      { name: 'base', isTemplate: true, settings: [{ name: 'a', value: '1' }] },
      {
        name: 'phone',
        inherits: ['base'],
        comment: 'one\ntwo',
        settings: [{ name: 'exten', value: '1,1,NoOp(a;b)', operator: '=>' }]
      }
    ]
    expect(writeConfig(sections, 'top').toString()).toBe(
      '; top\n\n[base](!)\na = 1\n\n; one\n; two\n[phone](base)\nexten => 1,1,NoOp(a\\;b)\n'
    )
  })

  it('writes any value so that it is read back, or refuses it', () => {
    const setting = fc.record({ name: special, value: special, operator: fc.constantFrom('=' as const, '=>' as const) })
    let written = 0
    fc.assert(
      fc.property(fc.array(setting, { maxLength: 4 }), (given) => {
        const settings = given.filter((one) => !isRefused(() => writeConfig([{ name: 'a', settings: [one] }])))
        written += settings.length
        const bytes = writeConfig([{ name: 'a', settings }])
        const read = load(bytes)
        expect(read.problems).toEqual([])
        expect(
          read.sections[0]!.settings.map(({ name, value, isArrow }) => ({ name, value, operator: isArrow ? '=>' : '=' }))
        ).toEqual(settings)
        expect(ConfigDocument.parse(bytes, 'x').sections[0]!.settings.map(({ value }) => value)).toEqual(
          settings.map(({ value }) => value)
        )
      }),
      { numRuns: 1000 }
    )
    expect(written).toBeGreaterThan(300)
  })

  it('refuses no printable value but one with blanks at its ends', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (value) => {
        const isPrintable = !/[\x00-\x1f\x7f]/.test(value) && !/^ | $/.test(value)
        expect(isRefused(() => encodeValue(value))).toBe(!isPrintable)
      })
    )
  })

  it('names a section, a template and what it inherits from so that they are read back', () => {
    const names = fc.uniqueArray(special, { maxLength: 5, selector: (name) => name.toLowerCase() })
    fc.assert(
      fc.property(names, (given) => {
        const usable = given.filter((name) => !isRefused(() => writeConfig([{ name, settings: [] }])))
        const sections = usable.map((name, index) => ({
          name,
          isTemplate: index % 2 === 0,
          inherits: usable.slice(0, index),
          settings: []
        }))
        const read = load(writeConfig(sections)).sections
        expect(read.map(({ name, isTemplate, templates }) => ({ name, isTemplate, inherits: templates, settings: [] }))).toEqual(
          sections
        )
      })
    )
  })

  it.each([
    ['a line break', 'x\ny'],
    ['a carriage return', 'x\ry'],
    ['a NUL byte', 'x\0'],
    ['a tab', 'x\ty'],
    ['a delete', 'x\x7f'],
    ['a blank before', ' x'],
    ['a blank behind', 'x '],
    ['half a character', '\ud800'],
    ['more than a line', 'å'.repeat(4095)]
  ])('refuses %s, and does not show the value', (_, value) => {
    const write = () => writeConfig([{ name: 'a', settings: [{ name: 'k', value }] }])
    expect(write).toThrow(DataError)
    expect(write).not.toThrow(value)
  })

  it.each(['', ' a', 'a=b', 'a;b', '[a', '#include', '\\a', 'a+', 'a\nb'])('refuses the name %j', (name) => {
    expect(() => writeConfig([{ name: 'a', settings: [{ name, value: '' }] }])).toThrow(DataError)
  })

  it.each(['', 'a b', 'a]', '[a', 'a;b', 'a(b', 'a)', 'a,b', '!', '+a', 'å'.repeat(40), 'a\n'])(
    'refuses the section %j',
    (name) => {
      expect(() => writeConfig([{ name, settings: [] }])).toThrow(DataError)
    }
  )
})
