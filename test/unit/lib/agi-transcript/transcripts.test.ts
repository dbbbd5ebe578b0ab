import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { formatEntry, parseTranscript, type TranscriptEntry } from '../../../../src/lib/agi-transcript/entry.js'
import { callsOf, readRecordedCall } from '../../../../src/lib/agi-transcript/recorded-call.js'
import { transcriptsInFile, transcriptsInFolder } from '../../../../src/lib/agi-transcript/transcripts.js'
import { DataError, IoError, PbxkitError } from '../../../../src/lib/errors.js'
import { agiSessions, recordingOf, splitHeaders } from '../../support/agi-recordings.js'
import { asTranscript } from '../../support/agi-transcripts.js'

function folder(): string {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-transcript-'))
  onTestFinished(() => fs.rmSync(made, { recursive: true, force: true }))
  return made
}

describe('an entry of a transcript', () => {
  const entry: fc.Arbitrary<TranscriptEntry> = fc.record({
    call: fc.option(fc.string(), { nil: undefined }),
    t: fc.nat(),
    from: fc.constantFrom('asterisk' as const, 'application' as const),
    bytes: fc.option(
      fc.oneof(fc.uint8Array(), fc.string({ unit: 'grapheme' })).map((value) => Buffer.from(value as string)),
      { nil: undefined }
    )
  })

  it('is read as it was written, whatever bytes it has', () => {
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const text = entries.map((one) => `${formatEntry(one)}\n`).join('')
        expect(parseTranscript(text)).toEqual(entries)
      })
    )
  })

  it('shows text as text, and keeps what is none', () => {
    const say = (bytes: Buffer) => formatEntry({ call: 'a', t: 0.5, from: 'asterisk', bytes })
    expect(say(Buffer.from('200 result=0\n'))).toBe('{"call":"a","t":0.5,"from":"asterisk","text":"200 result=0\\n"}')
    expect(JSON.parse(say(Buffer.from([0xff, 0x0a]))).base64).toBe('/wo=')
  })

  it.each(['nonsense', '7', '{"from":"nobody","text":""}', '{"from":"asterisk"}'])('is refused when it is %j', (line) => {
    expect(() => parseTranscript(`{"remark":"fine"}\n${line}\n`)).toThrow(/^Line 2 of the transcript/)
  })

  it('throws nothing but errors of ours, whatever a file has', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          for (const entries of callsOf(parseTranscript(text)).values()) readRecordedCall(entries)
        } catch (error) {
          expect(error).toBeInstanceOf(PbxkitError)
        }
      })
    )
  })
})

describe('a recorded call', () => {
  it.each(agiSessions.map(({ name }) => name))('is what was recorded: %s', (name) => {
    const recording = recordingOf(name)
    const call = readRecordedCall(parseTranscript(asTranscript(recording)))
    expect(call.headers.length).toBe(splitHeaders(recording).headers.toString().trimEnd().split('\n').length)
    const commands = recording.segments
      .filter(([from]) => from === '<S')
      .map(([, text]) => text)
      .join('')
      .split('\n')
      .slice(0, -1)
    expect(call.exchanges.map(({ line }) => Buffer.from(line).toString())).toEqual(
      commands.map((line) => Buffer.from(line, 'latin1').toString())
    )
  })

  it.each([
    ['04-caller-hangs-up-idle', 1],
    ['03-caller-hangs-up-in-stream', 2],
    ['12-half-close-with-pending', undefined],
    ['17-long-value', undefined]
  ])('knows when the caller hung up, and takes the HANGUP at every end for none: %s', (name, after) => {
    expect(readRecordedCall(parseTranscript(asTranscript(recordingOf(name)))).hungUpAfter).toBe(after)
  })

  it('takes HANGUP of the application for the end of the call', () => {
    const { hungUpAfter, exchanges } = readRecordedCall(parseTranscript(asTranscript(recordingOf('01-basic'))))
    expect(exchanges[hungUpAfter! - 1]?.line).toBe('HANGUP')
  })

  it('pairs commands and replies', () => {
    const { exchanges } = readRecordedCall(parseTranscript(asTranscript(recordingOf('02-errors'))))
    expect(exchanges.find(({ line }) => line.startsWith('FOO'))?.said).toMatch(/^510 /)
    expect(exchanges.some(({ said }) => said?.startsWith('520-') && said.endsWith('520 End of proper usage.\n'))).toBe(true)
  })

  it('is none without headers', () => {
    expect(() => readRecordedCall([])).toThrow(DataError)
  })
})

describe('transcripts', () => {
  it('are a file for each call, that only its owner may read, whatever the call is called', () => {
    const place = path.join(folder(), 'calls')
    const transcripts = transcriptsInFolder(place, () => {})
    for (const call of ['../../etc/passwd', 'a'.repeat(500), '']) {
      const transcript = transcripts.begin(call)
      transcript.said('asterisk', Buffer.from('agi_network: yes\n\n'))
      transcript.ended('application')
      transcript.close()
    }
    const files = fs.readdirSync(place)
    expect(files).toHaveLength(3)
    for (const file of files) {
      expect(file).toMatch(/^\d{8}T\d{6}Z-[\w-]{1,64}\.ndjson$/)
      expect(fs.statSync(path.join(place, file)).mode & 0o777).toBe(0o600)
      const lines = fs.readFileSync(path.join(place, file), 'utf8').trimEnd().split('\n')
      expect(lines.map((line) => JSON.parse(line))).toMatchObject([
        { from: 'asterisk', text: 'agi_network: yes\n\n', time: expect.any(String) },
        { from: 'application', end: true }
      ])
    }
    expect(fs.statSync(place).mode & 0o777).toBe(0o700)
  })

  it('leave a file alone that is there, say so, and let the call go on', () => {
    const place = folder()
    const troubles: string[] = []
    const transcripts = transcriptsInFolder(place, (message) => troubles.push(message))
    for (const _ of [1, 2, 3]) transcripts.begin('same').said('asterisk', Buffer.from('x'))
    // At the turn of a second there may be two.
    expect(troubles.length).toBeGreaterThanOrEqual(1)
    expect(troubles[0]).toMatch(/^no transcript of call same: EEXIST/)
  })

  it('of one file have the call in every line, and an end for a flood', () => {
    const lines: string[] = []
    const transcripts = transcriptsInFile({ write: (line) => void lines.push(line) })
    const [one, other] = [transcripts.begin('1'), transcripts.begin('2')]
    one.said('asterisk', Buffer.from('a'))
    other.said('application', Buffer.from('b'))
    for (let at = 0; at < 40; at++) one.said('application', Buffer.alloc(1024 * 1024, 0x61))
    one.close()
    other.said('application', Buffer.from('c'))
    expect([...callsOf(parseTranscript(lines.join(''))).keys()]).toEqual(['1', '2'])
    expect(lines.join('').length).toBeLessThan(20 * 1024 * 1024)
    expect(lines.some((line) => line.includes('"truncated":true'))).toBe(true)
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ call: '2', text: 'c' })
  })

  it('say at the start when there is no place for them', () => {
    const file = path.join(folder(), 'file')
    fs.writeFileSync(file, '')
    expect(() => transcriptsInFolder(path.join(file, 'calls'), () => {})).toThrow(IoError)
  })
})
