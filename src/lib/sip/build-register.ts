import type { SentRequest } from './build.js'
import { type HeaderLine, headerLine, startLine } from './write.js'

/** What a REGISTER is made of. */
export interface RegisterParts {
  uri: string
  via: { transport: string; sentBy: string; branch: string }
  /** Who is registered, as byte text: To, and with the tag From. */
  self: string
  fromTag: string
  callId: string
  cseq: number
  /** Further headers in their order. Byte text. */
  headers: readonly HeaderLine[]
}

/**
 * A REGISTER without a body: what `buildRequest` makes of the same parts. It never becomes part of a dialog, and has neither ACK nor CANCEL, so that
 * nothing is kept but the bytes and what replies are matched by. 10,000 accounts begin with two of them each.
 * @throws UnsafeHeaderError, SipSyntaxError for parts that cannot stand in a message
 */
export function buildRegister({ uri, via, self, fromTag, callId, cseq, headers }: RegisterParts): SentRequest {
  const { transport, sentBy, branch } = via
  let more = ''
  for (const [name, value] of headers) more += headerLine(name, value)
  const text =
    startLine({ method: 'REGISTER', uri }) +
    headerLine('Via', `SIP/2.0/${transport} ${sentBy};branch=${branch};rport`) +
    'Max-Forwards: 70\r\n' +
    headerLine('From', `${self};tag=${fromTag}`) +
    headerLine('To', self) +
    headerLine('Call-ID', callId) +
    `CSeq: ${cseq} REGISTER\r\n${more}Content-Length: 0\r\n\r\n`
  return { method: 'REGISTER', branch, cseq, callId, fromTag, bytes: Buffer.from(text, 'latin1') }
}
