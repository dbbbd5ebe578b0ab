/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the dialplan are written so */
import { describe, expect, it } from 'vitest'
import { readCommand } from '../../../../src/lib/agi/command.js'
import { CommandPolicy, type CommandPolicyOptions } from '../../../../src/lib/agi/policy.js'

function refusal(line: string, options?: CommandPolicyOptions): string | undefined {
  return new CommandPolicy(options).refusal(readCommand(Buffer.from(line)))
}

describe('the policy that is on by default', () => {
  it.each([
    ['ANSWER'],
    ['GET VARIABLE SANDBOX_USERNAME'],
    ['GET VARIABLE CALLERID(num)'],
    ['SET VARIABLE BRIDGE_OUTCOME "SUCCESS"'],
    ['SET VARIABLE CALLERID(name) "a (b) ${X}"'],
    ['SET VARIABLE CHANNEL(language) de'],
    ['GET FULL VARIABLE ${SANDBOX_USERNAME}-${CHANNEL(name)}'],
    ['GET FULL VARIABLE "system (load) of ${X:1} is $[1 + 2]"'],
    ['STREAM FILE demo-congrats ""'],
    ['EXEC Playback digits/2'],
    ['EXEC NoOp "hello (world)"'],
    ['EXEC Set A=1'],
    ['EXEC Set CALLERID(name)=x'],
    ['HANGUP'],
    ['CHANNEL STATUS'],
    ['SAY NUMBER 7 ""']
  ])('lets %s through', (line) => {
    expect(refusal(line)).toBeUndefined()
  })

  it.each([
    ['EXEC System "true"', 'application System'],
    ['exec "sys\\tem" true', 'application system'],
    ['EXEC trysystem true', 'application trysystem'],
    ['EXEC " System" true', 'application System'],
    ['EXEC TryExec System(true)', 'application TryExec'],
    ['EXEC MinivmNotify a', 'application MinivmNotify'],
    ['EXEC AGI agi://x', 'application AGI'],
    ['EXEC MSet A=1', 'application MSet'],
    ['EXEC Set SHELL(x)=1', 'function SHELL'],
    ['EXEC Set "_FILE(/etc/x)=1"', 'function FILE'],
    ['EXEC Set ${F}=1', 'put together'],
    ['EXEC Set AGIEXECFULL=yes', 'variable AGIEXECFULL'],
    ['EXEC NoOp ${SHELL(id)}', 'function SHELL'],
    ['EXEC NoOp a ${SHELL(id)}', 'function SHELL'],
    ['SET VARIABLE __AGIEXECFULL yes', 'variable AGIEXECFULL'],
    ['SET VARIABLE "agiexecfull" yes', 'variable agiexecfull'],
    ['SET VARIABLE SANDBOX_USERNAME other', 'variable SANDBOX_USERNAME'],
    ['SET VARIABLE CHANNEL(hangup_handler_push) a,b,1', 'function CHANNEL'],
    ['SET VARIABLE CALLERID(${SHELL(id)}) x', 'put together'],
    ['SET VARIABLE CALLERID(SHELL(id)) x', 'function SHELL'],
    ['SET VARIABLE (x) y', 'missing'],
    ['GET VARIABLE SHELL(id)', 'function SHELL'],
    ['GET VARIABLE "CUT(SHELL(id),-,1)"', 'function CUT'],
    ['GET VARIABLE LEN(DB(a/b))', 'function DB'],
    ['GET FULL VARIABLE "${SHELL(id -un)}"', 'function SHELL'],
    ['GET FULL VARIABLE "${shell(id)"', 'function SHELL'],
    ['GET FULL VARIABLE ${LEN(${DB(a/b)})}', 'function DB'],
    ['GET FULL VARIABLE ${SHE${X}LL(id)}', 'put together'],
    ['GET FULL VARIABLE ${${X}}', 'put together'],
    ['GET FULL VARIABLE ${X} SIP/other-1', 'another channel'],
    ['HANGUP SIP/other-1', 'another channel'],
    ['CHANNEL STATUS SIP/other-1', 'another channel'],
    ['DATABASE GET a b', 'command DATABASE GET'],
    ['database deltree a', 'command DATABASE DELTREE'],
    ['RECORD FILE /tmp/x wav "" 1', 'command RECORD FILE'],
    ['SPEECH CREATE x', 'command SPEECH CREATE'],
    ['GOSUB a b 1', 'command GOSUB'],
    ['SET CONTEXT internal', 'command SET CONTEXT'],
    ['FOO BAR', 'unknown command'],
    ['', 'no command']
  ])('refuses %s', (line, why) => {
    expect(refusal(line)).toContain(why)
  })
})

describe('a policy of the operator', () => {
  it('lets only listed applications through', () => {
    const options = { applications: { allow: ['Playback', 'Say*'] } }
    expect(refusal('EXEC playback x', options)).toBeUndefined()
    expect(refusal('EXEC SayDigits 1', options)).toBeUndefined()
    expect(refusal('EXEC Wait 1', options)).toContain('Wait')
    expect(refusal('EXEC', options)).toContain('application')
  })

  it('lets only listed commands through', () => {
    const options = { commands: { allow: ['ANSWER', 'SAY *'] } }
    expect(refusal('answer', options)).toBeUndefined()
    expect(refusal('SAY ALPHA a ""', options)).toBeUndefined()
    expect(refusal('NOOP', options)).toContain('NOOP')
  })

  it('may allow what is denied by default', () => {
    expect(refusal('EXEC System true', { applications: { deny: [] } })).toBeUndefined()
    expect(refusal('HANGUP SIP/other-1', { otherChannels: true })).toBeUndefined()
    expect(refusal('GET VARIABLE DB(a/b)', { readableFunctions: ['DB'] })).toBeUndefined()
    expect(refusal('SET VARIABLE DB(a/b) c', { writableFunctions: ['DB(a/b)'] })).toBeUndefined()
    expect(refusal('SET VARIABLE DB(a/c) c', { writableFunctions: ['DB(a/b)'] })).toContain('DB')
    expect(refusal('SET VARIABLE SANDBOX_USERNAME x', { deniedVariables: [] })).toBeUndefined()
  })
})
