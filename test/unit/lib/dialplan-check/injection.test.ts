import { describe, expect, it } from 'vitest'
import { check, dialplan } from './support.js'

/** The lines of findings of injection. */
async function injections(lines: string, others = ''): Promise<string[]> {
  const found = await check(dialplan(lines, others))
  return found
    .filter(({ code }) => code.startsWith('injection'))
    .map(({ code, line }) => `${line} ${code.slice('injection-'.length)}`)
}

describe('what a caller sends', () => {
  it.each([
    ['a number of any characters', 'exten => _X.,1,Dial(PJSIP/${EXTEN}@t)', ['2 dial']],
    ['a part of it', 'exten => _X!,1,Dial(PJSIP/${EXTEN:1}@t)', ['2 dial']],
    [
      'through variables',
      'exten => _X.,1,Set(a=${EXTEN})\n same => n,Set(LOCAL(b)=9${a})\n same => n,Dial(PJSIP/${b}@t)',
      ['4 dial']
    ],
    ['through CUT, which is given a name', 'exten => _X.,1,Set(a=${CUT(EXTEN,*,2)})\n same => n,Dial(PJSIP/${a}@t)', ['3 dial']],
    ['contacts', 'exten => 1,1,Set(c=${PJSIP_DIAL_CONTACTS(a)})\n same => n,Dial(${c},30)', ['3 dial']],
    ['a message', 'exten => 1,1,System(x ${MESSAGE(body)})', ['2 shell']],
    ['inside ExecIf', 'exten => _X.,1,ExecIf($[${A}]?Dial(PJSIP/${EXTEN}@t))', ['2 dial']],
    ['the shell in a function', 'exten => 1,1,Set(A=${SHELL(host ${CALLERID(name)})})', ['2 shell']],
    [
      'on the way on which it was not compared',
      'exten => _X.,1,GotoIf($[${A}]?go)\n same => n,GotoIf($["${FILTER(0-9,${EXTEN})}" != "${EXTEN}"]?bad)\n same => n(go),Dial(PJSIP/${EXTEN}@t)\n same => n(bad),Hangup()',
      ['4 dial']
    ],
    ['filtered with what does harm', 'exten => _X.,1,Dial(PJSIP/${FILTER(0-9&,${EXTEN})}@t)', ['2 dial']],
    [
      'after a comparison of something else',
      'exten => _X.,1,GotoIf($["${FILTER(0-9,${A})}" != "${A}"]?bad)\n same => n,Dial(PJSIP/${EXTEN}@t)\n same => n(bad),Hangup()',
      ['3 dial']
    ],
    [
      'where the comparison leads the wrong way',
      'exten => _X.,1,GotoIf($["${FILTER(0-9,${EXTEN})}" = "${EXTEN}"]?bad)\n same => n,Dial(PJSIP/${EXTEN}@t)\n same => n(bad),Hangup()',
      ['3 dial']
    ]
  ])('is followed: %s', async (_, lines, expected) => {
    expect(await injections(lines)).toEqual(expected)
  })

  it.each([
    ['digits only', 'exten => _XXX,1,Dial(PJSIP/${EXTEN}@t)'],
    ['one character', 'exten => _X.,1,Goto(key-${EXTEN:0:1})\n same => n(key-1),Hangup()'],
    ['filtered', 'exten => _X.,1,Dial(PJSIP/${FILTER(0-9+,${EXTEN})}@t)'],
    ['filtered into a variable', 'exten => _X.,1,Set(n=${FILTER(0-9+,${EXTEN})})\n same => n,Dial(PJSIP/${n}@t)'],
    [
      'compared, and refused by ExecIf',
      'exten => _X.,1,ExecIf($["${EXTEN}" != "${FILTER(0-9,${EXTEN})}"]?Hangup(1))\n same => n,Dial(PJSIP/${EXTEN}@t)'
    ],
    [
      'compared, going on when it is equal',
      'exten => _X.,1,GotoIf($["${FILTER(0-9,${EXTEN})}" = "${EXTEN}"]?ok:bad)\n same => n(bad),Hangup()\n same => n(ok),Dial(PJSIP/${EXTEN}@t)'
    ],
    [
      'by an expression for all of it',
      'exten => _X.,1,GotoIf(${REGEX("^[0-9]+$" ${EXTEN})}?:bad)\n same => n,Dial(PJSIP/${EXTEN}@t)\n same => n(bad),Hangup()'
    ],
    [
      'of the same length when it is filtered',
      'exten => _X.,1,GotoIf($[${LEN(${FILTER(0-9,${EXTEN})})} = ${LEN(${EXTEN})}]?:bad,1)\n same => n,Dial(PJSIP/${EXTEN}@t)\nexten => bad,1,Hangup()'
    ],
    ['its length', 'exten => _X.,1,Goto(l,${LEN(${EXTEN})},1)'],
    ['a comparison', 'exten => 1,1,GotoIf($["${CALLERID(num)}" = "5"]?1)'],
    ['how its name is presented', 'exten => 1,1,AGI(x,${CALLERID(name-pres)})']
  ])('is trusted: %s', async (_, lines) => {
    expect(await injections(lines)).toEqual([])
  })

  it('is trusted in a subroutine that is only come to once it has been compared', async () => {
    const guard =
      '_X.,1,GotoIf($["${FILTER(0-9,${EXTEN})}" != "${EXTEN}"]?bad)\n same => n,Gosub(out,${EXTEN},1(${EXTEN}))\n same => n(bad),Hangup()'
    const out = '[out]\nexten => _X.,1,Dial(PJSIP/${EXTEN}@t)\n same => n,Dial(PJSIP/${ARG1}@t)\n same => n,Return()\n'
    expect(await injections(`exten => ${guard}`, out)).toEqual([])
    expect(await injections(`exten => ${guard}`, `${out}[more]\nexten => _X.,1,Goto(out,\${EXTEN},1)\n`)).toEqual([
      '6 dial',
      '10 goto'
    ])
  })

  it('is trusted where a number that only the call knows is handed on, and no caller knows it', async () => {
    const waiter = '[w]\nexten => _[a-z]!,1,Gosub(s,s,1(${EXTEN}))\n[s]\nexten => s,1,Return()\n'
    expect(await injections('exten => 1,1,Originate(Local/1@default,exten,w,${CHANNEL(endpoint)},1)', waiter)).toEqual([])
    expect(await injections('exten => 1,1,Originate(Local/1@default,exten,w,${CALLERID(num)},1)', waiter)).toEqual([
      '2 dial',
      '4 goto'
    ])
  })

  it('is followed into the arguments of a Gosub', async () => {
    expect(
      await injections(
        'exten => _X.,1,Gosub(s,s,1(a,${EXTEN}))',
        '[s]\nexten => s,1,Dial(PJSIP/${ARG1}&PJSIP/${ARG2})\n same => n,Return()'
      )
    ).toEqual(['2 goto', '4 dial'])
  })
})
