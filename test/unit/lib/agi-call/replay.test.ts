import { duplexPair } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { readCommand } from '../../../../src/lib/agi/command.js'
import { maxCommandLineBytes } from '../../../../src/lib/agi/limits.js'
import { ReplyReader } from '../../../../src/lib/agi/reply-reader.js'
import { fixedReplies } from '../../../../src/lib/agi-call/fixed-replies.js'
import type { CallReport } from '../../../../src/lib/agi-call/play-call.js'
import { playCall } from '../../../../src/lib/agi-call/play-call.js'
import { replayAnswers, replayDifferences } from '../../../../src/lib/agi-call/replay.js'
import { parseTranscript } from '../../../../src/lib/agi-transcript/entry.js'
import { type RecordedCall, readRecordedCall } from '../../../../src/lib/agi-transcript/recorded-call.js'
import { UsageError } from '../../../../src/lib/errors.js'
import { agiSessions, recordingOf } from '../../support/agi-recordings.js'
import { asTranscript } from '../../support/agi-transcripts.js'

const recorded = (name: string) => readRecordedCall(parseTranscript(asTranscript(recordingOf(name))))

/** Plays the recording to an application that says these lines, each when the last was answered. */
async function play(
  call: RecordedCall,
  lines: readonly string[]
): Promise<{ report: CallReport; said: string[]; hangupAfter: number[] }> {
  const [ours, theirs] = duplexPair()
  const replies = new ReplyReader()
  const said: string[] = []
  const hangupAfter: number[] = []
  let next = 0
  let isInHeaders = true
  const tell = () => (next < lines.length ? void theirs.write(Buffer.from(`${lines[next++]}\n`)) : void theirs.end())
  theirs.on('data', (chunk: Buffer) => {
    let bytes = chunk
    if (isInHeaders) {
      isInHeaders = false
      bytes = chunk.subarray(chunk.indexOf('\n\n') + 2)
      setImmediate(tell)
    }
    for (const message of replies.push(bytes)) {
      if (message.kind === 'hangup') hangupAfter.push(said.length)
      if (message.kind !== 'reply') continue
      said.push(message.bytes.toString())
      setImmediate(tell)
    }
  })
  theirs.on('end', () => theirs.end())
  const { ended } = playCall(ours, {
    headers: call.headers,
    answer: replayAnswers(call),
    ...(call.hungUpAfter !== undefined && { hangsUpAfterCommands: call.hungUpAfter })
  })
  return { report: await ended, said, hangupAfter }
}

/** All of their lines are answered; the others wait for something that an application in order does not do. */
const answered = agiSessions
  .map(({ name }) => name)
  .filter((name) => {
    const { exchanges } = recorded(name)
    return exchanges.length > 0 && exchanges.every(({ line, said }) => said !== undefined && line.length < maxCommandLineBytes)
  })

describe('a replay', () => {
  it('has most of the recordings', () => expect(answered.length).toBeGreaterThan(12))

  it.each(answered)('says what Asterisk said, to an application that says what it said: %s', async (name) => {
    const call = recorded(name)
    const lines = call.exchanges.map(({ line }) => line)
    const { report, said, hangupAfter } = await play(call, lines)
    expect(said.slice(0, lines.length)).toEqual(call.exchanges.map((exchange) => exchange.said))
    expect(replayDifferences(call, report)).toEqual([])
    if (call.hungUpAfter !== undefined) expect(hangupAfter[0]).toBe(call.hungUpAfter)
  })

  it('tells where the application says something else, more, or less', async () => {
    const call = recorded('01-basic')
    const lines = call.exchanges.map(({ line }) => line)
    const changed = lines.with(1, 'NOOP changed')
    expect(replayDifferences(call, (await play(call, changed)).report)).toEqual([
      { command: 2, recorded: lines[1], now: 'NOOP changed' }
    ])
    expect(replayDifferences(call, (await play(call, lines.slice(0, -1))).report)).toEqual([
      { command: lines.length, recorded: lines.at(-1), now: undefined }
    ])
    const more = [...lines, 'NOOP more']
    expect(replayDifferences(call, (await play(call, more)).report)).toMatchObject([{ recorded: undefined, now: 'NOOP more' }])
  })

  it('takes another quoting for the same command', () => {
    const call = { headers: [], hungUpAfter: undefined, exchanges: [{ line: 'SET VARIABLE X "a b"', said: '200 result=1\n' }] }
    const report = { commands: [{ line: 'set  variable "X" "a b"', said: '', atMs: 0 }] } as unknown as CallReport
    expect(replayDifferences(call, report)).toEqual([])
  })
})

describe("replies of one's own", () => {
  it('answer every command that begins with their words', () => {
    const answer = fixedReplies(['get data=200 result=5', 'SET VARIABLE X=511 no'])
    const to = (line: string) => answer(readCommand(Buffer.from(line)))?.toString()
    expect([to('GET DATA x'), to('GET DATA "y" 1'), to('SET VARIABLE X 1'), to('SET VARIABLE Y 1')]).toEqual([
      '200 result=5\n',
      '200 result=5\n',
      '511 no\n',
      undefined
    ])
  })

  it.each(['ANSWER', '=200', 'ANSWER=', 'ANSWER=a\nb'])('are refused when they are %j', (text) => {
    expect(() => fixedReplies([text])).toThrow(UsageError)
  })
})
