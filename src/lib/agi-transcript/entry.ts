import { isUtf8 } from 'node:buffer'
import { DataError } from '../errors.js'

export type TranscriptSide = 'asterisk' | 'application'

/** One piece of what was said in a call, in the order of time. */
export interface TranscriptEntry {
  /** Which call it is of; undefined where a file has one call. */
  readonly call: string | undefined
  /** Seconds since the call began. */
  readonly t: number
  readonly from: TranscriptSide
  /** As it came, cut anywhere. Undefined: that side has said all. */
  readonly bytes: Buffer | undefined
}

/**
 * One line of NDJSON without its LF: `{"call":"1a2b","t":0.0012,"from":"asterisk","text":"200 result=0\n"}`. Bytes that are no UTF-8 stand as `base64`; the end of a
 * side is `"end":true`.
 */
export function formatEntry({ call, t, from, bytes }: TranscriptEntry, more: Readonly<Record<string, string>> = {}): string {
  const said =
    bytes === undefined ? { end: true } : isUtf8(bytes) ? { text: bytes.toString() } : { base64: bytes.toString('base64') }
  return JSON.stringify({ ...(call !== undefined && { call }), t, from, ...more, ...said })
}

/**
 * Reads a transcript: NDJSON as `formatEntry` writes it, or recordings with `dir` (`A>` from Asterisk, `<S` from the application, others are remarks) and
 * `b64`. Lines that are no part of a conversation (`from` is missing) are left out.
 * @throws DataError that names the line
 */
export function parseTranscript(text: string): TranscriptEntry[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    try {
      const entry = readEntry(JSON.parse(line))
      return entry ? [entry] : []
    } catch (cause) {
      throw new DataError(`Line ${index + 1} of the transcript is none: ${(cause as Error).message}`, { cause })
    }
  })
}

function readEntry(value: unknown): TranscriptEntry | undefined {
  if (typeof value !== 'object' || value === null) throw new DataError('it is no object')
  const { call, t, from, dir, text, base64, b64, end } = value as Record<string, unknown>
  const side = from ?? (dir === 'A>' ? 'asterisk' : dir === '<S' ? 'application' : undefined)
  if (side === undefined) return undefined
  if (side !== 'asterisk' && side !== 'application') throw new DataError('"from" is neither asterisk nor application')
  const encoded = base64 ?? b64
  if (end !== true && typeof text !== 'string' && typeof encoded !== 'string') throw new DataError('it says nothing')
  const bytes = typeof text === 'string' ? Buffer.from(text) : Buffer.from(String(encoded ?? ''), 'base64')
  return {
    call: typeof call === 'string' ? call : undefined,
    t: typeof t === 'number' ? t : 0,
    from: side,
    bytes: end === true ? undefined : bytes
  }
}
