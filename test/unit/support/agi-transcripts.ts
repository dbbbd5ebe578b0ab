import type { AgiRecording } from './agi-recordings.js'
import { latin1 } from './chunks.js'

/** A recording in the form in which it was made: `dir` and `b64`, with a remark in between. */
export function asTranscript({ segments, about }: AgiRecording): string {
  const lines = segments.map(([dir, text], t) => JSON.stringify({ t, dir, b64: latin1(text).toString('base64') }))
  return `${JSON.stringify({ t: 0, dir: '##', about })}\n${lines.join('\n')}\n`
}
