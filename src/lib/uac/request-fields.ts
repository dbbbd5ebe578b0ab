import { UsageError } from '../errors.js'
import { headerKey } from '../sip/header-names.js'
import { encodeText, isToken, trim } from '../sip/lexical.js'
import { parseHostPort } from '../sip/uri.js'
import type { HeaderLine } from '../sip/write.js'

/** Headers that a request gets from its transaction; to write them twice breaks it. */
const ours = new Set(['via', 'cseq', 'call-id', 'from', 'to', 'max-forwards', 'content-length'])

const flagOf: Record<string, string> = {
  cseq: '--cseq',
  'call-id': '--call-id',
  from: '--from',
  to: '--to',
  'max-forwards': '--max-forwards'
}

/**
 * Reads `Name: value` as people write it.
 * @throws UsageError for what is no header, a line end in it, or a header that only the transaction may write (unless `force`)
 */
export function readHeader(text: string, { force = false } = {}): HeaderLine {
  const colon = text.indexOf(':')
  const name = trim(text.slice(0, Math.max(colon, 0)))
  const value = trim(text.slice(colon + 1))
  if (!isToken(name)) throw new UsageError(`${JSON.stringify(text)} is not a header`, { hint: "Write -H 'Name: value'." })
  if (/[\r\n\0]/.test(value)) throw new UsageError(`There is a line end in the header ${name}: that would be a second header`)
  const key = headerKey(name)
  if (key === 'content-length') throw new UsageError('Content-Length is always computed', { hint: 'With --raw FILE it is not.' })
  if (ours.has(key) && !force) {
    throw new UsageError(`${name} is made here`, {
      hint: flagOf[key] ? `Give it with ${flagOf[key]}.` : 'With --force it is sent twice.'
    })
  }
  return [name, encodeText(value)]
}

/** Headers of a file, one a line; empty lines and a CR at the end do not count. @throws UsageError */
export function readHeaders(text: string, options: { force?: boolean } = {}): HeaderLine[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => readHeader(line, options))
}

/**
 * An offer without media: what a user agent that only calls has to say, so that the other side can answer (RFC 3264 8.4 `inactive`, and port 9
 * is discard).
 * @param sentBy our address, as in a Via
 */
export function inactiveOffer(sentBy: string): Buffer {
  const host = parseHostPort(sentBy).host.replace(/^\[|\]$/g, '')
  // A WebSocket client has no address that it knows of.
  const address = host.endsWith('.invalid') ? '0.0.0.0' : host
  const kind = address.includes(':') ? 'IP6' : 'IP4'
  const lines = [
    'v=0',
    `o=- 0 0 IN ${kind} ${address}`,
    's=-',
    `c=IN ${kind} ${address}`,
    't=0 0',
    'm=audio 9 RTP/AVP 0 8',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:8 PCMA/8000',
    'a=inactive'
  ]
  return Buffer.from(lines.map((line) => `${line}\r\n`).join(''))
}

/** Reads `200`, `2xx`, `4XX`: what a status has to be. @throws UsageError */
export function compileExpectation(texts: readonly string[]): (status: number) => boolean {
  const patterns = texts.map((text) => {
    if (!/^[1-6](\d\d|xx)$/i.test(text)) throw new UsageError(`--expect: "${text}" is no status`, { hint: 'Write 200, or 2xx.' })
    return text.toLowerCase()
  })
  return (status) => patterns.some((pattern) => pattern === String(status) || pattern === `${Math.floor(status / 100)}xx`)
}
