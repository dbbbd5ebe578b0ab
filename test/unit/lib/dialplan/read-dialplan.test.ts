// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a dialplan are written like that
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryFiles } from '../../../../src/lib/asterisk-config/files.js'
import { loadConfig } from '../../../../src/lib/asterisk-config/load.js'
import { parseApplication, splitArguments } from '../../../../src/lib/dialplan/arguments.js'
import { showPriority } from '../../../../src/lib/dialplan/context-builder.js'
import type { Dialplan } from '../../../../src/lib/dialplan/dialplan.js'
import { findExtension, type SearchStep } from '../../../../src/lib/dialplan/find-extension.js'
import { isWithin, parseTiming } from '../../../../src/lib/dialplan/include-timing.js'
import { type MatchMode, matchExtension } from '../../../../src/lib/dialplan/pattern-match.js'
import { readDialplan } from '../../../../src/lib/dialplan/read-dialplan.js'
import { substituteGlobals } from '../../../../src/lib/dialplan/substitute.js'

const read = (text: string) => readDialplan(loadConfig('extensions.conf', new MemoryFiles({ 'extensions.conf': text })))

/** `extension,priority(label),application(data)` of a context. */
function lines(dialplan: Dialplan, context: string): string[] {
  return dialplan.contexts
    .get(context)!
    .extensions.flatMap(({ name, callerId, priorities }) =>
      priorities.map(
        ({ number, label, application, data }) =>
          `${name}${callerId === undefined ? '' : `/${callerId}`},${showPriority(number)}${label ? `(${label})` : ''},${application}(${data})`
      )
    )
}

const problems = (dialplan: Dialplan) => dialplan.problems.map(({ code, line }) => `${line} ${code}`)

describe('extensions.conf', () => {
  it('has globals of at most what Asterisk keeps, though each is made of two of the one before', () => {
    const doubled = Array.from({ length: 40 }, (_, index) => `A${index + 1} = \${A${index}}\${A${index}}`)
    const { globals } = read(['[globals]', `A0 = ${'å'.repeat(100)}`, ...doubled].join('\n'))
    expect(globals.get('A5')).toBe('å'.repeat(3_200))
    expect(Buffer.byteLength(globals.get('A40')!)).toBeLessThanOrEqual(8_193)
  })

  it('has priorities, n, s, offsets, labels, hints, and what applications are given', () => {
    const dialplan = read(`[general]
Static = yes
[c]
exten => 1,1(start),Answer
 same => n,Set(x=\${CUT(y,\\,,1)})
 same => n+2(far),Dial(PJSIP/1,30,g) ; tail
 same => s,NoOp
exten => 1,hint,PJSIP/1&\${GLOBAL(x)}
exten = _[0-9,]X,1,Hangup()
exten => 2,2,Playback(a(b)c)d
`)
    expect(lines(dialplan, 'c')).toEqual([
      '1,hint,PJSIP/1&${GLOBAL(x)}()',
      '1,1(start),Answer()',
      '1,2,Set(x=${CUT(y,\\,,1)})',
      '1,5(far),Dial(PJSIP/1,30,g)',
      '2,2,Playback(a(b)c)',
      '_[0-9,]X,1,Hangup()'
    ])
    expect(problems(dialplan)).toEqual(['7 priority-taken'])
    expect(dialplan.general.get('static')).toBe('yes')
  })

  it('puts global variables in, in the order of the file, and leaves what it cannot know', () => {
    const dialplan = read(`[globals]
CC=46
__TRUNK=PJSIP/\${CC}
LATE=\${NOT_YET}x
[c\${CC}]
exten => _+\${CC}X.,1,Dial(\${TRUNK})
exten => \${TRUNK:-2:1}\${LATE},1,A
exten => \${LEN(x)},1,B
include => \${TRUNK:0:5}
`)
    expect(dialplan.globals.get('TRUNK')).toBe('PJSIP/46')
    expect(lines(dialplan, 'c${CC}')).toEqual(['${LEN(x)},1,B()', '4x,1,A()', '_+46X.,1,Dial(${TRUNK})'])
    expect(dialplan.contexts.get('c${CC}')!.includes.map(({ context }) => context)).toEqual(['PJSIP'])
    expect(problems(dialplan)).toEqual(['8 not-substituted'])
  })

  it('says what Asterisk drops, with the line', () => {
    const dialplan = read(`[c]
same => n,A
exten => 1,n,A
exten => 1,hint,PJSIP/1
exten => 1,n,B
exten => 1,x,C
exten => 1,1(a,D
exten => 1,1(a),E(
exten => 1,2(a),F
exten => ,1,G
exten => _.,1,H
exten => 1,a,I
extn => 1,1,J
include => d,foo
include => d,foo
`)
    expect(problems(dialplan)).toEqual([
      '2 same-without-extension',
      '3 next-without-priority',
      '5 next-after-hint',
      '6 priority-invalid',
      '7 label-unclosed',
      '8 application-unclosed',
      '9 label-taken',
      '10 extension-empty',
      '11 any-extension',
      '12 priority-by-label',
      '12 priority-taken',
      '13 unknown-setting',
      '14 include-timing',
      '15 include-timing',
      '15 included-already'
    ])
  })

  it('takes sections of one name for one context, and begins anew in each', () => {
    const dialplan = read(
      '[c]\nexten => 1,1,A\n[C]\nexten => 1,1,B\n[c]\nexten => 1,n,C\nexten => 1,2,D\n[t](!)\nexten => 9,1,E\n'
    )
    expect([...dialplan.contexts.keys()]).toEqual(['c', 'C'])
    expect(lines(dialplan, 'c')).toEqual(['1,1,A()', '1,2,D()'])
    expect(problems(dialplan)).toEqual(['6 next-without-priority'])
  })

  it('takes extensions that differ in dashes and in the case of wildcards for one, named as its lowest priority is', () => {
    const dialplan = read(
      '[c]\nexten => 555-1234,2,A\nexten => 555 1234,1,B\nexten => _N-XX,1,C\nexten => _nxx,2,D\nexten => _nxx,1,E\n'
    )
    expect(lines(dialplan, 'c')).toEqual(['5551234,1,B()', '5551234,2,A()', '_N-XX,1,C()', '_N-XX,2,D()'])
    expect(problems(dialplan)).toEqual(['6 priority-taken'])
  })

  it('has switches, ignored patterns and hints on the fly', () => {
    const context = read('[c]\nswitch => Realtime/x/y@z\neswitch => IAX2/${A}\nignorepat => 9\nautohints = yes\n').contexts.get(
      'c'
    )!
    expect(context.switches.map(({ name, data, isEvaluated }) => [name, data, isEvaluated])).toEqual([
      ['Realtime', 'x/y@z', false],
      ['IAX2', '${A}', true]
    ])
    expect([context.ignorePatterns, context.hasAutoHints]).toEqual([['9'], true])
  })

  it('never fails, whatever the file says', () => {
    const piece = fc.constantFrom(
      'exten',
      'same',
      'include',
      ' => ',
      '1',
      ',',
      'n',
      '(',
      ')',
      '_',
      '[',
      ']',
      '-',
      'X',
      '.',
      '!',
      '/',
      '${',
      '}',
      '$[',
      ':',
      '\\',
      '|',
      '+',
      'hint',
      '\n',
      '[c]\n'
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const dialplan = read(`[c]\n${pieces.join('')}\n`)
        for (const context of dialplan.contexts.keys()) findExtension(dialplan, { context, extension: '1' })
      })
    )
  })
})

describe('the search', () => {
  const dialplan = read(`[c]
exten => _1X,2(two),A
exten => _1./55,1,B
include => early,09:00-17:00,mon-fri,*,*,UTC
include => late
include => none
[early]
exten => _XX,1,C
include => C
include => c
[late]
exten => 12,1,D
include => early
[C]
exten => _1[23],1(one),E
`)
  const monday = new Date('2026-03-02T12:00:00Z')
  const night = new Date('2026-03-02T20:00:00Z')
  const winner = (query: Omit<Parameters<typeof findExtension>[1], 'context'>) => {
    const result = findExtension(dialplan, { context: 'c', now: monday, ...query })
    return result.found === 'extension' ? result.priority.application : result.found === undefined ? result.failure : 'switch'
  }

  it('passes over what lacks the priority or is for another caller, goes through includes, and minds the time', () => {
    expect(winner({ extension: '12' })).toBe('C')
    expect(winner({ extension: '12', now: night })).toBe('D')
    expect(winner({ extension: '12', callerId: '55' })).toBe('B')
    expect(winner({ extension: '12', priority: 2 })).toBe('A')
    expect(winner({ extension: '12', label: 'two' })).toBe('A')
    expect(winner({ extension: '12', label: 'one' })).toBe('no-label')
    expect(winner({ extension: '12', priority: 3 })).toBe('no-priority')
    expect(winner({ extension: '9' })).toBe('no-extension')
    expect(findExtension(dialplan, { context: 'nowhere', extension: '1' })).toEqual({ found: undefined, failure: 'no-context' })
  })

  it('tells what it looked at', () => {
    const steps: SearchStep[] = []
    findExtension(dialplan, { context: 'c', extension: '13', priority: 7, now: night, onStep: (step) => steps.push(step) })
    const told = steps.map((step) => {
      const what =
        step.kind === 'extension' ? step.extension.name : step.kind === 'include' ? step.include.context : step.switch.name
      return `${step.context.name} ${what} ${step.outcome}`
    })
    expect(told).toEqual([
      'c _1X no-priority',
      'c _1. other-caller',
      'c early other-time',
      'c late followed',
      'late early followed',
      'early _XX no-priority',
      'early C seen-already',
      'c none no-context'
    ])
  })

  it('asks a switch where it stands: behind the extensions, before the includes', () => {
    const one = read('[c]\nexten => 1,1,A\nswitch => Realtime/x\ninclude => d\n[d]\nexten => 2,1,B\n')
    const ask = (extension: string, has: boolean) => findExtension(one, { context: 'c', extension, hasInSwitch: () => has }).found
    expect([ask('1', true), ask('2', true), ask('2', false)]).toEqual(['extension', 'switch', 'extension'])
  })

  it('sees from the beginning of a number what more digits would make of it', () => {
    const early = read('[c]\nexten => _1!,1,A\nexten => 12345,1,B\ninclude => d\n[d]\nexten => 199,1,C\n')
    const found = (extension: string, mode: MatchMode) => {
      const result = findExtension(early, { context: 'c', extension, mode })
      return result.found === 'extension' ? result.priority.application : undefined
    }
    expect(found('123', 'matchmore')).toBe('B')
    // Nothing is waited for behind a pattern with !, but includes are looked at all the same.
    expect(found('13', 'matchmore')).toBeUndefined()
    expect(found('13', 'canmatch')).toBe('A')
    expect(found('', 'canmatch')).toBe('B')
  })
})

describe('a pattern', () => {
  it.each([
    ['_NXX', '234', 'match', 'yes'],
    ['_NXX', '23', 'match', 'no'],
    ['_NXX', '23', 'canmatch', 'yes'],
    ['_NXX', '23', 'matchmore', 'yes'],
    ['_NXX', '234', 'matchmore', 'no'],
    ['_1!', '1', 'match', 'early'],
    ['_1.', '1', 'match', 'no'],
    ['_1.', '1', 'matchmore', 'yes'],
    ['_[12', '1', 'match', 'no'],
    ['_1[', '1', 'canmatch', 'yes'],
    ['_1-2', '1-2', 'match', 'yes'],
    ['1-2', '12', 'match', 'yes'],
    ['123', '12', 'matchmore', 'yes'],
    ['123', '123', 'matchmore', 'no'],
    ['123', '', 'canmatch', 'yes'],
    ['_nx', '_NX', 'match', 'yes']
  ] as const)('%s against %s as %s: %s', (pattern, number, mode, outcome) =>
    expect(matchExtension(pattern, number, mode)).toBe(outcome)
  )
})

describe('the time of an include', () => {
  const at = (timing: string, time: string, zone = 'UTC') => isWithin(parseTiming(timing)!, new Date(time), zone)

  it('has both ends, goes over midnight, the week and the year, and knows zones', () => {
    expect(at('09:00-17:00', '2026-03-02T09:00:00Z')).toBe(true)
    expect(at('09:00-17:00', '2026-03-02T17:00:59Z')).toBe(true)
    expect(at('09:00-17:00', '2026-03-02T17:01:00Z')).toBe(false)
    expect(at('22:00-06:00', '2026-03-02T03:00:00Z')).toBe(true)
    expect(at('*,fri-mon', '2026-03-02T03:00:00Z')).toBe(true)
    expect(at('*,fri-sun', '2026-03-02T03:00:00Z')).toBe(false)
    expect(at('*|*|1&2|nov-mar', '2026-03-02T03:00:00Z')).toBe(true)
    expect(at('00:00-23:59,*,30,feb', '2026-02-28T03:00:00Z')).toBe(false)
    expect(at('12:00-12:59', '2026-07-01T10:30:00Z', 'Europe/Stockholm')).toBe(true)
    expect(at('10:00-10:59,*,*,*,UTC', '2026-07-01T10:30:00Z', 'Europe/Stockholm')).toBe(true)
    expect(at('*,*,*,*,Nowhere/Else', '2026-07-01T10:30:00Z')).toBe(false)
    expect(parseTiming('')).toBeUndefined()
    expect(parseTiming('25:00-26:00&9:00,foo,0,13')!.faults).toEqual(['25:00-26:00', 'foo', '0', '13'])
  })
})

describe('arguments and variables', () => {
  it('cuts arguments at commas outside parentheses, brackets and quotes', () => {
    expect(splitArguments('PJSIP/1,30,b(c^s^1(a,b)),"x,y",[1,2],a\\,b,')).toEqual([
      'PJSIP/1',
      '30',
      'b(c^s^1(a,b))',
      'x,y',
      '[1,2]',
      'a,b',
      ''
    ])
    expect(splitArguments('')).toEqual([])
  })

  it('takes an application up to the last parenthesis', () => {
    expect(parseApplication(' Dial(a(b)c) x')).toEqual({ application: 'Dial', data: 'a(b)c', isUnclosed: false })
    expect(parseApplication('A)b(c')).toEqual({ application: 'A)b', data: 'c', isUnclosed: true })
    expect(parseApplication('${X}(c)')).toEqual({ application: '${X}(c)', data: '', isUnclosed: false })
  })

  it('puts in variables by name, by a name that is put together, and in part', () => {
    const globals = new Map([
      ['A', '12345'],
      ['B5', 'five'],
      ['N', '5']
    ])
    const put = (text: string) => substituteGlobals(text, globals)
    expect(put('x${A}$y${B${N}}${NONE}').text).toBe('x12345$yfive')
    expect(['${A:1}', '${A:-2}', '${A:1:2}', '${A:0:-1}', '${A:9}', '${A:-9:2}'].map((text) => put(text).text)).toEqual([
      '2345',
      '45',
      '23',
      '1234',
      '',
      '12'
    ])
    expect(put('$[1+1]${F(x)}')).toEqual({ text: '$[1+1]${F(x)}', isWhole: false })
    expect(put(`${'${'.repeat(5000)}A`).isWhole).toBe(false)
  })
})
