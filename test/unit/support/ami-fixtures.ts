import fs from 'node:fs'
import path from 'node:path'
import { Block } from '../../../src/lib/ami/block.js'

const folder = path.join(import.meta.dirname, '../../fixtures/ami')

function readJson(file: string): unknown {
  return JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8'))
}

/** What a real Asterisk 22.10.1 sent in one session: banner, login, single answers, lists, command output, a call's events, Logoff. */
export function recordedSession(): Buffer {
  return Buffer.from((readJson('asterisk-22-session.json') as string[]).join(''), 'latin1')
}

/** Events as a real Asterisk sent them, without their empty line, by name. */
export function eventSamples(): Record<string, string[]> {
  return readJson('event-samples.json') as Record<string, string[]>
}

/** One block of a recorded answer: `R:Success` or `E:StatusComplete`, its EventList, its Message or ListItems. */
export type RecordedBlock = [kindAndName: string, eventList: string | null, message: string | null]

/** What a real Asterisk answered to each action that was sent without parameters. */
export function recordedAnswers(): Record<string, RecordedBlock[]> {
  return (readJson('list-actions.json') as { answers: Record<string, RecordedBlock[]> }).answers
}

/** The bytes of a recorded block as they were on the wire. */
export function recordedBlock([kindAndName, eventList, message]: RecordedBlock, actionId: string): Block {
  const isEvent = kindAndName.startsWith('E:')
  return blockOf(
    [
      `${isEvent ? 'Event' : 'Response'}: ${kindAndName.slice(2)}`,
      `ActionID: ${actionId}`,
      ...(eventList === null ? [] : [`EventList: ${eventList}`]),
      ...(message === null ? [] : [`${isEvent ? 'ListItems' : 'Message'}: ${message.trimEnd()}`])
    ].join('\n')
  )
}

/** A block from its lines, which are joined with LF here and end in CRLF there. */
export function blockOf(text: string, from: 'server' | 'client' = 'server'): Block {
  return new Block(Buffer.from(`${text.replaceAll('\n', '\r\n')}\r\n`, 'latin1'), from)
}
