import type net from 'node:net'
import { formatEventTime } from './clock.js'
import type { Header } from './wire.js'

/** The connection that a security event is about. */
export interface SecuritySubject {
  readonly sessionId: string
  readonly socket: net.Socket
  /** When the session was accepted after its login; events of a failed login show 1970 (recorded). */
  readonly loggedInAt: number | undefined
}

/** A security event's name and headers; `account` is empty where Asterisk does not know it. */
export interface SecurityEvent {
  name: string
  headers: Header[]
}

export function successfulAuth(subject: SecuritySubject, account: string, nowMs: number): SecurityEvent {
  const time = sessionTime(subject)
  const headers: Header[] = [...opening('Informational', 1, nowMs), ['AccountID', account], ...connection(subject)]
  return { name: 'SuccessfulAuth', headers: [...headers, ['UsingPassword', 0], time] }
}

export function invalidPassword(subject: SecuritySubject, account: string, nowMs: number): SecurityEvent {
  const headers: Header[] = [...opening('Error', 2, nowMs), ['AccountID', account], ...connection(subject), sessionTime(subject)]
  return { name: 'InvalidPassword', headers }
}

export function invalidAccount(subject: SecuritySubject, account: string, nowMs: number): SecurityEvent {
  const headers: Header[] = [...opening('Error', 1, nowMs), ['AccountID', account], ...connection(subject), sessionTime(subject)]
  return { name: 'InvalidAccountID', headers }
}

/** Asterisk gives the expected response away here; so it does in the recordings. */
export function challengeResponseFailed(
  subject: SecuritySubject,
  { challenge, response, expected }: { challenge: string; response: string; expected: string },
  nowMs: number
): SecurityEvent {
  const headers: Header[] = [
    ...opening('Error', 1, nowMs),
    ['AccountID', ''],
    ...connection(subject),
    ['Challenge', challenge],
    ['Response', response],
    ['ExpectedResponse', expected],
    sessionTime(subject)
  ]
  return { name: 'ChallengeResponseFailed', headers }
}

export function requestBadFormat(subject: SecuritySubject, account: string, action: string, nowMs: number): SecurityEvent {
  const request: Header = ['RequestType', `Action: ${action || 'NONE'}`]
  const headers: Header[] = [
    ...opening('Error', 1, nowMs),
    ...connection(subject),
    request,
    sessionTime(subject),
    ['AccountID', account]
  ]
  return { name: 'RequestBadFormat', headers }
}

function opening(severity: string, version: number, nowMs: number): Header[] {
  return [
    ['EventTV', formatEventTime(nowMs)],
    ['Severity', severity],
    ['Service', 'AMI'],
    ['EventVersion', version]
  ]
}

function connection({ sessionId, socket }: SecuritySubject): Header[] {
  return [
    ['SessionID', sessionId],
    ['LocalAddress', endpoint(socket.localAddress, socket.localPort)],
    ['RemoteAddress', endpoint(socket.remoteAddress, socket.remotePort)]
  ]
}

function sessionTime({ loggedInAt }: SecuritySubject): Header {
  return ['SessionTV', formatEventTime(loggedInAt ?? 0)]
}

/** `IPV4/TCP/127.0.0.1/5038`. */
function endpoint(address = '', port = 0): string {
  return `${address.includes(':') ? 'IPV6' : 'IPV4'}/TCP/${address}/${port}`
}
