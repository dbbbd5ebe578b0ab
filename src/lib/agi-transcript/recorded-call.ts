import type { AgiHeader } from '../agi/header-block.js'
import { HeaderBlockReader } from '../agi/header-block.js'
import { maxReplyBytes } from '../agi/limits.js'
import { LineReader } from '../agi/line-reader.js'
import type { AgiMessage } from '../agi/reply.js'
import { ReplyReader } from '../agi/reply-reader.js'
import { DataError } from '../errors.js'
import type { TranscriptEntry } from './entry.js'

/** What a transcript tells of one call. */
export interface RecordedCall {
  readonly headers: readonly AgiHeader[]
  /** Commands and what Asterisk said to each, in their order; the last may have got nothing. */
  readonly exchanges: readonly { readonly line: string; readonly said: string | undefined }[]
  /** The caller hung up when so many commands had been answered; undefined: while the application was there, nobody did. */
  readonly hungUpAfter: number | undefined
}

/** The calls of a transcript, in the order in which they began. */
export function callsOf(entries: readonly TranscriptEntry[]): Map<string, TranscriptEntry[]> {
  const calls = new Map<string, TranscriptEntry[]>()
  for (const entry of entries) {
    const key = entry.call ?? ''
    const before = calls.get(key)
    if (before) before.push(entry)
    else calls.set(key, [entry])
  }
  return calls
}

/**
 * Reads one call out of its transcript.
 * @throws DataError when it has no header block, ProtocolError past a limit of AGI
 */
export function readRecordedCall(entries: readonly TranscriptEntry[]): RecordedCall {
  const block = new HeaderBlockReader()
  const replies = new ReplyReader()
  // Recordings have lines that Asterisk would cut in two; what matters is where they end.
  const commands = new LineReader(maxReplyBytes, 'A command of the transcript')
  const lines: string[] = []
  const said: string[] = []
  const hangups: { after: number; isBeforeEnd: boolean }[] = []
  let headers: readonly AgiHeader[] | undefined
  let hasEnded = false
  const take = (messages: readonly AgiMessage[]) => {
    for (const { kind, bytes } of messages) {
      if (kind === 'hangup') hangups.push({ after: said.length, isBeforeEnd: !hasEnded })
      else if (kind === 'reply') said.push(bytes.toString())
    }
  }
  for (const { from, bytes } of entries) {
    if (bytes === undefined) {
      hasEnded ||= from === 'application'
    } else if (from === 'application') {
      commands.push(bytes)
      for (let line = commands.next(); line; line = commands.next()) lines.push(line.toString())
    } else if (headers) {
      take(replies.push(bytes))
    } else {
      const found = block.push(bytes)
      headers = found?.headers.entries
      if (found) take(replies.push(found.rest))
    }
  }
  if (!headers) throw new DataError('The transcript has no header block of a call')
  return { headers, exchanges: paired(lines, said), hungUpAfter: hangupOf(hangups, hasEnded) }
}

/** Asterisk says nothing to a line with a NUL; to all others one reply each, in their order. */
function paired(lines: readonly string[], said: readonly string[]): RecordedCall['exchanges'] {
  let next = 0
  return lines.map((line) => ({ line, said: line.includes('\0') ? undefined : said[next++] }))
}

/** Asterisk says HANGUP once more at the end of every call: that one is nobody's hanging up. */
function hangupOf(hangups: readonly { after: number; isBeforeEnd: boolean }[], hasEnded: boolean): number | undefined {
  const real = hasEnded ? hangups.filter(({ isBeforeEnd }) => isBeforeEnd) : hangups.slice(0, -1)
  return real[0]?.after
}
