import { headerKey } from './header-names.js'
import { reasonOf } from './reasons.js'
import { type HeaderLine, writeMessage } from './write.js'

// More head than this is no mistake of somebody who waits for an answer.
const maxHeadBytes = 8192
const copied = ['via', 'from', 'to', 'call-id', 'cseq'] as const
const names = { via: 'Via', from: 'From', to: 'To', 'call-id': 'Call-ID', cseq: 'CSeq' } as const

/**
 * The answer to a request that cannot be read (RFC 3261 8.2.6, 21.4.1): what can be found of Via, From, To, Call-ID and CSeq, as the lines stand there.
 * @param status of the `SipSyntaxError`
 * @returns undefined where nothing may or can be answered: a reply, an ACK, something without a name
 */
export function refusalOf(bytes: Buffer, status: number, toTag: string): Buffer | undefined {
  const text = bytes.toString('latin1', 0, maxHeadBytes).replace(/^(\r\n)+/, '')
  const end = text.indexOf('\r\n\r\n')
  if (end < 0 && bytes.length > maxHeadBytes) return undefined
  // A fold is one blank (RFC 3261 7.3.1).
  const [start = '', ...lines] = (end < 0 ? text : text.slice(0, end)).replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  if (!/^[\w.!%*+`'~-]+[ \t].*SIP\/\d+\.\d+[ \t]*$/i.test(start) || /^(ACK|SIP\/)/i.test(start)) return undefined
  const found = new Map<string, string[]>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const key = colon < 1 ? '' : headerKey(line.slice(0, colon).trim())
    const value = line.slice(colon + 1).trim()
    // What is no text stays out of what we send.
    if (/[\x00-\x1f\x7f]/.test(value) || value === '') continue
    if (key === 'via' || !found.has(key)) found.set(key, [...(found.get(key) ?? []), value])
  }
  if (!found.has('via') || !found.has('call-id') || !found.has('cseq')) return undefined
  const headers = copied.flatMap((key) =>
    (found.get(key) ?? []).map((value): HeaderLine => [names[key], key === 'to' ? withTag(value, toTag) : value])
  )
  return writeMessage({ status, reason: reasonOf(status) }, headers)
}

function withTag(to: string, tag: string): string {
  return /;\s*tag\s*=/i.test(to) ? to : `${to};tag=${tag}`
}
