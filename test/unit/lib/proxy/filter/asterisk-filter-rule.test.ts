import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRule, EventFilterError, maximumPatternBytes } from '../../../../../src/lib/proxy/filter/asterisk-filter-rule.js'

function compile(pattern: string): ReturnType<typeof compileRule> {
  return compileRule({ exclude: false, eventName: undefined, header: undefined, method: 'regex', pattern })
}

function matches(pattern: string, text: string): boolean {
  const { regex } = compile(pattern)
  return regex ? regex.test(text) : text.includes(pattern)
}

function refusal(pattern: string): EventFilterError {
  try {
    compile(pattern)
  } catch (error) {
    if (error instanceof EventFilterError) return error
    throw error
  }
  throw new Error(`${pattern} was taken`)
}

/** What glibc 2.36 says (regcomp with REG_EXTENDED | REG_NOSUB, regexec, locale C.UTF-8): pattern, what matches, what does not. */
const glibc: readonly (readonly [pattern: string, yes: readonly string[], no: readonly string[]])[] = [
  ['a.b', ['a\nb', 'a\rb', 'aéb'], ['ab']],
  ['^b', ['b'], ['a\nb']],
  ['a$', ['a'], ['a\n', 'a\r\n']],
  ['x|^b|c$', ['b', 'c', 'ax'], ['ab', 'cb']],
  ['\\d', ['d'], ['1']],
  ['\\n\\r\\t', ['nrt'], ['\n\r\t']],
  ['[\\d]', ['\\', 'd'], ['1']],
  ['[]a]', [']', 'a'], ['[']],
  ['[^]a]', ['['], [']', 'a']],
  ['^[a-]$', ['a', '-'], ['b']],
  ['^[%--]$', ['%', '-', '+'], ['.']],
  ['[[:alpha:]_]', ['a', '_', 'é'], ['1', '-']],
  ['[[:space:][:digit:]]', ['\v', '7'], ['a']],
  ['[[.-.]-/]', ['-', '.', '/'], [',']],
  ['[[=a=]]', ['a'], ['b', '=']],
  ['^a+?b', ['b', 'aab'], ['cb']],
  ['^a**$', ['', 'aaa'], ['b']],
  ['^a{,2}$', ['', 'aa'], ['aaa']],
  ['^a{2,}$', ['aa', 'aaaa'], ['a']],
  ['^(ab){2}$', ['abab'], ['ab']],
  ['^a{0}b', ['b'], ['ab']],
  ['a)b}', ['a)b}'], ['ab']],
  ['()|a', ['', 'b'], []],
  ['^(|a)b', ['b', 'ab'], ['cb']],
  ['\\(a\\|b\\)\\{1\\}', ['(a|b){1}'], ['a']],
  ['\\w\\W', ['a-', '_ '], ['ab', '--']],
  ['\\s\\S', [' a'], ['  ', 'aa']],
  ['\\bb\\B', ['a bc'], ['abc', 'b']],
  ["\\`a\\'", ['a'], ['ab', 'ba']],
  [
    'Channel: (PJ)?SIP/(james|jim|john)-',
    ['Channel: SIP/jim-1', 'Channel: PJSIP/john-2'],
    ['channel: SIP/jim-1', 'Channel: SIP/joe-1']
  ]
]

describe('a regular expression', () => {
  for (const [pattern, yes, no] of glibc) {
    it(`matches as in glibc: ${JSON.stringify(pattern)}`, () => {
      expect(yes.filter((text) => !matches(pattern, text))).toEqual([])
      expect(no.filter((text) => matches(pattern, text))).toEqual([])
    })
  }

  for (const pattern of [
    ...[
      '*a',
      'a|*b',
      '(*a)',
      '(?:a)',
      '(?i)a',
      '^*',
      '\\b+',
      '{1}',
      '(a',
      'a\\',
      '[a',
      '[]',
      '[^]',
      '[[:alpha:]',
      '[[:letter:]]'
    ],
    ...[
      '[[.ab.]]',
      '[b-a]',
      '[a-z-9]',
      '[[:digit:]-z]',
      'a{',
      'a{}',
      'a{x}',
      'a{2,1}',
      'a{1',
      'a{ 1}',
      'a{40000}',
      '\\1',
      '((a)\\1)'
    ]
  ]) {
    it(`is refused as in glibc: ${pattern}`, () => {
      expect(refusal(pattern).answer).toBe('Filter did not compile.  Check the syntax of the filter given.')
      expect(refusal(pattern).message).toContain(`Unable to compile regex filter for '${pattern}'`)
    })
  }

  it('is refused with the reason where RE2 has nothing like it', () => {
    expect(refusal('(a)\\1').answer).toBe('Filter did not compile.  Back references are not supported.')
    expect(refusal('\\<a').answer).toBe('Filter did not compile.  \\< is not supported, \\b is.')
  })

  it('has bounds: bytes, states, choices and levels', () => {
    expect(compile('é'.repeat(maximumPatternBytes / 2)).method).toBe('contains')
    expect(refusal('é'.repeat(maximumPatternBytes / 2 + 1)).answer).toContain('longer than 1024 bytes')
    expect(compile('(a{10}){100}').regex).toBeDefined()
    for (const pattern of ['a{1001}', '((a{10}){10}){11}', '(a{1000}){0}b{1}'])
      expect(refusal(pattern).answer).toContain('1000 states')
    for (const pattern of ['.{257}', '(a?b?){129}', '(a|b){257}', 'a{1,300}', `a${'?'.repeat(257)}`]) {
      expect(refusal(pattern).answer).toContain('256 choices')
    }
    expect(compile(`${'('.repeat(500)}a${')'.repeat(500)}+`).regex).toBeDefined()
  })

  it('that is plain text is searched for as such', () => {
    expect(compile('Event: Newchannel')).toMatchObject({ method: 'contains', regex: undefined, choices: 0 })
    expect(compile('Event: New.*')).toMatchObject({ method: 'regex', choices: 2 })
  })

  it('takes time in proportion to the text, even where others take for ever', () => {
    expect(matches('^(x+x+)+y$', 'x'.repeat(20_000))).toBe(false)
    expect(matches('^(x*)*y', 'x'.repeat(20_000))).toBe(false)
  })

  it('finds any text when each of its characters is escaped', () => {
    const printable = fc.string({ unit: fc.constantFrom(...' !"#$%&()*+,-./:;=?@[\\]^_{|}~\r\n09') })
    fc.assert(
      fc.property(printable, fc.string(), fc.string(), (text, before, after) => {
        const pattern = text.replace(/[^0-9]/g, '\\$&')
        return matches(`(${pattern})`, `${before}${text}${after}`)
      })
    )
  })

  it('agrees with the engine of JavaScript where both have the same syntax', () => {
    const pattern = fc.string({
      unit: fc.constantFrom('a', 'b', '.', '(a|b)', '[ab]', '[^a]', 'b*', 'a+', '(ab)?', 'a{1,2}', '^', '$')
    })
    fc.assert(
      fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n') }), (source, text) => {
        return matches(source, text) === new RegExp(source, 's').test(text)
      })
    )
  })

  it('is taken or refused, whatever it is', () => {
    const unit = fc.constantFrom(...'ab\\()[]{}*+?|^$.-:=,12<é', '[:alpha:]', '{,2}', '[^', '\\w')
    fc.assert(
      fc.property(fc.string({ unit }), fc.string(), (pattern, text) => {
        try {
          return typeof matches(pattern, text) === 'boolean'
        } catch (error) {
          return error instanceof EventFilterError
        }
      }),
      { numRuns: 500 }
    )
  })
})
