import type { SipMessage, SipReply } from '../sip/message.js'
import { type SipTarget, targetName } from '../sip-transport/target.js'
import type { shownParts } from './sip-send-flags.js'
import { escapeControls, escapeControlsInLines } from './terminal-text.js'

/** What is known of a reply, for every kind of request. */
export interface ShownReply {
  reply: SipReply
  roundTripMs: number
  target: SipTarget
}

type Show = (typeof shownParts)[number]

/** A message as it is asked for: headers, body, both, or nothing. For a terminal its controls are escaped. */
export function messageText({ headers, body, startRaw }: SipMessage, show: Show, isTerminal: boolean): string {
  const head = startRaw + headers.map(({ raw }) => raw).join('')
  const headText = Buffer.from(head, 'latin1').toString('utf8').replaceAll('\r\n', '\n')
  const bodyText = body.toString('utf8').replaceAll('\r\n', '\n')
  const parts = { line: '', headers: headText, body: bodyText, all: `${headText}\n${bodyText}` }[show]
  const ended = parts === '' || parts.endsWith('\n') ? parts : `${parts}\n`
  return isTerminal ? escapeControlsInLines(ended) : ended
}

/** `200 OK 3.1 ms`: the last line of the output. */
export function replyLine({ reply, roundTripMs }: ShownReply): string {
  return escapeControls(`${reply.start.status} ${reply.start.reason} ${roundTripMs.toFixed(1)} ms`)
}

/** A message for programs: repeated headers are arrays, a body that is no UTF-8 has its bytes beside it. */
export function messageJson(message: SipMessage): Record<string, unknown> {
  // Without a prototype: a peer may call a header `constructor`.
  const headers: Record<string, string[]> = Object.create(null)
  for (const { name, value } of message.headers) {
    headers[name] ??= []
    headers[name].push(Buffer.from(value, 'latin1').toString('utf8'))
  }
  const body = message.body.toString('utf8')
  return { headers, body, ...(body.includes('\ufffd') && { bodyBase64: message.body.toString('base64') }) }
}

export function replyJson({ reply, roundTripMs, target }: ShownReply): Record<string, unknown> {
  const { status, reason } = reply.start
  return { status, reason, roundTripMs: Math.round(roundTripMs * 1000) / 1000, target: targetName(target), ...messageJson(reply) }
}
