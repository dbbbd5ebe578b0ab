// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what Asterisk substitutes
import { describe, expect, it } from 'vitest'
import { Block } from '../../../../../src/lib/ami/block.js'
import { Rights } from '../../../../../src/lib/proxy/rights/rights.js'
import { plainUser } from '../../../../../src/lib/proxy/user-options.js'

const plain = plainUser('ann', 'secret')

/** @param text `Originate | Channel: Local/1@a | Application: System` */
function decide(text: string, options: Partial<typeof plain> = {}) {
  const [action = '', ...fields] = text.split(' | ')
  const block = new Block(Buffer.from([`Action: ${action}`, ...fields, ''].join('\r\n')), 'client')
  return new Rights({ ...plain, ...options }).check(block, action)
}

const refused = [
  // Applications.
  'Originate | Channel: Local/1@a | Application: System | Data: id',
  'Originate | Channel: Local/1@a | application: sYsTeM | Data: id',
  'Originate | Channel: Local/1@a | APPLICATION: System',
  'Originate | Channel: Local/1@a | Application:   System',
  'Originate | Channel: Local/1@a | Application:\t\u0001 System',
  'Originate | Channel: Local/1@a | Application:System',
  'Originate | Channel: Local/1@a | Application: System ',
  'Originate | Channel: Local/1@a | Application: Playback | Application: System',
  'Originate | Channel: Local/1@a | Application: | Application: System',
  'Originate | Channel: Local/1@a | Application: Playback | Application: Playback',
  'Originate | Channel: Local/1@a | Async: true | ActionID: 1 | Application: TrySystem',
  'Originate | Channel: Local/1@a | Application: ExternalIVR | Data: /tmp/x',
  'Originate | Channel: Local/1@a | Application: AGI | Data: x.sh',
  'Originate | Channel: Local/1@a | Application: AGI | Data: agi://attacker/',
  'Originate | Channel: Local/1@a | Application: AGI | Data: agi:async',
  'Originate | Channel: Local/1@a | Application: EAGI | Data: x.sh',
  'Originate | Channel: Local/1@a | Application: DeadAGI | Data: x.sh',
  'Originate | Channel: Local/1@a | Application: Exec | Data: System(id)',
  'Originate | Channel: Local/1@a | Application: ExecIf | Data: 1?System(id)',
  'Originate | Channel: Local/1@a | Application: ExecIfTime | Data: *,*,*,*?System(id)',
  'Originate | Channel: Local/1@a | Application: TryExec | Data: System(id)',
  'Originate | Channel: Local/1@a | Application: MixMonitor | Data: a.wav,,id',
  'Originate | Channel: Local/1@a | Application: Monitor | Data: wav',
  'Originate | Channel: Local/1@a | Application: Originate | Data: Local/1@a,app,System,id',
  'Originate | Channel: Local/1@a | Application: Reload',
  'Originate | Channel: Local/1@a | Application: DBdeltree | Data: x',
  'Originate | Channel: Local/1@a | Application: MinivmNotify',
  'Originate | Channel: Local/1@a | Application: MP3Player | Data: http://x/',
  'Originate | Channel: Local/1@a | Application: Queue | Data: q,,,,60,x.sh',
  'Originate | Channel: Local/1@a | Application: Queue | Data: q,"a,b",,,60,,x.sh',
  'Originate | Channel: Local/1@a | Application: Queue | Data: q | Data: q,,,,60,x.sh',
  // Functions. CVE-2024-42365 is the first.
  'Originate | Channel: Local/1@a | Application: Set | Data: FILE(/etc/asterisk/manager.conf,,,al,u)=x',
  'Originate | Channel: Local/1@a | Application: Set | Data: file(/x)=y',
  'Originate | Channel: Local/1@a | Application: NoOp | Data: ${SHELL(id)}',
  'Originate | Channel: Local/1@a | Application: NoOp | Data: ok | Data: ${SHELL(id)}',
  'Originate | Channel: Local/1@a | Application: NoOp | Data: ${CURL(http://x/)}',
  'Originate | Channel: Local/1@a | Application: NoOp | Data: ${DB(a/b)}',
  'Originate | Channel: Local/1@a | Application: NoOp | Data: ${DB_DELETE(a/b)}',
  'Originate | Channel: Local/1@a | Application: NoOp | Data: ${EVAL(${X})}',
  'Originate | Channel: Local/1@a | Application: NoOp | Data: ${ODBC_X(1)}',
  'Originate | Channel: Local/1@a | Application: NoOp | Data: ${MY_ODBC(1)}',
  'Originate | Channel: Local/1@a | Application: NoOp | Data: ${REALTIME(a,b,c)}',
  'Originate | Channel: Local/1@a | Application: NoOp | Data: ${REALTIME_DESTROY(a,b,c)}',
  'Originate | Channel: Local/1@a | Application: NoOp | Data: ${ENV(PATH)}',
  'Originate | Channel: Local/1@a | Application: NoOp | Data: ${STAT(e,/etc/x)}',
  'Originate | Channel: Local/1@a | Application: NoOp | Data: ${AST_CONFIG(manager.conf,admin,secret)}',
  'Originate | Channel: Local/1@a | Application: NoOp | Data: ${${X}(id)}',
  'Originate | Channel: Local/1@a | Application: NoOp | Data: ${SH${X}(id)}',
  'Originate | Channel: Local/1@a | Application: NoOp | Data: ${${X}ELL(id)}',
  'Originate | Channel: Local/1@a | Context: a | Exten: 1 | Priority: 1 | Variable: SHELL(x)=1',
  'Originate | Channel: Local/1@a | Context: a | Exten: 1 | Priority: 1 | Variable: A=1 | vARIABLE: FILE(/x)=1',
  'Originate | Channel: Local/1@a | Context: a | Exten: 1 | Priority: 1 | Variable: A=1,FILE(/x)=1',
  'Originate | Channel: Local/1@a | Context: a | Exten: 1 | Priority: 1 | Variable: __FILE(/x)=1',
  'Originate | Channel: Local/1@a | Context: a | Exten: 1 | Priority: 1 | Variable: EXPORT(c,FILE(/x))=1',
  'Originate | Channel: Local/1@a | Context: a | Exten: 1 | Priority: 1 | Variable: __MONITOR_EXEC=id',
  'Originate | Channel: Local/1@a | Context: a | Exten: 1 | PreDialGoSub: a,1,1(${SHELL(id)})',
  `Originate | Channel: Local/${'1'.repeat(250)}@from-crm | Context: a | Exten: 1 | Priority: 1`,
  'Setvar | Variable: FILE(/etc/asterisk/x) | Value: 1',
  'Setvar | Variable:  DB(a/b) | Value: 1',
  'Setvar | Variable: monitor_exec | Value: id',
  'Setvar | Variable: CONFBRIDGE(bridge,record_command) | Value: id',
  'Setvar | Variable: PERIODIC_HOOK(a,b,1) | Value: 1',
  'Getvar | Variable: SHELL(id)',
  'Getvar | Variable : SHELL(id)',
  'Getvar | Variable: FILE(/etc/passwd)',
  'Status | Variables: CALLERID(num),SHELL(id)',
  'MessageSend | To: pjsip:1 | Body: hi | Variable: SHELL(id)=1',
  // Configuration and code.
  'UpdateConfig | SrcFilename: a.conf | DstFilename: a.conf',
  'updateconfig | SrcFilename: a.conf | DstFilename: a.conf',
  'CreateConfig | Filename: a.conf',
  'Reload',
  'ModuleLoad | Module: x.so | LoadType: load',
  'DialplanExtensionAdd | Context: a',
  'DialplanExtensionRemove | Context: a',
  'DBDelTree | Family: a',
  'GetConfig | Filename: /etc/passwd',
  'GetConfig | Filename:   /etc/passwd',
  'GetConfig | Filename: ../passwd',
  'GetConfig | Filename: a.conf | Filename: a/../../passwd',
  'GetConfigJSON | Filename: ../x',
  'ListCategories | Filename: ../../etc/shadow',
  // Recordings.
  'MixMonitor | Channel: a | File: a.wav | Command: id',
  'MixMonitor | Channel: a | File: a.wav,,id',
  'MixMonitor | Channel: a | File: a.wav | Options: r(x),id',
  'MixMonitor | Channel: a | File: ../../x.wav',
  'ConfbridgeStartRecord | Conference: 1 | RecordFile: a.wav,,id',
  'ConfbridgeStartRecord | Conference: 1 | RecordFile: ../a.wav',
  // AGI commands.
  'AGI | Channel: a | Command: EXEC System id',
  'AGI | Channel: a | Command: exec  "System" id',
  'AGI | Channel: a | Command: EXEC Sys\\tem id',
  'AGI | Channel: a | Command: "EXEC" System id',
  'AGI | Channel: a | Command: EXEC\u000bSystem id',
  'AGI | Channel: a | Command: DATABASE PUT a b c',
  'AGI | Channel: a | Command: GET FULL VARIABLE ${SHELL(id)}',
  'AGI | Channel: a | Command: SET VARIABLE MONITOR_EXEC id',
  // Console commands.
  'Command | Command: core stop now',
  'Command | Command: CORE RESTART gracefully',
  'Command | Command:   core   stop now',
  'Command | Command: core\tstop now',
  'Command | Command: "core" stop now',
  'Command | Command: module load x.so',
  'Command | Command: module unload x.so',
  'Command | Command: reload',
  'Command | Command: dialplan add extension 1,1,System,id into a',
  'Command | Command: dialplan remove context a',
  'Command | Command: dialplan set global X 1',
  'Command | Command: dialplan eval function SHELL',
  'Command | Command: database put show x y',
  'Command | Command: database query "select 1"',
  'Command | Command: agi exec c EXEC',
  'Command | Command: !id',
  'Command | Command: ! id',
  'Command | Command: !id show',
  'Command | Command: "module load x" list',
  'Command | Command: channel originate Local/1@a application System id',
  'Command | Command: channel  originate Local/1@a Application tryexec System(id)',
  'Command | Command: channel originate "Local/1 extension x" application System id',
  'Command | Command: channel originate Local/1@a application "System" id',
  'Command | Command: channel originate Local/1@a application Set FILE(/x)=1',
  'Command | Command: core show channels | Command: core stop now',
  'Command | Command: xmldoc dump /etc/x'
]

const ordinary = [
  'Ping',
  'Originate | Channel: PJSIP/100 | Context: internal | Exten: 200 | Priority: 1 | CallerID: DB (12) <100> | Async: true',
  'Originate | Channel: Local/100@internal/n | Context: internal | Exten: 200 | Priority: 1 | Variable: A=1,B=2 | Variable: CALLERID(name)=x',
  'Originate | Channel: PJSIP/100 | Application: Playback | Data: hello-world&/var/lib/x',
  'Originate | Channel: PJSIP/100 | Application: Dial | Data: PJSIP/200,30,tTU(hello)',
  'Originate | Channel: PJSIP/100 | Application: Queue | Data: support,tT,,,60,,gosub',
  'Originate | Channel: PJSIP/100 | Application: ConfBridge | Data: 1,default_bridge',
  'Originate | Channel: PJSIP/100 | Application: Set | Data: GLOBAL(X)=${CHANNEL(name)}',
  'Originate | Channel: PJSIP/100 | Application: ChanSpy | Data: PJSIP/200,q | ActionID: FILE(1)',
  'Redirect | Channel: PJSIP/1-1 | Context: internal | Exten: 2 | Priority: 1',
  'Hangup | Channel: PJSIP/1-1',
  'Atxfer | Channel: PJSIP/1-1 | Exten: 2 | Context: internal',
  'Setvar | Channel: PJSIP/1-1 | Variable: NOTE | Value: Profile (x)',
  'Setvar | Channel: PJSIP/1-1 | Variable: CHANNEL(musicclass) | Value: default',
  'Getvar | Channel: PJSIP/1-1 | Variable: CALLERID(num)',
  'Status | Variables: CALLERID(num),CHANNEL(state)',
  'QueueAdd | Queue: support | Interface: PJSIP/100 | MemberName: Ann (sales)',
  'QueuePause | Interface: PJSIP/100 | Paused: true | Reason: lunch',
  'CoreShowChannels',
  'DBGet | Family: a | Key: b',
  'DBPut | Family: CF | Key: 100 | Val: 200',
  'GetConfig | Filename: queues.conf',
  'ListCategories | Filename: sub/queues.conf',
  'UserEvent | UserEvent: X | Text: ${SHELL(id)}',
  'MessageSend | To: pjsip:1 | Body: see FILE(1) and CURL(x)',
  'SendText | Channel: a | Message: DB(x)',
  'MixMonitor | Channel: a | File: /var/spool/asterisk/monitor/a.wav | Options: r(in.wav)t(out.wav)',
  'ConfbridgeStartRecord | Conference: 1 | RecordFile: /var/spool/asterisk/a.wav',
  'AGI | Channel: a | Command: STREAM FILE hello ""',
  'AGI | Channel: a | Command: EXEC Playback hello',
  'AGI | Channel: a | Command: DATABASE GET a b',
  'Command | Command: core show channels concise',
  'Command | Command: pjsip show endpoints',
  'Command | Command: pjsip list endpoints',
  'Command | Command: dialplan show internal',
  'Command | Command: database get CF 100',
  'Command | Command: channel request hangup PJSIP/1-1',
  'Command | Command: queue add member PJSIP/1 to support',
  'Command | Command: channel originate PJSIP/1 extension 200@internal',
  'Command | Command: channel originate PJSIP/1 application Playback hello-world'
]

describe('a user who is no administrator', () => {
  for (const action of refused) it(`may not ${JSON.stringify(action)}`, () => expect(decide(action).allowed).toBe(false))
  for (const action of ordinary) it(`may ${JSON.stringify(action)}`, () => expect(decide(action)).toEqual({ allowed: true }))
})

describe('what is dangerous', () => {
  it('is for administrators', () => {
    for (const action of refused) expect(decide(action, { admin: true }), action).toEqual({ allowed: true })
  })

  it('passes a dry run, which says why it would not', () => {
    for (const action of refused) {
      expect(decide(action, { dryRun: true }), action).toEqual({ allowed: true, wouldRefuse: expect.stringMatching(/./) })
    }
  })

  const system = 'Originate | Channel: Local/1@a | Application: System | Data: id'
  for (const [how, action, options, isAllowed] of [
    ['write with the class system', system, { write: 'originate,system' }, true],
    ['write with all', system, { write: 'all' }, true],
    ['write without the class', system, { write: 'originate,call,command' }, false],
    ['write with config, for configuration', 'UpdateConfig | SrcFilename: a.conf', { write: 'config' }, true],
    ['write with command, for reading', 'Command | Command: core show channels', { write: 'command' }, true],
    ['write with command, for stopping', 'Command | Command: core stop now', { write: 'command' }, false],
    ['no class, for a file elsewhere', 'GetConfig | Filename: /etc/passwd', { write: 'all' }, false],
    ['a rule that names the field', system, { allow: ['Originate Application=System'] }, true],
    ['a rule that names another field', system, { allow: ['Originate Channel=Local/*'] }, false],
    ['a rule for every action', 'Reload', { allow: ['*'] }, false],
    ['a rule for some actions', 'Reload', { allow: ['Re*'] }, false],
    ['a rule for the action', 'Reload', { allow: ['reload'] }, true],
    ['a rule for a command', 'Command | Command: module reload x', { allow: ['Command Command="module reload *"'] }, true],
    ['a rule for every command', 'Command | Command: module reload x', { allow: ['Command'] }, false],
    [
      'a rule for the application, for its data',
      'Originate | Channel: Local/1@a | Application: Set | Data: FILE(/x)=1',
      { allow: ['Originate Application=Set'] },
      false
    ]
  ] as const) {
    it(`is ${isAllowed ? '' : 'not '}granted by ${how}`, () => {
      expect(decide(action, options as Partial<typeof plain>).allowed).toBe(isAllowed)
    })
  }
})
