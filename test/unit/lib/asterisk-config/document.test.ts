import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigDocument } from '../../../../src/lib/asterisk-config/document.js'
import { DataError } from '../../../../src/lib/errors.js'

const parse = (text: string | Uint8Array) => ConfigDocument.parse(Buffer.from(text), 'site.ini')
const text = (document: ConfigDocument) => document.toBytes().toString()

const site = `; our site
[site]
domain = example.com   ; the outside name
country_code=46

; people

[user:john.doe]
  number  =>  +12025550160
  secret = a\\;b ;-- not this --; ; nor this

; the last one
[user:anna]
number = +12025550161
`

describe('a document that is edited', () => {
  it('finds values in any case of the names, with dots and escaped semicolons', () => {
    const document = parse(site)
    expect(document.get('USER:john.doe', 'Number')).toBe('+12025550160')
    expect(document.get('user:john.doe', 'secret')).toBe('a;b')
    expect(document.get('site', 'nothing')).toBeUndefined()
    expect(document.get('nobody', 'number')).toBeUndefined()
    expect(document.sections.map(({ name, line }) => [name, line])).toEqual([
      ['site', 2],
      ['user:john.doe', 8],
      ['user:anna', 13]
    ])
  })

  it('changes a value and not one other byte, however the line is written', () => {
    const document = parse(site)
    document.set('site', 'domain', 'a;b')
    document.set('site', 'country_code', '1')
    document.set('user:john.doe', 'number', '+1')
    document.set('user:john.doe', 'secret', ';new')
    const changes: [string, string][] = [
      ['example.com', 'a\\;b'],
      ['=46', '=1'],
      ['+12025550160', '+1'],
      ['a\\;b ;--', '\\;new ;--']
    ]
    expect(text(document)).toBe(changes.reduce((all, [from, to]) => all.replace(from, to), site))
    document.set('user:john.doe', 'secret', 'again')
    expect(document.get('user:john.doe', 'secret')).toBe('again')
    expect(text(document)).toContain('  secret = again ;-- not this --; ; nor this\n')
  })

  it('fills and empties a value, and keeps a > at its beginning a part of it', () => {
    const document = parse('[a]\nk=\nm=1\n')
    document.set('a', 'k', '>x')
    document.set('a', 'm', '>y')
    expect(text(document)).toBe('[a]\nk= >x\nm= >y\n')
    document.set('a', 'm', '')
    expect(text(document)).toBe('[a]\nk= >x\nm= \n')
    expect(document.getAll('a', 'm')).toEqual([''])
  })

  it('adds a setting behind the last one of its section, written alike', () => {
    const document = parse(site)
    document.set('site', 'user_agent', 'Ours')
    document.add('user:john.doe', { name: 'email', value: 'j@example.com' })
    document.add('user:anna', { name: 'number', value: '2' })
    expect(text(document)).toBe(
      site
        .replace('country_code=46\n', 'country_code=46\nuser_agent=Ours\n')
        .replace('; nor this\n', '; nor this\n  email = j@example.com\n')
        .replace('61\n', '61\nnumber = 2\n')
    )
  })

  it('adds to a section that has no settings, and to a file without a last line end, with its own line ends', () => {
    const document = parse('\ufeff[a]\r\n; nothing')
    document.add('a', { name: 'k', value: 'v' })
    document.addSection({ name: 'b', settings: [{ name: 'm', value: '1' }], comment: 'new' })
    expect(text(document)).toBe('\ufeff[a]\r\nk = v\r\n; nothing\r\n\r\n; new\r\n[b]\r\nm = 1\r\n')
  })

  it('removes a setting with its line, the one that is meant', () => {
    const document = parse('[a]\nk=1\nk=2 ; two\nk=3\n[A]\nk=4\n')
    document.remove('a', 'k', { setting: 1 })
    document.remove('a', 'k', { section: 1 })
    expect(text(document)).toBe('[a]\nk=1\nk=3\n[A]\n')
    expect(() => document.remove('a', 'none')).toThrow(DataError)
  })

  it('removes a section, and leaves the comment of the next one', () => {
    const document = parse(site)
    document.removeSection('user:john.doe')
    expect(text(document)).toBe(site.slice(0, site.indexOf('[user:john')) + site.slice(site.indexOf('; the last')))
  })

  it('puts a section before another one and its comment', () => {
    const document = parse(site)
    document.addSection({ name: 'user:ben', settings: [] }, { before: 'user:anna' })
    expect(text(document)).toBe(site.replace('; the last', '[user:ben]\n\n; the last'))
  })

  it.each([
    ['[a]\nk=1 ;-- begins\n--;\nm=1\n', (d: ConfigDocument) => d.remove('a', 'k')],
    ['[a]\nk=1 ;-- begins\n', (d: ConfigDocument) => d.add('a', { name: 'm', value: '' })],
    ['[a]\nk=1\n;-- begins\n', (d: ConfigDocument) => d.addSection({ name: 'b', settings: [] })],
    ['[a]\n#include x\n', (d: ConfigDocument) => d.removeSection('a')],
    ['[a]\n', (d: ConfigDocument) => d.set('b', 'k', 'v')],
    ['[a]\nk=1\n', (d: ConfigDocument) => d.set('a', 'k', 'x\nm=2')],
    ['[a]\nk=1\n', (d: ConfigDocument) => d.set('a', 'k', ' x')],
    ['[a]\nk=1\n', (d: ConfigDocument) => d.set('a', 'k', 'x'.repeat(8190))],
    ['[a]\nk=1\n', (d: ConfigDocument) => d.set('a', 'k=', 'x')],
    ['[a]\nk=1\n', (d: ConfigDocument) => d.addSection({ name: 'b](+', settings: [] })]
  ])('refuses what would change more than it says: %j', (before, change) => {
    const document = parse(before)
    expect(() => change(document)).toThrow(DataError)
    expect(text(document)).toBe(before)
  })

  it('keeps any bytes', () => {
    const piece = fc.constantFrom(
      '[a]\n',
      '[b](!)\r\n',
      'k=v\n',
      ';--',
      '--;',
      ';',
      '\\',
      '#include x\n',
      '\0',
      '\r',
      '\n',
      'x'.repeat(8190),
      '=',
      ' '
    )
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.from(pieces.join('')))
    )
    fc.assert(fc.property(bytes, (given) => parse(given).toBytes().equals(Buffer.from(given))))
  })

  it('changes, in any file, only the value of one setting, or refuses', () => {
    const word = fc.constantFrom('k', 'm', ' ', '=', '=>', '+=', ';', ';--', '--;', '\\', '\\;', '>', 'v', '\t', '"', 'å')
    const line = fc.array(word, { maxLength: 8 }).map((words) => words.join(''))
    const lines = fc.array(fc.oneof(line, fc.constant('[a]')), { maxLength: 8 })
    const value = fc
      .array(fc.constantFrom('a', ';', '-', '>', '\\', '=', ' ', '[', 'å'), { maxLength: 6 })
      .map((all) => all.join(''))
    fc.assert(
      fc.property(lines, value, (given, wanted) => {
        const before = `[a]\nk = 1\n${given.join('\n')}\n`
        const document = parse(before)
        const others = document.sections.flatMap(({ settings }) => settings)
        const index = others.length - 1
        const last = document.sections.findLast(({ settings }) => settings.length > 0)!
        const which = { section: document.sections.findLastIndex(({ settings }) => settings.length > 0), setting: 0 }
        try {
          which.setting = document.getAll('a', last.settings.at(-1)!.name, which).length - 1
          document.set('a', last.settings.at(-1)!.name, wanted, which)
        } catch (error) {
          expect(error).toBeInstanceOf(DataError)
          expect(text(document)).toBe(before)
          return
        }
        const after = document.sections.flatMap(({ settings }) => settings)
        expect(after).toEqual(others.with(index, { ...others[index]!, value: wanted }))
        const number = others[index]!.line - 1
        expect(text(document).split('\n').toSpliced(number, 1)).toEqual(before.split('\n').toSpliced(number, 1))
      }),
      { numRuns: 500 }
    )
  })
})
