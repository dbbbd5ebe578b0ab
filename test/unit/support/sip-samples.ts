import { parseDatagram } from '../../../src/lib/sip/parse.js'

/** Lines of a message, without their CRLF, to bytes with the empty line. */
export function bytesOf(lines: readonly string[], body = ''): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1')
}

export const optionsLines = [
  'OPTIONS sip:bob@example.org SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKabc;rport',
  'Max-Forwards: 70',
  'From: "Alice" <sip:alice@example.org>;tag=a1',
  'To: <sip:bob@example.org>',
  'Call-ID: c1@192.0.2.1',
  'CSeq: 7 OPTIONS'
]

/** A reply to `optionsLines`. */
export const replyLines = ['SIP/2.0 200 OK', ...optionsLines.filter((line) => !/^(OPTIONS|Max-Forwards)/.test(line))]

/** The lines with others in their place, by the name of the header. */
export function withLines(lines: readonly string[], ...changed: string[]): string[] {
  const name = (line: string) => line.split(':')[0]!
  const kept = lines.map((line) => changed.find((one) => name(one) === name(line)) ?? line)
  return [...kept, ...changed.filter((one) => !kept.includes(one))]
}

export const parseLines = (lines: readonly string[], body = '') => parseDatagram(bytesOf(lines, body))
