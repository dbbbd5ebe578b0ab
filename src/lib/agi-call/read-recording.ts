import fs from 'node:fs'
import { parseTranscript } from '../agi-transcript/entry.js'
import { callsOf, type RecordedCall, readRecordedCall } from '../agi-transcript/recorded-call.js'
import { DataError } from '../errors.js'

/** Far more than the longest transcript that is written; a device is not read to its end. */
const maxBytes = 64 * 1024 * 1024

/**
 * Reads one call of a transcript.
 * @param call which one; undefined: the first
 * @throws DataError, ProtocolError
 */
export function readRecording(file: string, call?: string | undefined): RecordedCall {
  let text: string
  try {
    if (file !== '-' && fs.statSync(file).size > maxBytes) throw new Error('it is too long')
    text = fs.readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    throw new DataError(`Cannot read the transcript ${file}: ${(cause as Error).message}`, { cause })
  }
  const calls = callsOf(parseTranscript(text))
  const entries = call === undefined ? [...calls.values()][0] : calls.get(call)
  if (entries) return readRecordedCall(entries)
  const known = [...calls.keys()].slice(0, 10).join(', ')
  throw new DataError(call === undefined ? `There is no call in ${file}` : `There is no call "${call}" in ${file}`, {
    ...(known !== '' && { hint: `It has ${known}.` })
  })
}
