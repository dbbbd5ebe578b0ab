import { UnsafeHeaderError } from '../errors.js'
import { quote } from './fault.js'
import { headerKey, isUsualName } from './header-names.js'
import { isToken } from './lexical.js'
import type { SipMessage } from './message.js'
import { parseUri } from './uri.js'

/** Name and value of a header that we write. */
export type HeaderLine = readonly [name: string, value: string]

export type StartText = { method: string; uri: string } | { status: number; reason: string }

/**
 * Writes a message. Content-Length is always ours, and stands last.
 * @param headers byte text: what people wrote goes through `encodeText` first
 * @throws UnsafeHeaderError for CR, LF or NUL, a name that is no token, or text that was not encoded: nothing may put a header of its own
 * into our request
 * @throws SipSyntaxError for a Request-URI that is none
 */
export function writeMessage(start: StartText, headers: readonly HeaderLine[], body: Buffer = Buffer.alloc(0)): Buffer {
  // Joined once: a text that grows by each header is a chain of halves until it is written.
  const parts = [startLine(start)]
  for (const [name, value] of headers) {
    if (headerKey(name) === 'content-length') continue
    checkHeader(name, value)
    parts.push(name, ': ', value, '\r\n')
  }
  parts.push('Content-Length: ', String(body.length), '\r\n\r\n')
  const head = Buffer.from(parts.join(''), 'latin1')
  return body.length === 0 ? head : Buffer.concat([head, body])
}

/** The first line of a message with its CRLF. @throws UnsafeHeaderError, SipSyntaxError as `writeMessage` does */
export function startLine(start: StartText): string {
  if ('method' in start) {
    if (!isToken(start.method)) throw new UnsafeHeaderError(`no method: ${quote(start.method)}`)
    checkUri(start.uri)
    return `${start.method} ${start.uri} SIP/2.0\r\n`
  }
  if (!Number.isInteger(start.status) || start.status < 100 || start.status > 699) {
    throw new UnsafeHeaderError(`no status of SIP: ${start.status}`)
  }
  checkValue('the reason phrase', start.reason)
  return `SIP/2.0 ${start.status} ${start.reason}\r\n`
}

/** The one that was right last: 10,000 accounts of a registrar have one Request-URI. */
let rightUri = ''

function checkUri(uri: string): void {
  if (uri === rightUri) return
  parseUri(uri)
  rightUri = uri
}

/** One header with its CRLF. @throws UnsafeHeaderError */
export function headerLine(name: string, value: string): string {
  checkHeader(name, value)
  return `${name}: ${value}\r\n`
}

function checkHeader(name: string, value: string): void {
  if (!isUsualName(name) && !isToken(name)) throw new UnsafeHeaderError(`no name of a header: ${quote(name)}`)
  checkValue(name, value)
}

/** Nearly every value: one look instead of two. */
const harmless = /^[\x20-\x7e]*$/

function checkValue(name: string, value: string): void {
  if (harmless.test(value)) return
  if (/[\r\n\0]/.test(value)) throw new UnsafeHeaderError(`CR, LF or NUL in ${name}: ${quote(value)}`)
  // Written as one byte each, U+010A would become a LF.
  if (/[^\x00-\xff]/.test(value)) throw new UnsafeHeaderError(`text that was not encoded in ${name}: ${quote(value)}`)
}

/** A change of a received message. Values are byte text. */
export type HeaderChange =
  /** Takes the place of the first header of the name, the others of it go; at the end where there was none. */
  | { set: string; value: string }
  /** Before the first header of the name, else before all (Via, Record-Route, Route). */
  | { prepend: string; value: string }
  | { append: string; value: string }
  | { remove: string }
  /** Only the first line of a name goes. */
  | { removeFirst: string }

/**
 * Changes headers of a received message. What is not named goes out as the same bytes: order, spelling, folds, blanks, body. Without any
 * change the result is the message's own buffer.
 * @throws UnsafeHeaderError
 */
export function editMessage(message: SipMessage, changes: readonly HeaderChange[], start?: StartText): Buffer {
  if (changes.length === 0 && !start) return message.bytes
  let lines = message.headers.map(({ key, raw }) => ({ key, raw }))
  for (const change of changes) lines = applyChange(lines, change)
  const head = `${start ? startLine(start) : message.startRaw}${lines.map(({ raw }) => raw).join('')}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), message.body])
}

interface Line {
  key: string
  raw: string
}

function applyChange(lines: Line[], change: HeaderChange): Line[] {
  if ('remove' in change) return lines.filter(({ key }) => key !== headerKey(change.remove))
  if ('removeFirst' in change) {
    const at = lines.findIndex(({ key }) => key === headerKey(change.removeFirst))
    return at < 0 ? lines : lines.toSpliced(at, 1)
  }
  const name = 'set' in change ? change.set : 'prepend' in change ? change.prepend : change.append
  const line = { key: headerKey(name), raw: headerLine(name, change.value) }
  if ('append' in change) return [...lines, line]
  const at = lines.findIndex(({ key }) => key === line.key)
  if ('prepend' in change) return lines.toSpliced(Math.max(at, 0), 0, line)
  if (at < 0) return [...lines, line]
  return lines.with(at, line).filter((one, i) => i === at || one.key !== line.key)
}
