import fs from 'node:fs'
import path from 'node:path'
import { latin1 } from './chunks.js'

/** What a real Asterisk 22.10.1 and an AGI application said to each other. */
export interface AgiRecording {
  name: string
  about: string
  /** What the dialplan saw afterwards; null when Asterisk was dead. */
  agistatus: string | null
  /** `A>` is from Asterisk, `<S` from the application. */
  segments: ['A>' | '<S', string][]
}

const file = path.join(import.meta.dirname, '../../fixtures/agi/recordings.json')

/** All recordings, also those in which nothing was said. */
export const agiRecordings: readonly AgiRecording[] = JSON.parse(fs.readFileSync(file, 'utf8'))

/** Those that got as far as the header block. */
export const agiSessions = agiRecordings.filter(({ segments }) => segments.length > 0)

export function recordingOf(name: string): AgiRecording {
  const found = agiRecordings.find((recording) => recording.name === name)
  if (!found) throw new Error(`no recording ${name}`)
  return found
}

/** All that one side said. */
export function saidBy(side: 'A>' | '<S', { segments }: AgiRecording): Buffer {
  return latin1(
    segments
      .filter(([from]) => from === side)
      .map(([, text]) => text)
      .join('')
  )
}

/** What Asterisk said up to the empty line, and behind it. */
export function splitHeaders(recording: AgiRecording): { headers: Buffer; replies: Buffer } {
  const bytes = saidBy('A>', recording)
  const end = bytes.indexOf('\n\n') + 2
  return { headers: bytes.subarray(0, end), replies: bytes.subarray(end) }
}

/** Cuts bytes at places given as fractions. */
export function cutAt(bytes: Buffer, fractions: readonly number[]): Buffer[] {
  const places = [0, ...fractions.map((fraction) => Math.floor(fraction * bytes.length)).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((place, i) => bytes.subarray(places[i], place))
}
