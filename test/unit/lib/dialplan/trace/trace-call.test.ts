// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Asterisk's variables
import { describe, expect, it } from 'vitest'
import { MemoryFiles } from '../../../../../src/lib/asterisk-config/files.js'
import { loadTraceFiles, makeScene } from '../../../../../src/lib/dialplan/trace/load-scene.js'
import { traceCall } from '../../../../../src/lib/dialplan/trace/trace-call.js'
import { play, shown, steps } from './play.js'

const endpoints = `[phone](!)
type = endpoint
context = c
message_context = texts
set_var = TRUNK=itsp
[alice](phone)
aors = alice
callerid = "Alice A" <+461>
mailboxes = alice@example.org
[alice]
type = aor
max_contacts = 2
[bob](phone)
aors = bob
[bob]
type = aor
[itsp]
type = endpoint
aors = itsp
[itsp]
type = aor
contact = sip:itsp.example
`

describe('a call', () => {
  it('comes from an endpoint: its context, caller id and variables', () => {
    const files = {
      'extensions.conf': '[c]\nexten => 1,1,NoOp(${CALLERID(all)} ${TRUNK} ${CHANNEL(endpoint)})\n',
      'pjsip.conf': endpoints
    }
    expect(play(files, { number: '1', from: 'alice' }).steps[0]!.appData).toBe('"Alice A" <+461> itsp alice')
    expect(() => play(files, { from: 'nobody' })).toThrow('There is no endpoint nobody')
    expect(() => play(files, { context: undefined as never })).toThrow('needs a context')
  })

  it('rings the contacts of an endpoint, and knows who cannot be reached', () => {
    const text = steps('Dial(${PJSIP_DIAL_CONTACTS(alice)}&PJSIP/bob&PJSIP/+4612@itsp&PJSIP/none,30,g)', 'NoOp(${DIALSTATUS})')
    const trace = play({ 'extensions.conf': text, 'pjsip.conf': endpoints })
    expect(trace.devices.map(({ endpoint, status }) => [endpoint, status])).toEqual([
      ['alice', 'ANSWER'],
      ['bob', 'CHANUNAVAIL'],
      ['itsp', 'ANSWER'],
      ['none', 'CHANUNAVAIL']
    ])
    expect(trace.steps.at(-1)!.appData).toBe('ANSWER')
  })

  it('has what was chosen for each Dial, or for a device', () => {
    const text = steps(
      'Dial(SIP/a)',
      'NoOp(${DIALSTATUS} ${HANGUPCAUSE})',
      'Dial(SIP/b)',
      'NoOp(${DIALSTATUS})',
      'Dial(SIP/c&SIP/d)',
      'NoOp(no)'
    )
    const trace = play(text, { dial: ['NOANSWER', 'BUSY', 'SIP/c=CANCEL'] })
    expect(shown(trace).filter((one) => one.includes('NoOp'))).toEqual(['s@c:2 NoOp(NOANSWER 19)', 's@c:4 NoOp(BUSY)'])
    expect(trace.dialStatus).toBe('CANCEL')
  })

  it('goes through Local channels, whose devices it rings', () => {
    const text = `${steps('Dial(Local/1@d&Local/2@d,10,g)', 'NoOp(${DIALSTATUS})')}[d]\nexten => 1,1,Dial(SIP/one)\nexten => 2,1,Dial(SIP/two)\n`
    const trace = play(text, { dial: ['SIP/one=BUSY', 'SIP/two=ANSWER'] })
    expect(trace.devices.map(({ device, leg }) => [device, leg])).toEqual([
      ['SIP/one', 1],
      ['SIP/two', 2]
    ])
    expect(trace.legs.map(({ channel, parent, isAnswered }) => [channel, parent, isAnswered])).toEqual([
      ['PJSIP/caller-00000000', undefined, true],
      ['Local/1@d', 0, false],
      ['Local/2@d', 0, true]
    ])
  })

  it('does not dial itself for ever', () => {
    const trace = play('[c]\nexten => s,1,Dial(Local/s@c&Local/s@c)\n')
    expect(trace.legs[0]!.end).toBe('too-many-steps')
  })

  it('is a message in the message context', () => {
    const text =
      '[texts]\nexten => 1,1,NoOp(${MESSAGE(body)} ${CUT(MESSAGE(from),@,1)})\n same => n,MessageSend(x,y)\n same => n,NoOp(${MESSAGE_SEND_STATUS})\n'
    const trace = play(
      { 'extensions.conf': text, 'pjsip.conf': endpoints },
      { number: '1', from: 'alice', message: 'hi ${EXTEN}' }
    )
    expect(shown(trace)).toEqual([
      '1@texts:1 NoOp(hi ${EXTEN} <sip:alice)',
      '1@texts:2 MessageSend(x,y)',
      '1@texts:3 NoOp(SUCCESS)'
    ])
  })

  it('says who else could have been it, and why not', () => {
    const text =
      '[c]\ninclude => d\nexten => _1X,1,NoOp(won)\nexten => 1[2]/99,1,NoOp(x)\nexten => _X.,1,NoOp(x)\nexten => _[12]X,1,NoOp(x)\n[d]\nexten => 12,1,NoOp(x)\n'
    const [first] = play(text, { number: '12' }).steps
    expect(first!.matched).toBe('_1X')
    expect(first!.rivals.map(({ extension, context, reason, line }) => [extension, context, reason, line])).toEqual([
      ['_[12]X', 'c', '_1X is closer, compared character by character', 6],
      ['_X.', 'c', '_1X is closer, compared character by character', 5],
      ['12', 'd', 'c is looked into before d', 8]
    ])
  })

  it('ends at a loop that cannot end, and at the bound for others', () => {
    expect(play(steps('NoOp(a)', 'Goto(1)')).legs[0]).toMatchObject({ end: 'loop', reason: expect.stringContaining('s,1') })
    const counting = play(steps('Set(i=0)', 'Set(i=$[${i} + 1])', 'Goto(2)'), { maxSteps: 50 })
    expect(counting.legs[0]!.end).toBe('too-many-steps')
    expect(counting.steps).toHaveLength(50)
  })

  it('does not take a loop that counts for one without end', () => {
    const trace = play(steps('Set(i=0)', 'Set(i=$[${i} + 1])', 'GotoIf($[${i} < 20]?2)', 'NoOp(${i})'))
    expect(trace.steps.at(-1)!.appData).toBe('20')
  })

  it.each([
    ['a number that is none', '[c]\nexten => 1,1,NoOp()\n', 'invalid'],
    ['no such context', '[d]\nexten => s,1,NoOp()\n', 'no-context'],
    ['the end of the priorities', steps('NoOp()'), 'fell-through'],
    ['a hang-up', steps('Hangup()'), 'hangup'],
    ['no digit in time', '[general]\nautofallthrough=no\n[c]\nexten => s,1,NoOp()\n', 'no-timeout-extension']
  ])('ends with %s', (_, text, end) => {
    expect(play(text).legs[0]!.end).toBe(end)
  })

  it('has results of applications that were asked for', () => {
    const text = steps('AGI(x)', 'NoOp(${AGISTATUS})', 'MyApp(y)', 'NoOp(${V})', 'VoiceMail(1)', 'NoOp(no)')
    const results = new Map([
      ['agi', { variables: [['AGISTATUS', 'FAILURE']] as const, endsCall: false }],
      ['myapp', { variables: [['V', 'ö']] as const, endsCall: false }],
      ['voicemail', { variables: [], endsCall: true }]
    ])
    const trace = play(text, { results })
    expect(shown(trace).filter((one) => one.includes('NoOp'))).toEqual(['s@c:2 NoOp(FAILURE)', 's@c:4 NoOp(ö)'])
    expect(play(text).steps[2]!.warnings).toEqual(['MyApp is not simulated: the call goes on'])
  })

  it.each([
    ['Background', steps('Background(x)', 'WaitExten(5)', 'NoOp(no)'), '2'],
    ['a time that runs out first', steps('Background(x)', 'WaitExten(5)', 'NoOp(no)'), 'w2']
  ])('goes where a digit leads: %s', (_, text, digits) => {
    expect(shown(play(`${text}exten => 2,1,NoOp(two)\n`, { digits })).at(-1)).toBe('2@c:1 NoOp(two)')
  })

  it('waits for more digits after Incomplete', () => {
    const text = '[c]\nexten => 1,1,Incomplete()\nexten => 12,1,NoOp(${EXTEN})\nexten => t,1,NoOp(t)\n'
    expect(shown(play(text, { number: '1', digits: '2' })).at(-1)).toBe('12@c:1 NoOp(12)')
    expect(shown(play(text, { number: '1' })).at(-1)).toBe('t@c:1 NoOp(t)')
  })

  it('reads a queue as a device, and its status', () => {
    const text = steps('Queue(sales)', 'NoOp(${QUEUESTATUS})')
    expect(play(text).devices).toMatchObject([{ device: 'Queue/sales', status: 'ANSWER' }])
    expect(play(text, { dial: ['TIMEOUT'] }).steps.at(-1)!.appData).toBe('TIMEOUT')
  })

  it('lets a callee go on with F, and run h with e', () => {
    const trace = play(`${steps('Dial(SIP/a,,F(c^callee^1))')}exten => callee,1,NoOp(callee)\n`)
    expect(trace.steps.map(({ leg, appData }) => [leg, appData])).toEqual([
      [0, 'SIP/a,,F(c^callee^1)'],
      [1, 'callee']
    ])
  })

  it('takes 10 ms at most among 10,000 users', () => {
    const users = Array.from(
      { length: 10_000 },
      (_, index) =>
        `exten => +46${10_000_000 + index},hint,PJSIP/u${index}\nexten => +46${10_000_000 + index},1,Goto(route,\${EXTEN},1)\n`
    )
    const text = `[c]\ninclude => users\nexten => _X.,1,Goto(c,+\${EXTEN},1)\n[users]\n${users.join('')}[route]\nexten => _+X.,1,Set(user=\${CUT(HINT,/,2)})\n same => n,GotoIf($["\${user}" = ""]?out)\n same => n(out),Dial(PJSIP/\${EXTEN}@trunk)\n`
    const loaded = loadTraceFiles(new MemoryFiles({ 'extensions.conf': text }))
    traceCall(makeScene(loaded), { number: '4610000001', context: 'c' })
    const times = Array.from({ length: 9 }, (_, round) => {
      const start = performance.now()
      const trace = traceCall(makeScene(loaded), { number: `46${10_000_000 + round * 1111}`, context: 'c' })
      expect(trace.devices).toHaveLength(1)
      return performance.now() - start
    })
    expect(times.sort((a, b) => a - b)[4]).toBeLessThan(10)
  })
})
