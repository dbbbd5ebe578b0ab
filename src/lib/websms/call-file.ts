import { DataError } from '../errors.js'
import type { TextMessage } from './message.js'
import type { Queue } from './queue.js'

/**
 * A call file that gives a message to the dialplan (pbx_spool.c): its text is percent-encoded as RFC 3986 has it, so that a line stays a line, and nothing begins a comment. Numbers and
 * contexts are letters, digits and few signs by their rules, which are looked at once more here.
 */
export function callFile({ to, from, body }: TextMessage, queue: Queue): string {
  for (const [what, value, rule] of [
    ['recipient', to, /^\+?[0-9]{1,20}$/],
    ['sender', from, /^\+?[A-Za-z0-9._-]{1,20}$/],
    ['context', queue.context, /^[A-Za-z0-9_-]+$/],
    ['channel_context', queue.channelContext, /^[A-Za-z0-9_-]+$/]
  ] as const)
    if (!rule.test(value)) throw new DataError(`The ${what} cannot stand in a call file`)
  const lines = [
    `Channel: Local/${to}@${queue.channelContext}`,
    `Context: ${queue.context}`,
    `Extension: ${to}`,
    'Priority: 1',
    `MaxRetries: ${queue.maxRetries}`,
    `RetryTime: ${queue.retryS}`,
    `WaitTime: ${queue.waitS}`,
    ...(queue.archives ? ['Archive: yes'] : []),
    `Setvar: MESSAGE(to)=${to}`,
    `Setvar: MESSAGE(from)=${from}`,
    'Setvar: MESSAGE_ENCODE=rfc3986',
    ...bodyLines(percentEncode(body))
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** Asterisk leaves out a line of more than 1023 bytes, its end included (pbx_spool.c), and delivers an empty message. */
const maxValueLength = 990

/** The dialplan puts MESSAGE_BODY_2 and so on behind the body before it decodes it. */
function bodyLines(encoded: string): string[] {
  const pieces = encoded.match(new RegExp(`.{1,${maxValueLength}}`, 'g')) ?? []
  return pieces.map((piece, index) => `Setvar: ${index === 0 ? 'MESSAGE(body)' : `MESSAGE_BODY_${index + 1}`}=${piece}`)
}

/**
 * So much of an encoded text fits into one call file: Asterisk has 4096 bytes for what an application is given (pbx.h, VAR_BUF_SIZE), makes an empty message of more, and the dialplan keeps up to
 * 3500 for who is offline.
 */
const maxEncodedLength = 2_900

/** Cuts a long text into messages that Asterisk can carry, between characters. */
export function splitBody(body: string): string[] {
  const parts: string[] = []
  let part = ''
  let length = 0
  for (const sign of body) {
    const more = percentEncode(sign).length
    if (length + more > maxEncodedLength) {
      parts.push(part)
      part = ''
      length = 0
    }
    part += sign
    length += more
  }
  return [...parts, part]
}

/** All but the unreserved characters of RFC 3986, 2.3. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}
