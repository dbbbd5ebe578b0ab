import type { Cases } from './file-cases.js'
import { dialplan } from './support.js'

const at = (line: number, column = 1) => `extensions.conf:${line}:${column}`

/** extensions.conf: lines, patterns, syntax, names, targets. */
export const dialplanCases: Cases = {
  'same-without-extension': {
    bad: dialplan(' same => n,NoOp()'),
    at: at(2, 2),
    good: dialplan('exten => 1,1,NoOp()\n same => n,Hangup()')
  },
  'next-without-priority': { bad: dialplan('exten => 1,n,NoOp()'), at: at(2), good: dialplan('exten => 1,1,NoOp()') },
  'next-after-hint': {
    bad: dialplan('exten => 1,hint,PJSIP/a\nexten => 1,n,NoOp()'),
    at: at(3),
    good: dialplan('exten => 1,hint,PJSIP/a\nexten => 1,1,NoOp()')
  },
  'priority-invalid': { bad: dialplan('exten => 1,one,NoOp()'), at: at(2), good: dialplan('exten => 1,1(one),NoOp()') },
  'priority-by-label': {
    bad: dialplan('exten => 1,1(a),NoOp()\nexten => 1,a+1,Hangup()'),
    at: at(3),
    good: dialplan('exten => 1,1(a),NoOp()\nexten => 1,n,Hangup()')
  },
  'label-unclosed': { bad: dialplan('exten => 1,1(a,NoOp'), at: at(2), good: dialplan('exten => 1,1(a),NoOp()') },
  'application-unclosed': { bad: dialplan('exten => 1,1,NoOp(a'), at: at(2), good: dialplan('exten => 1,1,NoOp(a)') },
  'extension-empty': { bad: dialplan('exten => ,1,NoOp()'), at: at(2), good: dialplan('exten => 1,1,NoOp()') },
  'priority-taken': {
    bad: dialplan('exten => _XX,1,NoOp()\nexten => _xx,1,NoOp()'),
    at: at(3),
    good: dialplan('exten => _XX,1,NoOp()\nexten => _xx,2,NoOp()')
  },
  'label-taken': {
    bad: dialplan('exten => 1,1(a),NoOp()\n same => n(a),Hangup()'),
    at: at(3, 2),
    good: dialplan('exten => 1,1(a),NoOp()\n same => n(b),Hangup()')
  },
  'included-already': {
    bad: dialplan('include => b\ninclude => b', '[b]\nexten => 1,1,Hangup()'),
    at: at(3),
    good: dialplan('include => b', '[b]\nexten => 1,1,Hangup()')
  },
  'include-timing': {
    bad: dialplan('include => b,9:00-25:00,*,*,*', '[b]\n'),
    at: at(2),
    good: dialplan('include => b,9:00-18:00,*,*,*', '[b]\n')
  },
  'unknown-setting': { bad: dialplan('extn => 1,1,NoOp()'), at: at(2), good: dialplan('exten => 1,1,NoOp()') },
  'any-extension': { bad: dialplan('exten => _.,1,NoOp()'), at: at(2), good: dialplan('exten => _X.,1,NoOp()') },
  'set-unclosed': { bad: dialplan('exten => _[12,1,NoOp()'), at: at(2), good: dialplan('exten => _[12],1,NoOp()') },
  'priority-one-missing': { bad: dialplan('exten => 1,2,NoOp()'), at: at(2), good: dialplan('exten => 1,2(go),NoOp()') },
  'priority-gap': {
    bad: dialplan('exten => 1,1,NoOp()\nexten => 1,3,Hangup()'),
    at: at(3),
    good: dialplan('exten => 1,1,Goto(3)\nexten => 1,3,Hangup()')
  },
  'include-cycle': {
    bad: dialplan('include => b', '[b]\ninclude => default\n'),
    at: at(4, 12),
    good: dialplan('include => b', '[b]\n')
  },
  'pattern-tail': { bad: dialplan('exten => _X.12,1,NoOp()'), at: at(2, 13), good: dialplan('exten => _X.,1,NoOp()') },
  'pattern-letters': {
    bad: dialplan('exten => _phone,1,NoOp()'),
    at: at(2, 11),
    good: dialplan('exten => _pho[n]e,1,NoOp()\nexten => _nxx,1,NoOp()')
  },
  'unreachable-extension': {
    bad: dialplan('exten => _X.,1,Hangup()\ninclude => b', '[b]\nexten => 112,1,Hangup()\n'),
    at: at(5),
    good: dialplan('include => c\ninclude => b', '[c]\nexten => 112,1,Hangup()\n[b]\nexten => _X.,1,Hangup()\n')
  },
  unbalanced: {
    bad: dialplan('exten => 1,1,Verbose(1,"a ${b)} c")'),
    at: at(2, 30),
    good: dialplan('exten => 1,1,Verbose(1,"a ${b} c)")')
  },
  'expression-syntax': {
    bad: dialplan('exten => 1,1,GotoIf($["${A}" ? 1 : 2]?1)'),
    at: at(2, 36),
    good: dialplan('exten => 1,1,GotoIf($["${A}" ? 1 :: 2]?1)')
  },
  'unknown-application': {
    bad: dialplan('exten => 1,1,Dail(PJSIP/a)'),
    at: at(2, 14),
    good: dialplan('exten => 1,1,dial(PJSIP/a)')
  },
  'unknown-function': {
    bad: dialplan('exten => 1,1,NoOp(${Callerid(num)})'),
    at: at(2, 21),
    good: dialplan('exten => 1,1,NoOp(${CALLERID(num)})')
  },
  'unknown-option': {
    bad: dialplan('exten => 1,1,Dial(PJSIP/a,30,tM(x))'),
    at: at(2, 31),
    good: dialplan('exten => 1,1,Dial(PJSIP/a,30,tA(x:y))')
  },
  'undefined-context': {
    bad: dialplan('exten => 1,1,Goto(sales,s,1)'),
    at: at(2, 19),
    good: dialplan('exten => 1,1,Goto(sales,s,1)', '[sales]\nexten => s,1,Hangup()')
  },
  'undefined-extension': {
    bad: dialplan('exten => 1,1,Goto(a,2,1)', '[a]\nexten => s,1,Hangup()'),
    at: at(2, 21),
    good: dialplan('exten => 1,1,Goto(a,2,1)', '[a]\nexten => _X,1,Hangup()')
  },
  'undefined-priority': {
    bad: dialplan('exten => _[12],1,Goto(key-${EXTEN})\n same => n(key-1),Hangup()'),
    at: at(2, 23),
    good: dialplan('exten => _[12],1,Goto(key-${EXTEN})\n same => n(key-1),Hangup()\n same => n(key-2),Hangup()')
  },
  'gosub-without-return': {
    bad: dialplan(
      'exten => 1,1,Gosub(a,s,1)\n same => n,Hangup()',
      '[a]\nexten => s,1,GotoIf($[${B}]?no)\n same => n,Return()\n same => n(no),NoOp()'
    ),
    at: at(7, 16),
    good: dialplan(
      'exten => 1,1,Gosub(a,s,1)\n same => n,Hangup()',
      '[a]\nexten => s,1,GotoIf($[${B}]?no)\n same => n,Return()\n same => n(no),Return()'
    )
  },
  'unreachable-code': {
    bad: dialplan('exten => 1,1,Hangup()\n same => n,NoOp()'),
    at: at(3, 12),
    good: dialplan('exten => 1,1,GotoIf($[${A}]?2)\n same => n,NoOp()')
  },
  'unreachable-context': {
    bad: dialplan('exten => 1,1,Hangup()', '[a]\nexten => 1,1,Hangup()'),
    at: at(3),
    good: dialplan('exten => 1,1,Goto(a,1,1)', '[a]\nexten => 1,1,Hangup()')
  },
  'injection-dial': {
    bad: dialplan('exten => _X.,1,Dial(PJSIP/${EXTEN}@itsp)'),
    at: at(2, 27),
    good: dialplan(
      'exten => _X.,1,GotoIf($["${FILTER(0-9,${EXTEN})}" != "${EXTEN}"]?bad)\n same => n,Dial(PJSIP/${EXTEN}@itsp)\n same => n(bad),Hangup()'
    )
  },
  'injection-goto': {
    bad: dialplan('exten => _X.,1,Goto(a,${EXTEN},1)', '[a]\nexten => _X.,1,Hangup()'),
    at: at(2, 23),
    good: dialplan('exten => _X.,1,Goto(a,${FILTER(0-9,${EXTEN})},1)', '[a]\nexten => _X.,1,Hangup()')
  },
  'injection-shell': {
    bad: dialplan('exten => 1,1,System(logger ${QUOTE(${CALLERID(name)})})'),
    at: at(2, 28),
    good: dialplan('exten => 1,1,System(logger ${FILTER(a-zA-Z0-9,${CALLERID(name)})})')
  },
  'injection-agi': {
    bad: dialplan('exten => 1,1,AGI(a.sh,${CALLERID(name)})'),
    at: at(2, 23),
    good: dialplan('exten => 1,1,AGI(a.sh,${QUOTE(${CALLERID(name)})})')
  },
  'injection-file': {
    bad: dialplan('exten => 1,1,Record(/tmp/${CALLERID(num)}.wav)'),
    at: at(2, 26),
    good: dialplan('exten => 1,1,Record(/tmp/${FILTER(0-9,${CALLERID(num)})}.wav)')
  },
  'sound-missing': {
    bad: { ...dialplan('exten => 1,1,Playback(beep&boop)'), '/sounds/en/beep.gsm': '' },
    at: at(2, 28),
    good: { ...dialplan('exten => 1,1,Playback(beep&boop)'), '/sounds/en/beep.gsm': '', '/sounds/boop.wav': '' },
    extra: { sounds: '/sounds' }
  },
  'module-not-loaded': {
    bad: { ...dialplan('exten => 1,1,Set(A=${CUT(B,-,1)})'), 'modules.conf': '[modules]\nautoload=yes\nnoload = func_cut.so\n' },
    at: at(2, 22),
    good: { ...dialplan('exten => 1,1,Set(A=${CUT(B,-,1)})'), 'modules.conf': '[modules]\nautoload=yes\n' }
  }
}
