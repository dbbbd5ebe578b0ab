import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { check, dialplan, placesOf } from './support.js'

describe('whatever a file says', () => {
  it.each(['constructor', '__proto__', 'toString'])('%s is a name like any other', async (name) => {
    const lines = [
      `exten => 1,1,${name}(a,b)`,
      ` same => n,Goto(s-\${${name}},1)`,
      ` same => n,NoOp(\${${name}(x)})`,
      `exten => s-${name},1,Hangup()`
    ]
    const wizard = `[w]\ntype = wizard\n${name}/x = 1\n`
    const found = await check({ ...dialplan(lines.join('\n')), 'pjsip_wizard.conf': wizard })
    expect(found.map(({ code }) => code)).toContain('unknown-application')
  })

  it('a chain of includes may be as long as it wants', async () => {
    const chain = Array.from({ length: 12_000 }, (_, index) => `[c${index}]\ninclude => c${index + 1}\n`).join('')
    const files = { 'extensions.conf': `[default]\ninclude => c0\n${chain}[c12000]\nexten => 1,1,Hangup()\n` }
    expect((await check(files)).filter(({ severity }) => severity === 'error')).toEqual([])
  })
})

describe('what is right is left alone', () => {
  it.each([
    [
      'a label of an extension of another context that includes this one',
      dialplan('include => b\nexten => 9,1(top),Hangup()', '[b]\nexten => 1,1,Goto(9,top)')
    ],
    [
      'a target in a context that is included at some times only',
      dialplan('exten => 1,1,Goto(2,1)\ninclude => b,9:00-9:01,mon,1,jan', '[b]\nexten => 2,1,Hangup()')
    ],
    ['a context of a switch', dialplan('exten => 1,1,Goto(b,2,1)', '[b]\nswitch => Realtime/')],
    ['the context of the parking lot', dialplan('include => parkedcalls')],
    [
      'statuses with a pattern for the rest',
      dialplan('exten => 1,1,Goto(s-${DIALSTATUS},1)\nexten => s-BUSY,1,Busy()\nexten => _s-.,1,Hangup()')
    ],
    [
      'priorities that are only jumped to',
      dialplan('exten => 1,1,Gosub(2,sub)\n same => n,Hangup()\nexten => _X,500(sub),Return()')
    ],
    [
      'a loop whose last step jumps',
      dialplan('exten => 1,1,While($[${A}])\n same => n,Goto(1)\n same => n,EndWhile()\n same => n,Hangup()')
    ],
    [
      'a subroutine that ends by branches',
      dialplan(
        'exten => 1,1,Gosub(2,1)\n same => n,Hangup()\nexten => 2,1,GotoIf($[${A}]?a:b)\n same => n(a),Return()\n same => n(b),Hangup()'
      )
    ],
    [
      'expressions with texts, signs and conditions',
      dialplan(
        'exten => 1,1,Set(A=$[-1 * (${B} + 2) >= 3 | !"${C}"])\n same => n,Set(D=$["${A}" =~ "^(a|b)" ? "x" :: "y"])\n same => n,Set(E=$[${F}${G}])'
      )
    ],
    ['options with arguments', dialplan('exten => 1,1,Dial(PJSIP/a,30,L(60000:5000)U(b^x)tTg)', '[b]\nexten => s,1,Return()')],
    [
      'functions of func_odbc.conf',
      {
        ...dialplan('exten => 1,1,NoOp(${ODBC_NAME(1)}${SQL_NAME(1)})'),
        'func_odbc.conf': '[NAME]\n[NAME](+)\n[NAME]\nprefix=SQL\n'
      }
    ],
    [
      'objects of a database',
      {
        'pjsip.conf': '[a]\ntype=endpoint\naors=a\nauth=a\n',
        'sorcery.conf': '[res_pjsip]\naor=realtime,ps_aors\nauth=realtime,ps_auths\n'
      }
    ]
  ])('%s', async (_, files) => {
    const found = (await check(files)).filter(({ severity }) => severity !== 'info')
    expect(found.map(({ code, line, message }) => `${line} ${code} ${message}`)).toEqual([])
  })

  it('reports a dialplan that is invalid once, and not all that follows from it', async () => {
    const found = await check({ 'extensions.conf': '[a](none)\n', 'pjsip.conf': '[x]\ntype=endpoint\ncontext=a\n' })
    expect(found.map(({ code }) => code)).toEqual(['template-missing'])
  })

  it('says of an included file what is lost with it', async () => {
    const files = { 'pjsip.conf': '#include users.conf\n', 'users.conf': '[a]\ntype=aor\n[oops\n' }
    expect((await check(files))[0]?.message).toContain('what follows in this included file is lost')
    expect(await placesOf('section-unclosed', files)).toEqual(['users.conf:3:1'])
  })

  it('never throws, whatever the files say', async () => {
    const piece = fc.constantFrom(
      '${',
      '}',
      '$[',
      ']',
      '(',
      ')',
      'EXTEN',
      'FILTER(',
      '"',
      ',',
      ':',
      '?',
      '&',
      '\\',
      'Goto',
      'GotoIf(',
      'Gosub(',
      'Dial(',
      'ExecIf(',
      'Set(a=',
      '_X.',
      '1',
      'n',
      'Local/1@a',
      '=',
      '!',
      '[',
      ' ',
      'ä',
      ';',
      '\n same => n,',
      '\nexten => ',
      '\n[b]\n'
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        await check(dialplan(`exten => 1,1,${pieces.join('')}`))
      }),
      { numRuns: 300 }
    )
  })
})
