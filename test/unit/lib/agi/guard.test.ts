import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeCommand } from '../../../../src/lib/agi/command.js'
import { AgiGuard, type GuardOptions, type GuardStep } from '../../../../src/lib/agi/guard.js'
import { droppedLines } from '../../../../src/lib/agi/outcome.js'
import { CommandPolicy } from '../../../../src/lib/agi/policy.js'
import { unknownCommandReply } from '../../../../src/lib/agi/reply-writer.js'
import { type AgiRecording, agiSessions, cutAt, recordingOf, saidBy, splitHeaders } from '../../support/agi-recordings.js'
import { latin1 } from '../../support/chunks.js'

const anything = new CommandPolicy({
  commands: { deny: [] },
  applications: { deny: [] },
  deniedVariables: [],
  readableFunctions: ['CHANNEL', 'SHELL', 'GLOBAL', 'CALLERID'],
  otherChannels: true
})

/** A guard, and what it did so far. */
class Guarded {
  readonly guard: AgiGuard
  readonly toAsterisk: Buffer[] = []
  readonly toApplication: Buffer[] = []
  readonly notices: string[] = []
  ends = 0
  dropped: string | undefined

  constructor(options: GuardOptions = {}) {
    this.guard = new AgiGuard({ policy: anything, ...options })
  }

  /** The application's bytes, in a buffer that is used again. */
  application(bytes: string | Buffer): this {
    const lent = Buffer.from(typeof bytes === 'string' ? latin1(bytes) : bytes)
    this.#note(this.guard.fromApplication(lent), lent)
    return this
  }

  asterisk(bytes: string | Buffer): this {
    return this.#note(this.guard.fromAsterisk(typeof bytes === 'string' ? latin1(bytes) : bytes))
  }

  end(): this {
    return this.#note(this.guard.applicationEnded())
  }

  drop(): this {
    return this.#note(this.guard.drop('tunnel-lost'))
  }

  get asteriskSaw(): string {
    return Buffer.concat(this.toAsterisk).toString('latin1')
  }

  get applicationSaw(): string {
    return Buffer.concat(this.toApplication).toString('latin1')
  }

  #note(step: GuardStep, lent?: Buffer): this {
    this.toAsterisk.push(...step.toAsterisk.map((bytes) => Buffer.from(bytes)))
    this.toApplication.push(...step.toApplication.map((bytes) => Buffer.from(bytes)))
    this.notices.push(...step.notices.map(({ type }) => type))
    if (step.endAsterisk) this.ends++
    this.dropped ??= step.dropped
    lent?.fill(0x0a)
    return this
  }
}

/** Answers every command line that has come since, one at a time, as Asterisk would if it were asked so. */
function answerAll(guarded: Guarded, seen = 0): void {
  for (let answered = seen; answered < guarded.toAsterisk.length; answered++) {
    const lines = guarded.toAsterisk[answered]!.toString('latin1')
    if (!/^(?!failure).*\n$/.test(lines)) return
    guarded.asterisk('200 result=0\n')
  }
}

/** Says what the recording says, in its order; replies that came for what the guard keeps back are left out. */
function replay(recording: AgiRecording): Guarded {
  const guarded = new Guarded()
  let hasHeaders = false
  for (const [from, text] of recording.segments) {
    if (from === '<S') guarded.application(text)
    else if (hasHeaders) guarded.asterisk(text)
    else hasHeaders = text.endsWith('\n\n')
  }
  return guarded.end()
}

/** What the guard changes on purpose. */
const changed = new Set([
  ...['02-errors', '12-half-close-with-pending', '13-pipelined', '14-crlf', '15b-unterminated-close', '16-oversized-command'],
  ...['18-nul-and-8bit', '29-input-interrupts-stream', '33-many-args', '99-arg-overflow']
])

describe('the guard', () => {
  it.each(agiSessions.filter(({ name }) => !changed.has(name)))('changes no byte of $name', (recording) => {
    const guarded = replay(recording)
    expect(guarded.asteriskSaw).toBe(saidBy('<S', recording).toString('latin1'))
    expect(guarded.applicationSaw).toBe(splitHeaders(recording).replies.toString('latin1'))
    expect(guarded.dropped).toBeUndefined()
    expect(guarded.ends).toBe(1)
  })

  it.each(agiSessions)('sends only whole lines of $name, one at a time', (recording) => {
    const guarded = new Guarded()
    for (const byte of saidBy('<S', recording)) {
      guarded.application(Buffer.from([byte]))
      answerAll(guarded, Math.max(0, guarded.toAsterisk.length - 1))
    }
    guarded.end()
    for (const bytes of guarded.toAsterisk.slice(0, guarded.dropped ? -1 : undefined))
      expect(bytes.toString()).toMatch(/^[^\n]*\n$/)
  })

  it('forwards half a line never, also when the application ends', () => {
    const guarded = new Guarded().application('GET VARIABLE SANDBOX_USERNAME')
    expect(guarded.toAsterisk).toEqual([])
    guarded.end()
    expect(guarded.asteriskSaw).toBe('')
    expect(guarded.ends).toBe(1)
    expect(guarded.notices).toEqual(['half-line'])
    const recorded = replay(recordingOf('15b-unterminated-close'))
    expect(recorded.asteriskSaw).toBe('')
  })

  it('keeps pipelined commands until the one in front is answered', () => {
    const guarded = new Guarded().application(saidBy('<S', recordingOf('13-pipelined')))
    expect(guarded.asteriskSaw).toBe('GET VARIABLE SANDBOX_USERNAME\n')
    expect(guarded.notices).toEqual(['pipelined'])
    guarded.asterisk('200 result=1 (jick').asterisk('sta)')
    expect(guarded.toAsterisk).toHaveLength(1)
    guarded.asterisk('\n')
    expect(guarded.asteriskSaw.endsWith('SET VARIABLE BRIDGE_OUTCOME SUCCESS\n')).toBe(true)
    guarded.asterisk('HANGUP\n100 result=0 Trying...\n520-Invalid\n200 result=1\n')
    expect(guarded.toAsterisk).toHaveLength(2)
    guarded.asterisk('520 End of proper usage.\n')
    expect(guarded.asteriskSaw.endsWith('NOOP\n')).toBe(true)
    expect(guarded.notices).toEqual(['pipelined'])
  })

  it('does not let a second command interrupt what plays', () => {
    const guarded = new Guarded().application('STREAM FILE demo-congrats ""\nNOOP\n')
    expect(guarded.asteriskSaw).toBe('STREAM FILE demo-congrats ""\n')
  })

  it('runs what waits when the application has ended, then ends', () => {
    const guarded = new Guarded()
      .application(saidBy('<S', recordingOf('12-half-close-with-pending')))
      .application('HALF')
      .end()
    expect([guarded.asteriskSaw, guarded.ends]).toEqual(['SET VARIABLE BRIDGE_OUTCOME FAILED\n', 0])
    guarded.asterisk('200 result=1\n')
    expect([guarded.asteriskSaw.endsWith('\nNOOP\n'), guarded.ends]).toEqual([true, 1])
    guarded.asterisk('200 result=0\nHANGUP\n')
    expect(guarded.applicationSaw).toBe('200 result=1\n200 result=0\nHANGUP\n')
    expect(guarded.notices).toEqual(['pipelined', 'half-line'])
  })

  it('ends at once when nothing waits, though a file plays', () => {
    expect(new Guarded().application('STREAM FILE x ""\n').end().ends).toBe(1)
  })

  it('takes a CR off the end of a line', () => {
    const guarded = new Guarded()
    guarded.application(saidBy('<S', recordingOf('14-crlf')))
    answerAll(guarded)
    expect(guarded.asteriskSaw).toBe('GET VARIABLE SANDBOX_USERNAME\nNOOP\nSET VARIABLE X "1"\nGET VARIABLE X\n')
  })

  it('answers a line with a NUL itself', () => {
    const guarded = new Guarded().application('NOOP a\0b\nNOOP\n')
    expect(guarded.asteriskSaw).toBe('NOOP\n')
    expect(guarded.applicationSaw).toBe(unknownCommandReply.toString())
    expect(guarded.notices).toEqual(['refused'])
  })

  it('answers what the policy refuses, when its turn comes', () => {
    const guarded = new Guarded({ policy: new CommandPolicy() })
    guarded.application('ANSWER\nEXEC System "true"\nNOOP\n')
    expect(guarded.applicationSaw).toBe('')
    guarded.asterisk('200 result=0\n')
    expect(guarded.applicationSaw).toBe('200 result=0\n510 Invalid or unknown command\n')
    expect(guarded.asteriskSaw).toBe('ANSWER\nNOOP\n')
    expect(guarded.guard.forwarded).toBe(2)
  })

  it.each([
    ['a recorded line of 20,000 bytes', saidBy('<S', recordingOf('16-oversized-command')), 'app-line-too-long'],
    ['100,000 bytes without an end', Buffer.alloc(100_000, 'x'), 'app-line-too-long'],
    ['one byte too many', Buffer.from(`NOOP ${'x'.repeat(8186)}\n`), 'app-line-too-long'],
    ['600 quoted words, which kill Asterisk', saidBy('<S', recordingOf('99-arg-overflow')), 'app-line-too-long'],
    ['101 words', Buffer.from(`NOOP${' ""'.repeat(100)}\n`), 'app-line-too-long'],
    ['101 commands that are refused', Buffer.from('FOO\n'.repeat(101)), 'app-command-denied']
  ])('gives the call up for %s', (_, bytes, reason) => {
    for (const chunks of [[bytes], cutAt(bytes, [0.1, 0.11, 0.5, 0.9])]) {
      const guarded = new Guarded()
      for (const chunk of chunks) guarded.application(chunk)
      expect(guarded.dropped).toBe(reason)
      expect(guarded.asteriskSaw).toBe(droppedLines(reason as 'app-line-too-long').toString())
      expect(guarded.ends).toBe(1)
    }
  })

  it('lets the longest line and 100 words through', () => {
    const longest = `NOOP ${'x'.repeat(8185)}\n`
    const widest = `NOOP${' ""'.repeat(99)}\n`
    const guarded = new Guarded().application(longest + widest).asterisk('200 result=0\n')
    expect(guarded.asteriskSaw).toBe(longest + widest)
  })

  it('passes the wish to fail on, and nothing after it', () => {
    const guarded = new Guarded().application('NOOP\nFailure: I give up\nNOOP\n').asterisk('200 result=0\n')
    expect(guarded.asteriskSaw).toBe('NOOP\nFailure: I give up\n')
    expect(guarded.ends).toBe(1)
    guarded.application('NOOP\n').asterisk('HANGUP\n').end().drop()
    expect(guarded.asteriskSaw).toBe('NOOP\nFailure: I give up\n')
    expect(guarded.applicationSaw).toBe('200 result=0\nHANGUP\n')
    expect([guarded.ends, guarded.dropped]).toEqual([1, undefined])
  })

  it('tells the dialplan of a lost tunnel, whatever waits', () => {
    const guarded = new Guarded().application('STREAM FILE x ""\nNOOP\nHALF').drop()
    expect(guarded.asteriskSaw).toBe(`STREAM FILE x ""\n${droppedLines('tunnel-lost')}`)
    expect([guarded.ends, guarded.guard.isFull]).toEqual([1, false])
  })

  it('asks for a pause while much waits', () => {
    const guarded = new Guarded({ maxWaitingBytes: 20 }).application('NOOP\n'.repeat(7))
    expect(guarded.guard.isFull).toBe(true)
    guarded.asterisk('200 result=0\n').asterisk('200 result=0\n')
    expect(guarded.guard.isFull).toBe(false)
  })

  it('takes a reply beyond all limits for one', () => {
    const guarded = new Guarded().application('NOOP\nNOOP\n')
    const long = `200 result=1 (${'x'.repeat(70_000)}`
    guarded.asterisk(long)
    expect(guarded.toAsterisk).toHaveLength(2)
    expect(guarded.applicationSaw).toBe(long)
  })

  it('gives Asterisk every command that was sent, in its order, however the bytes are cut', () => {
    const word = fc.string({ unit: fc.constantFrom('a', ' ', '"', '\\', '(', 'é'), maxLength: 6 })
    const command = fc.array(word, { maxLength: 5 }).map((args) => encodeCommand(['VERBOSE', ...args]))
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 10 })
    const replies = fc.array(
      fc.constantFrom('200 result=0\n', '511 Command\n', '520-x\nHANGUP\n520 End\n', 'HANGUP\n200 result=1 (a\n)\n'),
      {
        minLength: 1,
        maxLength: 4
      }
    )
    fc.assert(
      fc.property(fc.array(command, { maxLength: 12 }), cuts, replies, (commands, places, answers) => {
        const guarded = new Guarded()
        let answered = 0
        for (const chunk of cutAt(Buffer.concat(commands), places)) {
          guarded.application(chunk)
          expect(guarded.toAsterisk.length - answered).toBeLessThanOrEqual(1)
          if (answered < guarded.toAsterisk.length) guarded.asterisk(answers[answered++ % answers.length]!)
        }
        guarded.end()
        while (answered < guarded.toAsterisk.length) {
          expect(guarded.toAsterisk.length - answered).toBe(1)
          guarded.asterisk(answers[answered++ % answers.length]!)
        }
        expect(guarded.toAsterisk.map(String)).toEqual(commands.map(String))
        expect(guarded.ends).toBe(1)
      })
    )
  })

  it('never throws, and never sends what is no whole line, whatever both sides say', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 30 }).map((array) => Buffer.from(array)),
      fc.constantFrom('NOOP\n', 'failure', '\n', '200 result=0\n', '520-\n', 'x'.repeat(9000), 'EXEC "', '\0').map(latin1)
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), bytes), { maxLength: 30 }), (pushes) => {
        const guarded = new Guarded({ policy: new CommandPolicy() })
        for (const [isApplication, chunk] of pushes) isApplication ? guarded.application(chunk) : guarded.asterisk(chunk)
        guarded.end()
        expect(guarded.asteriskSaw).toMatch(/^([^\n]*\n)*$/)
        expect(guarded.asteriskSaw).not.toContain('\0')
      })
    )
  })
})
