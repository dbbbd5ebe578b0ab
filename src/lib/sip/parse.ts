import { quote, SipSyntaxError } from './fault.js'
import { headerOf, type KnownHeader, mandatoryKeys, usualHeaderAt } from './header-names.js'
import { HeaderTable } from './header-table.js'
import { decodeText, isBlank, isToken, parseNumber, tokenChars } from './lexical.js'
import { defaultLimits, type SipLimits } from './limits.js'
import { isRequest, type MatchedHeaders, SipMessage, type StartLine } from './message.js'
import { isSipUri, parseUri } from './uri.js'

/**
 * Reads one datagram (RFC 3261 18.3): without Content-Length the body is the rest of it, and what follows a shorter body is dropped.
 * CRLFs before the start line are skipped (7.5).
 * @throws SipSyntaxError when it is no message, or one of the headers is wrong that a transaction needs: the topmost Via, From, To,
 * Call-ID, CSeq
 */
export function parseDatagram(bytes: Buffer, limits: SipLimits = defaultLimits): SipMessage {
  if (bytes.length > limits.maxMessageBytes) throw new SipSyntaxError('too long', `more than ${limits.maxMessageBytes} bytes`)
  let start = 0
  while (bytes[start] === 0x0d && bytes[start + 1] === 0x0a) start += 2
  const end = bytes.indexOf('\r\n\r\n', start, 'latin1')
  if (end < 0) throw new SipSyntaxError('incomplete', 'no empty line closes the headers')
  return parseMessage(start === 0 ? bytes : bytes.subarray(start), end - start + 4, limits)
}

/**
 * Reads a message of which the head is known to end at `headEnd`, one past the empty line.
 * @param head the text of it without the empty line, for whoever has it already
 * @throws SipSyntaxError as `parseDatagram` does
 */
export function parseMessage(
  bytes: Buffer,
  headEnd: number,
  limits: SipLimits = defaultLimits,
  head: string = bytes.toString('latin1', 0, headEnd - 2)
): SipMessage {
  if (suspicious.test(head)) checkBytes(bytes, headEnd)
  const lineEnd = endOfLine(head, 0, bytes)
  if (lineEnd > limits.maxLineBytes)
    throw new SipSyntaxError('too long', `a start line of more than ${limits.maxLineBytes} bytes`)
  const start = parseStartLine(head.slice(0, lineEnd))
  const { headers, matched, contentLength } = parseHeaders(head, lineEnd + 2, limits, bytes)
  const rest = bytes.length - headEnd
  if (contentLength !== undefined && contentLength > rest) {
    throw new SipSyntaxError('content length', `Content-Length says ${contentLength}, but ${rest} bytes are there`)
  }
  const end = contentLength === undefined ? bytes.length : headEnd + contentLength
  const whole = end === bytes.length ? bytes : bytes.subarray(0, end)
  const message = new SipMessage(whole, headEnd, start, lineEnd + 2, headers, matched)
  checkMatched(message)
  return message
}

/** What hardly a message has, and what `checkBytes` looks at more closely. That CR and LF stand together is seen line by line. */
const suspicious = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/

/** CR and LF stand together or not at all; other control characters, NUL among them, only behind a backslash (RFC 3261 25.1, quoted-pair; RFC 4475 3.1.1.2). */
function checkBytes(bytes: Buffer, end: number): void {
  for (let at = 0; at < end; at++) {
    const byte = bytes[at]!
    if ((byte >= 0x20 && byte !== 0x7f) || byte === 0x09) continue
    if (byte === 0x0d && bytes[at + 1] === 0x0a) at++
    else if (byte === 0x0d || byte === 0x0a) throw new SipSyntaxError('header line', 'a CR or a LF that stands alone')
    else if (bytes[at - 1] !== 0x5c) throw new SipSyntaxError('control character', 'a control character in the headers')
  }
}

/** Where the CRLF of a line begins. @throws SipSyntaxError for a CR or a LF before it that stands alone */
function endOfLine(head: string, from: number, bytes: Buffer): number {
  const end = head.indexOf('\r', from)
  if (end < 0 || head.indexOf('\n', from) !== end + 1) checkBytes(bytes, bytes.length)
  return end
}

const requestLine = new RegExp(`^([${tokenChars}]+) ([^ \\t]+) SIP/([0-9]+\\.[0-9]+)$`, 'i')
// RFC 4475 3.1.1.13 has a blank and no reason; that the blank is missing too is an error of many and harms nobody.
const statusLine = /^SIP\/([0-9]+\.[0-9]+) ([0-9]+)(?: (.*))?$/i

function parseStartLine(line: string): StartLine {
  const status = usualStatus(line)
  if (status !== undefined) return { kind: 'reply', status, reason: decodeText(line.slice(12)) }
  const reply = statusLine.exec(line)
  if (reply) {
    checkVersion(reply[1]!)
    if (!/^[1-6][0-9]{2}$/.test(reply[2]!)) throw new SipSyntaxError('status code', `no status of SIP: ${quote(reply[2]!)}`)
    return { kind: 'reply', status: Number(reply[2]), reason: decodeText(reply[3] ?? '') }
  }
  const request = requestLine.exec(line)
  if (!request) throw new SipSyntaxError('start line', `no start line: ${quote(line)}`)
  checkVersion(request[3]!)
  checkRequestUri(request[2]!)
  return { kind: 'request', method: request[1]!, uri: request[2]! }
}

/** The status of `SIP/2.0 200 OK`, as nearly all write it; undefined for any other form. */
function usualStatus(line: string): number | undefined {
  if (!line.startsWith('SIP/2.0 ') || line.charCodeAt(11) !== 0x20) return undefined
  const [hundreds, tens, ones] = [line.charCodeAt(8) - 0x30, line.charCodeAt(9) - 0x30, line.charCodeAt(10) - 0x30]
  if (!(hundreds >= 1 && hundreds <= 6 && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9)) return undefined
  return hundreds * 100 + tens * 10 + ones
}

function checkVersion(version: string): void {
  if (version !== '2.0') throw new SipSyntaxError('version', `SIP/${quote(version)} is not SIP/2.0`)
}

/** A Request-URI stands without `<>`, and has no headers (RFC 3261 19.1.1, table 1). */
function checkRequestUri(text: string): void {
  try {
    const uri = parseUri(text)
    if (isSipUri(uri) && uri.headers.length > 0)
      throw new SipSyntaxError('request uri', `headers in the Request-URI ${quote(text)}`)
  } catch (error) {
    throw error instanceof SipSyntaxError ? new SipSyntaxError('request uri', error.message) : error
  }
}

interface ReadHeaders {
  headers: HeaderTable
  matched: MatchedHeaders
  contentLength: number | undefined
}

function parseHeaders(head: string, from: number, limits: SipLimits, bytes: Buffer): ReadHeaders {
  const headers = new HeaderTable(head)
  // The places of the first of each header that no message may lack.
  const first = [-1, -1, -1, -1, -1]
  let lengthAt = -1
  let seen = 0
  for (let at = from; at < head.length; ) {
    let end = endOfLine(head, at, bytes)
    while (end + 2 < head.length && isBlank(head.charCodeAt(end + 2))) end = endOfLine(head, end + 2, bytes)
    if (end - at > limits.maxLineBytes) throw new SipSyntaxError('too long', `a header of more than ${limits.maxLineBytes} bytes`)
    const place = headers.length
    if (place >= limits.maxHeaders) throw new SipSyntaxError('too many headers', `more than ${limits.maxHeaders} headers`)
    const { key, bit, mandatory } = parseHeader(head, at, end, headers)
    if (bit !== 0) {
      if (seen & bit) throw new SipSyntaxError('repeated header', `${headers.name(place)} twice`)
      seen |= bit
      if (key === 'content-length') lengthAt = place
    }
    if (mandatory >= 0 && (first[mandatory]! < 0 || headers.value(first[mandatory]!) === '')) first[mandatory] = place
    at = end + 2
  }
  // Values are read when all headers are known: one ends where the next begins.
  const contentLength = lengthAt < 0 ? undefined : parseNumber(headers.value(lengthAt), Number.MAX_SAFE_INTEGER, 'content length')
  const value = (mandatory: number) => (first[mandatory]! < 0 ? '' : headers.value(first[mandatory]!))
  const matched: MatchedHeaders = { via: value(0), from: value(1), to: value(2), 'call-id': value(3), cseq: value(4) }
  for (const key of mandatoryKeys) if (matched[key] === '') throw new SipSyntaxError('missing header', `no ${key}`)
  return { headers, matched, contentLength }
}

function parseHeader(head: string, at: number, end: number, headers: HeaderTable): KnownHeader {
  const colon = head.indexOf(':', at)
  if (colon < 0 || colon > end) throw new SipSyntaxError('header line', `a line without a colon: ${quote(head.slice(at, end))}`)
  let nameEnd = colon
  while (nameEnd > at && isBlank(head.charCodeAt(nameEnd - 1))) nameEnd--
  const header = usualHeaderAt(head, at, nameEnd) ?? otherHeader(head.slice(at, nameEnd))
  headers.add(header.key, at)
  return header
}

function otherHeader(name: string): KnownHeader {
  if (!isToken(name)) throw new SipSyntaxError('header line', `no name of a header: ${quote(name)}`)
  return headerOf(name)
}

/** `callid` of RFC 3261 25.1: a word, or two with `@` between them. */
const callId = /^[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}]+(?:@[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}]+)?$/

/** What a transaction is matched by has to be there and to be right. */
function checkMatched(message: SipMessage): void {
  if (!callId.test(message.callId)) throw new SipSyntaxError('header line', `no Call-ID: ${quote(message.callId)}`)
  message.checkMatched()
  const { method } = message.cseq
  if (isRequest(message) && message.start.method !== method) {
    throw new SipSyntaxError('cseq method', `the CSeq is of ${quote(method)}, the request of ${quote(message.start.method)}`)
  }
}
