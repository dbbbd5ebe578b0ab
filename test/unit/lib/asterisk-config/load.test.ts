import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryFiles } from '../../../../src/lib/asterisk-config/files.js'
import { expandBraces, matchesGlob } from '../../../../src/lib/asterisk-config/glob.js'
import { loadConfig, loadConfigStrictly } from '../../../../src/lib/asterisk-config/load.js'
import { describeProblem } from '../../../../src/lib/asterisk-config/problem.js'
import { ConfigError } from '../../../../src/lib/errors.js'

const load = (files: Record<string, string | Uint8Array>) => loadConfig('main.conf', new MemoryFiles(files))
const codes = (files: Record<string, string>) => load(files).problems.map(({ code }) => code)

describe('a configuration', () => {
  it('names the file and the line of what is wrong, also in an included file', () => {
    const files = { 'main.conf': '[a]\n#include one.conf\nk\n', 'one.conf': 'i=1\n[b](none)\n' }
    expect(load(files).problems.map(describeProblem)).toEqual([
      '/etc/asterisk/one.conf:2: Section [none] is to be inherited from, but there is none before this line',
      '/etc/asterisk/main.conf:3: No = in this line'
    ])
    expect(load(files).isValid).toBe(true)
    expect(load(files).files).toEqual(['/etc/asterisk/main.conf', '/etc/asterisk/one.conf'])
    const strictly = () => loadConfigStrictly('main.conf', new MemoryFiles(files))
    expect(strictly).toThrow(ConfigError)
    expect(strictly).toThrow('/etc/asterisk/one.conf:2: ')
  })

  it('says where a setting was written, in a template of another file too', () => {
    const { sections } = load({ 'main.conf': '#include t.conf\n[a](t)\nm=2\n', 't.conf': '\n[t](!)\nk=1\n' })
    expect(sections[1]!.settings.map(({ name, file, line, isInherited }) => [name, file, line, isInherited])).toEqual([
      ['k', '/etc/asterisk/t.conf', 3, true],
      ['m', '/etc/asterisk/main.conf', 3, false]
    ])
  })

  it('is missing', () => {
    expect(loadConfig('none.conf', new MemoryFiles({}))).toMatchObject({ isValid: false, problems: [{ code: 'file-missing' }] })
  })

  it('never runs #exec', () => expect(codes({ 'main.conf': '[a]\n#exec /bin/false\n' })).toEqual(['exec-not-run']))

  it.each([
    ['a section that inherits from itself', { 'main.conf': '[a]\nk=1\n[a](+,a)\n' }, 'inherits-itself'],
    ['129 block comments', { 'main.conf': ';-- '.repeat(129) }, 'nested-too-deep'],
    [
      'templates that double',
      { 'main.conf': `[t0]\nk=1\n${Array.from({ length: 40 }, (_, at) => `[t${at + 1}](t${at},t${at})`).join('\n')}` },
      'too-large'
    ],
    ['a file that includes itself three times', { 'main.conf': '[a]\n'.concat('#tryinclude main.conf\n'.repeat(3)) }, 'too-large']
  ])('gives up, where Asterisk would not come back: %s', (_, files, code) => {
    const { isValid, problems } = load(files)
    expect([isValid, problems.filter(({ severity }) => severity === 'error').map((problem) => problem.code)]).toEqual([
      false,
      [code]
    ])
  })

  it('never fails, whatever the bytes are', () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      '(',
      ')',
      '!',
      '+',
      ',',
      'a',
      '#include main.conf',
      '#tryinclude *',
      '=',
      ';',
      '--',
      '\\',
      '\n',
      '\0',
      '\r',
      '{',
      '[a]\n',
      'TEMPLATES=include',
      '\xff'
    )
    const pieces = fc.array(piece, { maxLength: 40 }).map((all) => Buffer.from(all.join(''), 'latin1'))
    fc.assert(
      fc.property(fc.oneof(pieces, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const config = load({ 'main.conf': bytes })
        expect(config.isValid || config.problems.some(({ severity }) => severity === 'error')).toBe(true)
      }),
      { numRuns: 300 }
    )
  })
})

describe('a glob', () => {
  it('matches as glob(3)', () => {
    const names = ['a', 'ab', '.a', '[', 'a]', 'b', '-', '*']
    const matching = (pattern: string) => names.filter((name) => matchesGlob(pattern, name))
    expect(matching('*')).toEqual(['a', 'ab', '[', 'a]', 'b', '-', '*'])
    expect(matching('.*')).toEqual(['.a'])
    expect(matching('a?')).toEqual(['ab', 'a]'])
    expect(matching('[!a]')).toEqual(['[', 'b', '-', '*'])
    expect(matching('[a-b]*')).toEqual(['a', 'ab', 'a]', 'b'])
    expect(matching('[]a-]')).toEqual(['a', '-'])
    expect(matching('[')).toEqual(['['])
    expect(matching('\\*')).toEqual(['*'])
    expect(matching('*a*b*')).toEqual(['ab'])
  })

  it('expands braces, inside one another, and no more than it has to', () => {
    expect(expandBraces('a{b,c{d,e}}f{}{x')).toEqual(['abf{}{x', 'acdf{}{x', 'acef{}{x'])
    expect(expandBraces('{a,b}'.repeat(30)).length).toBeLessThan(5000)
  })

  it('takes no long for what is made to take long', () => {
    expect(matchesGlob('*a'.repeat(100), 'a'.repeat(99))).toBe(false)
  })
})
